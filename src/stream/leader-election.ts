import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { LogSource } from "../ports/log-source.ts";
import { createDeliveries } from "./deliveries.ts";

/** A leader that vanished is replaced after this time. */
const SESSION_TIMEOUT_MS = 6000;

/** The first run waits at most this long for the election. */
const DECIDED_WITHIN_MS = 30_000;

export type Leadership = {
  /** True where this process is the leader; during a hand-over two processes may be. */
  leads(): boolean;
  /** Resolves once a leader is elected, after 30 s, or when the signal aborts. */
  decided(signal: AbortSignal): Promise<void>;
  /** Takes part until the signal aborts, then leaves. Never throws a Fault. */
  run(signal: AbortSignal): Promise<void>;
};

type Deps = {
  source: Pick<LogSource, "subscribe">;
  topic: string;
  clock: Clock;
  events: Pick<Events, "leadershipChanged" | "sourceLost" | "sourceBack">;
};

/** Elects one scheduler: the leader is the member with the only partition of the leader topic. */
export function createLeadership({ source, topic, clock, events }: Deps): Leadership {
  const role = "scheduler";
  let leading: boolean | undefined;
  const known = new AbortController();
  const subscribing = {
    topics: [topic],
    group: topic,
    from: "latest" as const,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
  };
  const now = (leads: boolean) => {
    if (leads !== leading) events.leadershipChanged({ leads });
    leading = leads;
    known.abort();
  };
  return {
    leads: () => leading === true,
    async decided(signal) {
      if (signal.aborted) return;
      const stop = () => known.abort();
      signal.addEventListener("abort", stop, { once: true });
      await clock.sleep(DECIDED_WITHIN_MS, known.signal);
      signal.removeEventListener("abort", stop);
    },
    async run(signal) {
      const deliveries = createDeliveries(
        { source, subscribing, clock },
        {
          lost(what) {
            // Forget the role, so that it is logged again after a reconnect.
            leading = undefined;
            events.sourceLost({ role, ...what });
          },
          back: () => events.sourceBack({ role }),
        },
      );
      while (!signal.aborted) {
        const delivery = await deliveries.next(signal);
        if (delivery?.kind === "assigned") now(delivery.partitions.length > 0);
      }
      leading = false;
      await deliveries.close();
    },
  };
}
