import { isTransient } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import type { AlertChannel } from "../ports/alert-channel.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { Book, Letter } from "./book.ts";
import { again, waitAfter, without } from "./outbox.ts";

/** Sends letters beside the work, each once, and says what became of them. */
export type Delivery = {
  send(letters: readonly Letter[]): void;
  drop(letters: readonly Letter[]): void;
  /** Waits for what is under way, a moment; what is not sent by then is sent by the next process. */
  close(): Promise<void>;
};

type DeliveryDeps = {
  channels: readonly AlertChannel[];
  clock: Pick<Clock, "now">;
  events: Pick<
    Events,
    "alertSent" | "alertChannelFailed" | "alertChannelBack" | "failedInBackground"
  >;
  change(revised: (book: Book) => Book): Promise<void>;
  /** Somebody has to look when the next try is due. */
  woken(): void;
};

const TRY_MS = 10_000;
const CLOSE_MS = 1500;

export function createDelivery(deps: DeliveryDeps): Delivery {
  const { channels, clock, events, change, woken } = deps;
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  /** Told of already. */
  const failing = new Set<AlertChannel["name"]>();

  const sent = async (letter: Letter) => {
    const { channel, message } = letter;
    if (failing.delete(channel)) events.alertChannelBack({ channel });
    events.alertSent({ channel, result: "sent", subject: message.subject });
    await change((book) => ({ ...book, outbox: without(book.outbox, letter) }));
  };
  const failed = async (letter: Letter, fault: Fault) => {
    const { channel, message } = letter;
    if (!failing.has(channel)) events.alertChannelFailed({ channel, fault });
    failing.add(channel);
    const waitMs = isTransient(fault.kind) ? waitAfter(letter, fault.retryAfterMs) : undefined;
    if (waitMs === undefined) {
      events.alertSent({ channel, result: "failed", subject: message.subject });
      return change((book) => ({ ...book, outbox: without(book.outbox, letter) }));
    }
    const notBefore = clock.now() + waitMs;
    await change((book) => ({ ...book, outbox: again(book.outbox, letter, notBefore) }));
    woken();
  };
  const deliver = async (letter: Letter): Promise<void> => {
    const channel = channels.find(({ name }) => name === letter.channel);
    if (!channel) return;
    const timeout = AbortSignal.timeout(TRY_MS);
    try {
      await channel.send(letter.message, AbortSignal.any([closing.signal, timeout]));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // Cut short by the end of the process: whoever comes next tries again.
      if (closing.signal.aborted) return;
      return failed(letter, error);
    }
    return sent(letter);
  };
  return {
    send(letters) {
      for (const letter of letters) {
        const work = deliver(letter)
          .catch((error: unknown) => events.failedInBackground({ what: "alerts", error }))
          .finally(() => underWay.delete(work));
        underWay.add(work);
      }
    },
    drop(letters) {
      for (const { channel, message } of letters) {
        events.alertSent({ channel, result: "dropped", subject: message.subject });
      }
    },
    async close() {
      const cut = setTimeout(() => closing.abort(), CLOSE_MS);
      await Promise.all(underWay);
      clearTimeout(cut);
    },
  };
}
