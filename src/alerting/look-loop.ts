import { createWakeup } from "../concurrency/wakeup.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";

export type LookLoop = {
  /** Something has happened: the next look is as soon as what happens with it has happened too. */
  ring(): void;
  /** Looks until the signal aborts. A look answers when the next one is due, in ms since the epoch. Never throws. */
  run(look: (signal: AbortSignal) => Promise<number>, signal: AbortSignal): Promise<void>;
};

/** However long nothing is due. */
export const LOOK_EVERY_MS = 60_000;
/** What begins within so long is one message. */
const TOGETHER_MS = 3000;

/** When alerts are looked at: at the time that is due, at the latest each minute, and after a ring. */
export function createLookLoop({
  clock,
  events,
}: {
  clock: Clock;
  events: Pick<Events, "failedInBackground">;
}): LookLoop {
  const bell = createWakeup(clock);
  let rung = false;
  return {
    ring() {
      rung = true;
      bell.notifyAll();
    },
    async run(look, signal) {
      while (!signal.aborted) {
        rung = false;
        const next = await look(signal).catch((error: unknown) => {
          events.failedInBackground({ what: "alerts", error });
          return clock.now() + LOOK_EVERY_MS;
        });
        const leftMs = Math.min(next - clock.now(), LOOK_EVERY_MS);
        if (!rung && leftMs > 0) await bell.sleep(leftMs, signal);
        // What is due at a time is told at that time; what has just happened waits for what happens with it.
        if (rung || leftMs <= 0) await clock.sleep(TOGETHER_MS, signal);
      }
    },
  };
}
