import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { Candidacy, LeaderElection } from "../ports/leader-election.ts";
import { MAX_RECONNECT_WAIT_MS, createRetryGate } from "./retry-gate.ts";

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
  election: LeaderElection;
  clock: Clock;
  events: Pick<Events, "leadershipChanged" | "sourceLost" | "sourceBack">;
};

/** Keeps a scheduler in the election, through outages. */
export function createLeadership({ election, clock, events }: Deps): Leadership {
  const role = "scheduler";
  let leading: boolean | undefined;
  const known = new AbortController();
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
      const gateEvents = {
        closed: (what: { fault: Fault; waitMs: number }) => events.sourceLost({ role, ...what }),
        opened: () => events.sourceBack({ role }),
      };
      const gate = createRetryGate(clock, gateEvents, MAX_RECONNECT_WAIT_MS);
      let candidacy: Candidacy | undefined;
      while (!signal.aborted && (await gate.waitForTurn(signal))) {
        try {
          candidacy ??= await election.campaign(signal);
          const leads = await candidacy.next(signal);
          if (leads === undefined) break;
          gate.succeeded();
          now(leads);
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
          if (signal.aborted) break;
          // Forgotten, so that it is logged again after a reconnect.
          leading = undefined;
          const left = candidacy;
          candidacy = undefined;
          gate.failed(error);
          await left?.[Symbol.asyncDispose]();
        }
      }
      leading = false;
      await candidacy?.[Symbol.asyncDispose]();
    },
  };
}
