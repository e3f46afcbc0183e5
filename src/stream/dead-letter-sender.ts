import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { OutgoingMessage, Publisher } from "../ports/publisher.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { withoutSource, withoutValue } from "./dead-letter.ts";
import { createRetryGate } from "./retry-gate.ts";

type Deps = {
  publisher: Pick<Publisher, "publish">;
  topic: string;
  clock: Clock;
  events: Pick<Events, "deadLettersBlocked" | "deadLettersResumed">;
};

export type DeadLetterSender = {
  /**
   * True once all in-sync replicas have acknowledged every dead letter, however long that takes; false where it was
   * stopped before.
   */
  send(deadLetters: readonly OutgoingMessage[], stop: StopSignals): Promise<boolean>;
  /** Resolves once dead letters can be sent, or the signal aborts. */
  waitUntilUnblocked(signal: AbortSignal): Promise<void>;
};

export function createDeadLetterSender({
  publisher,
  topic,
  clock,
  events,
}: Deps): DeadLetterSender {
  const gate = createRetryGate(clock, {
    closed: (what) => events.deadLettersBlocked({ topic, ...what }),
    opened: () => events.deadLettersResumed({ topic }),
  });
  /** False where the broker refused one for its size. */
  const fits = async (deadLetters: readonly OutgoingMessage[], signal: AbortSignal) => {
    try {
      await publisher.publish(deadLetters, signal);
      return true;
    } catch (error) {
      if (!(error instanceof Fault) || error.kind !== "record") throw error;
      return false;
    }
  };
  const publish = async (deadLetters: readonly OutgoingMessage[], signal: AbortSignal) => {
    if (await fits(deadLetters, signal)) return;
    // One by one, so that a dead letter that is too large does not block the others; it is then sent without its value.
    for (const deadLetter of deadLetters) {
      if (deadLetters.length > 1 && (await fits([deadLetter], signal))) continue;
      const bare = withoutValue(deadLetter);
      if (await fits([bare], signal)) continue;
      await publisher.publish([withoutSource(bare)], signal);
    }
  };
  return {
    waitUntilUnblocked: (signal) => gate.waitUntilOpen(signal),
    async send(deadLetters, stop) {
      while (await gate.waitForTurn(stop.requested)) {
        try {
          await publish(deadLetters, stop.everything);
          gate.succeeded();
          return true;
        } catch (error) {
          gate.failed(toFault(error));
        }
      }
      return false;
    },
  };
}

/** A bug blocks as an outage does, so that no dead letter is lost. */
function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Fault("outage", `an unexpected failure: ${message}`, { cause: error });
}
