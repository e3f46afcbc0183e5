import { createWakeup } from "../../concurrency/wakeup.ts";
import { Fault } from "../../domain/faults.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Events } from "../../ports/events.ts";

export type ErrorLooks = {
  /** Looks now and again until the signal aborts. Never throws. */
  run(signal: AbortSignal): Promise<void>;
  /** Records were written: looks as soon as they can be seen. */
  ring(): void;
};

type Problem = { message: string; hint: string | null };

type Deps = {
  /** What of the memory of errors could not be used. Throws a Fault. */
  look(signal: AbortSignal): Promise<{ problems: readonly Problem[] }>;
  clock: Clock;
  events: Pick<Events, "memoryFailed" | "memoryBack" | "failedInBackground">;
};

const LOOK_EVERY_MS = 60_000;
/** What a run writes is seen together, and by a search: an index is refreshed each second, where nobody set it otherwise. */
const SETTLE_MS = 3000;
/** Under a steady stream of records. */
const LEAST_BETWEEN_MS = 10_000;

/** When the records are looked at for what people are to be told, and what is said of a memory that cannot be used: once, and once its end. */
export function createErrorLooks({ look, clock, events }: Deps): ErrorLooks {
  const bell = createWakeup(clock);
  let rung = false;
  let failing: string | undefined;
  const tell = (problem: Problem | undefined) => {
    if (problem?.message === failing) return;
    failing = problem?.message;
    if (problem) events.memoryFailed({ problem: problem.message, hint: problem.hint });
    else events.memoryBack();
  };
  const lookOnce = async (signal: AbortSignal) => {
    try {
      const { problems } = await look(signal);
      tell(problems[0]);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Fault)) events.failedInBackground({ what: "memory", error });
      // An outage of the store is reported by those who work with it.
      else if (error.kind === "index") tell({ message: error.message, hint: error.hint ?? null });
    }
  };
  return {
    ring() {
      rung = true;
      bell.notifyAll();
    },
    async run(signal) {
      while (!signal.aborted) {
        rung = false;
        const startedAt = clock.now();
        await lookOnce(signal);
        if (!rung) await bell.sleep(LOOK_EVERY_MS, signal);
        const restMs = rung ? Math.max(SETTLE_MS, startedAt + LEAST_BETWEEN_MS - clock.now()) : 0;
        if (restMs > 0) await clock.sleep(restMs, signal);
      }
    },
  };
}
