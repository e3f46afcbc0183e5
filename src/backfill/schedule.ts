import { createTask } from "node-cron";
import { count } from "../domain/count.ts";
import type { Clock } from "../ports/clock.ts";
import type { CycleSummary } from "../domain/summary.ts";
import type { Events } from "../ports/events.ts";

export type Schedule = {
  readonly description: string;
  /** The longest time between two of the coming runs. */
  longestGapMs(): number;
  /** Calls `wake` at each due time until stopped, without waiting for it. */
  start(wake: () => void): void;
  stop(): void;
  /** The next due time; undefined before the start, or where there is none. */
  next(): Date | undefined;
};

/** Sleeps are short, because the wall clock may be set in the meantime. */
const MAX_SLEEP_MS = 60_000;

const GAPS_LOOKED_AT = 1008;

function longestGap(runs: readonly Date[]): number {
  const gaps = runs.slice(1).map((run, i) => run.getTime() - (runs[i]?.getTime() ?? 0));
  return Math.max(0, ...gaps);
}

/**
 * A cron line of five or six fields, in UTC. node-cron only computes the times: its own timers stop while the clock is
 * set back, and spin in the hour that daylight saving repeats.
 */
export function cronSchedule(line: string, clock: Clock): Schedule {
  const task = createTask(line, () => undefined, { timezone: "UTC" });
  const stopped = new AbortController();
  let started = false;
  const next = () => task.getNextRuns(1)[0];
  let longestGapMs: number | undefined;
  const loop = async (wake: () => void) => {
    for (let due = next(); due; due = next()) {
      const leftMs = due.getTime() - clock.now();
      await clock.sleep(Math.min(leftMs, MAX_SLEEP_MS), stopped.signal);
      if (stopped.signal.aborted) return;
      if (clock.now() >= due.getTime()) wake();
    }
  };
  return {
    description: `cron ${line} (UTC)`,
    longestGapMs: () => (longestGapMs ??= longestGap(task.getNextRuns(GAPS_LOOKED_AT))),
    start(wake) {
      started = true;
      void loop(wake);
    },
    stop() {
      stopped.abort();
      void task.destroy();
    },
    next: () => (started && !stopped.signal.aborted ? next() : undefined),
  };
}

export function intervalSchedule(minutes: number, clock: Clock): Schedule {
  const everyMs = minutes * 60_000;
  const stopped = new AbortController();
  let dueAt: number | undefined;
  const loop = async (wake: () => void) => {
    for (let from = clock.now(); ;) {
      const next = from + everyMs;
      dueAt = next;
      // The clock may have been set back by hours.
      await clock.sleep(Math.min(next - clock.now(), everyMs), stopped.signal);
      if (stopped.signal.aborted) return;
      const lateMs = clock.now() - next;
      // After the machine slept or the clock was set, missed runs are not caught up.
      from = lateMs < 0 || lateMs > everyMs ? clock.now() : next;
      dueAt = from + everyMs;
      wake();
    }
  };
  return {
    description: minutes === 1 ? "every minute" : `every ${count(minutes, "minute")}`,
    longestGapMs: () => everyMs,
    start: (wake) => void loop(wake),
    stop: () => stopped.abort(),
    next: () => (dueAt === undefined ? undefined : new Date(dueAt)),
  };
}

const MAX_SPAN_MS = 10 * 60_000;

/** A schedule that moves away from other processes on the same one. */
type StaggeredSchedule = Schedule & {
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
