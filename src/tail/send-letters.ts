import { Fault } from "../model/faults.ts";
import type { Clock, Events, OutgoingMessage, Publisher, StopSignals } from "../ports.ts";
import { withoutValue } from "./dead-letter.ts";
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
  const publish = async (letters: readonly OutgoingMessage[], signal: AbortSignal) => {
    try {
      await publisher.publish(letters, signal);
    } catch (error) {
      if (!(error instanceof Fault) || error.kind !== "record") throw error;
      // One letter that the topic refuses for its size must not keep the others.
      const [only] = letters;
      if (letters.length > 1) for (const letter of letters) await publish([letter], signal);
      else if (only && only.value !== null) await publisher.publish([withoutValue(only)], signal);
      else throw error;
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
          if (!(error instanceof Fault)) throw error;
          gate.failed(error);
        }
      }
      return false;
    },
  };
}
