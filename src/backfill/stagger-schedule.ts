import type { CycleSummary } from "../domain/summary.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { Schedule } from "./schedule.ts";

const MAX_SPAN_MS = 10 * 60_000;

/** A schedule that moves away from other processes on the same one. */
export type StaggeredSchedule = Schedule & {
  ended(summary: Pick<CycleSummary, "taken" | "outcomes">): void;
};

type StaggerDeps = {
  schedule: Schedule;
  clock: Clock;
  events: Pick<Events, "overlapDetected">;
};

/**
 * Replicas on one schedule start together, take the same records and pay twice. The process that lost most of a batch
 * delays its starts: by half of the interval, then a quarter, and so on.
 */
export function staggerSchedule({ schedule, clock, events }: StaggerDeps): StaggeredSchedule {
  const stopped = new AbortController();
  let lost = 0;
  let spanMs = 0;
  let dueAt: number | undefined;
  const shiftMs = () => Math.round(Math.min(spanMs, MAX_SPAN_MS) * vanDerCorput(lost));
  const wait = async (ms: number, wake: () => void) => {
    await clock.sleep(ms, stopped.signal);
    dueAt = undefined;
    if (!stopped.signal.aborted) wake();
  };
  return {
    description: schedule.description,
    longestGapMs: () => schedule.longestGapMs(),
    start(wake) {
      schedule.start(() => {
        const now = clock.now();
        spanMs = Math.max(0, (schedule.next()?.getTime() ?? now) - now);
        if (shiftMs() === 0) return wake();
        dueAt = now + shiftMs();
        void wait(shiftMs(), wake);
      });
    },
    stop() {
      stopped.abort();
      schedule.stop();
    },
    next() {
      if (dueAt !== undefined) return new Date(dueAt);
      const next = schedule.next();
      return next && new Date(next.getTime() + shiftMs());
    },
    ended({ taken, outcomes }) {
      // Of two processes that overlap, exactly one loses more than half.
      if (outcomes.conflicted * 2 <= taken) return;
      lost++;
      events.overlapDetected({ conflicted: outcomes.conflicted });
    },
  };
}

/** 0, 1/2, 1/4, 3/4, 1/8, …: van der Corput's sequence, each far from those before it. */
function vanDerCorput(tries: number): number {
  let share = 0;
  for (let rest = tries, unit = 0.5; rest > 0; rest >>= 1, unit /= 2) share += (rest & 1) * unit;
  return share;
}
