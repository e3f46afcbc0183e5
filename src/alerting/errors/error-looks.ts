import { createWakeup } from "../../concurrency/wakeup.ts";
import { Fault } from "../../domain/faults.ts";
import { MemoryFault } from "../../domain/memory/memory-fault.ts";
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
  /** Whether there is a memory of errors, and what of it could not be used. Throws a Fault. */
  look(signal: AbortSignal): Promise<{ memory: "used" | "absent"; problems: readonly Problem[] }>;
  clock: Clock;
  events: Pick<Events, "memoryFailed" | "memoryBack" | "failedInBackground">;
};

const LOOK_EVERY_MS = 60_000;
/** What a run writes is seen together, and by a search: an index is refreshed each second, where nobody set it otherwise. */
const SETTLE_MS = 3000;
/** Under a steady stream of records. */
const LEAST_BETWEEN_MS = 10_000;
/** And so many times as long as a look takes, so that the cluster has little to do with them. */
const REST_FACTOR = 20;
/** Whether somebody made the memory meanwhile. */
const ASK_AGAIN_MS = 5 * 60_000;

function isAway(fault: Fault): boolean {
  return fault instanceof MemoryFault && fault.problem === "away";
}

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
  /** Whether there is anything to look for. */
  const lookOnce = async (signal: AbortSignal): Promise<boolean> => {
    try {
      const { memory, problems } = await look(signal);
      tell(problems[0]);
      return memory === "used";
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof Fault)) events.failedInBackground({ what: "memory", error });
      // An outage of the store is reported by those who work with it.
      else if (error.kind === "index" && !isAway(error))
        tell({ message: error.message, hint: error.hint ?? null });
      return true;
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
        const isUsed = await lookOnce(signal);
        if (!isUsed) {
          await clock.sleep(ASK_AGAIN_MS, signal);
          continue;
        }
        const endedAt = clock.now();
        const betweenMs = Math.max(LEAST_BETWEEN_MS, REST_FACTOR * (endedAt - startedAt));
        const nextAt = startedAt + Math.min(betweenMs, LOOK_EVERY_MS);
        if (!rung) await bell.sleep(LOOK_EVERY_MS, signal);
        if (rung) await clock.sleep(Math.max(SETTLE_MS, nextAt - clock.now()), signal);
      }
    },
  };
}
