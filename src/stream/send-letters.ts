import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { OutgoingMessage, Publisher } from "../ports/publisher.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { withoutSource, withoutValue } from "./dead-letter.ts";
import { createGate } from "./gate.ts";

type Deps = {
  publisher: Pick<Publisher, "publish">;
  topic: string;
  clock: Clock;
  events: Pick<Events, "deadLettersBlocked" | "deadLettersGoOn">;
};

export type SendLetters = {
  /** Returns true once all replicas have every letter, however long that takes; false where it was stopped before. */
  send(letters: readonly OutgoingMessage[], stop: StopSignals): Promise<boolean>;
  /** Resolves as soon as letters go through, or the signal aborts. */
  goesOn(signal: AbortSignal): Promise<void>;
};

export function createSendLetters({ publisher, topic, clock, events }: Deps): SendLetters {
  const gate = createGate(clock, {
    closed: (what) => events.deadLettersBlocked({ topic, ...what }),
    opened: () => events.deadLettersGoOn({ topic }),
  });
  /** False where one of them is refused for its size. */
  const fits = async (letters: readonly OutgoingMessage[], signal: AbortSignal) => {
    try {
      await publisher.publish(letters, signal);
      return true;
    } catch (error) {
      if (!(error instanceof Fault) || error.kind !== "record") throw error;
      return false;
    }
  };
  const publish = async (letters: readonly OutgoingMessage[], signal: AbortSignal) => {
    if (await fits(letters, signal)) return;
    // One letter that the topic refuses must not keep the others, nor itself for good.
    for (const letter of letters) {
      if (letters.length > 1 && (await fits([letter], signal))) continue;
      const bare = withoutValue(letter);
      if (await fits([bare], signal)) continue;
      await publisher.publish([withoutSource(bare)], signal);
    }
  };
  return {
    goesOn: (signal) => gate.opens(signal),
    async send(letters, stop) {
      while (await gate.pass(stop.requested)) {
        try {
          await publish(letters, stop.everything);
          gate.succeeded();
          return true;
        } catch (error) {
          gate.failed(faultOf(error));
        }
      }
      return false;
    },
  };
}

/** A mistake of ours blocks as an outage does: no letter is lost by it. */
function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Fault("outage", `an unexpected failure: ${message}`, { cause: error });
}
