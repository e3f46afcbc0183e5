import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { DeadLetters, OutgoingMessage } from "../ports/dead-letters.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { withoutSource, withoutValue } from "./dead-letter.ts";
import { createRetryGate } from "./retry-gate.ts";

type Deps = {
  deadLetters: Pick<DeadLetters, "name" | "send">;
  clock: Clock;
  events: Pick<Events, "deadLettersBlocked" | "deadLettersResumed">;
};

export type DeadLetterSender = {
  /** Where they are kept. */
  readonly name: string;
  /**
   * True once every dead letter is stored durably, however long that takes; false where it was stopped before.
   */
  send(deadLetters: readonly OutgoingMessage[], stop: StopSignals): Promise<boolean>;
  /** Resolves once dead letters can be sent, or the signal aborts. */
  waitUntilUnblocked(signal: AbortSignal): Promise<void>;
};

export function createDeadLetterSender({
  deadLetters: target,
  clock,
  events,
}: Deps): DeadLetterSender {
  const topic = target.name;
  const gate = createRetryGate(clock, {
    closed: (what) => events.deadLettersBlocked({ topic, ...what }),
    opened: () => events.deadLettersResumed({ topic }),
  });
  /** False where one was refused for its size. */
  const fits = async (deadLetters: readonly OutgoingMessage[], signal: AbortSignal) => {
    try {
      await target.send(deadLetters, signal);
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
      await target.send([withoutSource(bare)], signal);
    }
  };
  return {
    name: topic,
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
