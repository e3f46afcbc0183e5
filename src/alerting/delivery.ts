import { timeLimit } from "../concurrency/time-limit.ts";
import { isTransient } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import type { AlertChannel } from "../ports/alert-channel.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { OutboundAlert } from "./alert-state.ts";
import { again, waitAfter, without } from "./outbox.ts";

/** Sends alerts beside the work, each once, and says what became of them. */
export type Delivery = {
  send(alerts: readonly OutboundAlert[]): void;
  drop(alerts: readonly OutboundAlert[]): void;
  /** Waits a moment for what is being sent; what is not sent by then is sent by the next process. */
  close(): Promise<void>;
};

/** What holds messages that are not sent yet. */
type Outbox = { outbox: OutboundAlert[] };

type DeliveryDeps = {
  channels: readonly AlertChannel[];
  clock: Pick<Clock, "now">;
  events: Pick<
    Events,
    "alertSent" | "alertChannelFailed" | "alertChannelBack" | "failedInBackground"
  >;
  change(update: <State extends Outbox>(state: State) => State): Promise<void>;
  /** Somebody has to look when the next try is due. */
  woken(): void;
};

const TRY_MS = 10_000;
const CLOSE_MS = 1500;

export function createDelivery(deps: DeliveryDeps): Delivery {
  const { channels, clock, events, change, woken } = deps;
  const closing = new AbortController();
  const sending = new Set<Promise<void>>();
  /** Told of already. */
  const failing = new Set<AlertChannel["name"]>();

  const sent = async (alert: OutboundAlert) => {
    const { channel, message } = alert;
    if (failing.delete(channel)) events.alertChannelBack({ channel });
    events.alertSent({ channel, result: "sent", subject: message.subject });
    await change((state) => ({ ...state, outbox: without(state.outbox, alert) }));
  };
  const failed = async (alert: OutboundAlert, fault: Fault) => {
    const { channel, message } = alert;
    if (!failing.has(channel)) events.alertChannelFailed({ channel, fault });
    failing.add(channel);
    const waitMs = isTransient(fault.kind) ? waitAfter(alert, fault.retryAfterMs) : undefined;
    if (waitMs === undefined) {
      events.alertSent({ channel, result: "failed", subject: message.subject });
      return change((state) => ({ ...state, outbox: without(state.outbox, alert) }));
    }
    const notBefore = clock.now() + waitMs;
    await change((state) => ({
      ...state,
      outbox: again(state.outbox, alert, notBefore),
    }));
    woken();
  };
  const deliver = async (alert: OutboundAlert): Promise<void> => {
    const channel = channels.find(({ name }) => name === alert.channel);
    if (!channel) return;
    using limit = timeLimit(closing.signal, TRY_MS);
    try {
      await channel.send(alert.message, limit.signal);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // Cut short by the end of the process: the next process tries again.
      if (closing.signal.aborted) return;
      return failed(alert, error);
    }
    return sent(alert);
  };
  return {
    send(alerts) {
      for (const alert of alerts) {
        const work = deliver(alert)
          .catch((error: unknown) => events.failedInBackground({ what: "alerts", error }))
          .finally(() => sending.delete(work));
        sending.add(work);
      }
    },
    drop(alerts) {
      for (const { channel, message } of alerts) {
        events.alertSent({ channel, result: "dropped", subject: message.subject });
      }
    },
    async close() {
      const cut = setTimeout(() => closing.abort(), CLOSE_MS);
      await Promise.all(sending);
      clearTimeout(cut);
    },
  };
}
