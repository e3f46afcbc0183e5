import { createTask } from "node-cron";
import { count } from "../domain/count.ts";
import type { Clock } from "../ports/clock.ts";

/** When the daemon wakes. */
export type Schedule = {
  /** As a person would say it. */
  readonly description: string;
  /** From one due time to the next; where that varies, the longest of those ahead. */
  longestGapMs(): number;
  /** Calls `wake` at each due time until stopped; never waits for it. */
  start(wake: () => void): void;
  stop(): void;
  /** The next due time; undefined before the start and where there is none. */
  next(): Date | undefined;
};

/** Longer than this it is not known whether the clock was set. */
const MAX_SLEEP_MS = 60_000;

/** A week of runs that are ten minutes apart. */
const GAPS_LOOKED_AT = 1008;

function longestGap(runs: readonly Date[]): number {
  const gaps = runs.slice(1).map((run, i) => run.getTime() - (runs[i]?.getTime() ?? 0));
  return Math.max(0, ...gaps);
}

/**
 * Wakes by a cron line of five or six fields, in UTC: a change to summer time moves nothing. node-cron says when, and
 * nothing more: its own timers stand still for as long as the clock is set back, and spin through the hour that comes
 * twice at the end of summer time.
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

/** Wakes every so many minutes, counted from the start. */
export function intervalSchedule(minutes: number, clock: Clock): Schedule {
  const everyMs = minutes * 60_000;
  const stopped = new AbortController();
  let dueAt: number | undefined;
  const loop = async (wake: () => void) => {
    for (let from = clock.now(); ;) {
      const next = from + everyMs;
      dueAt = next;
      // What was a minute ago may be hours away once the clock is set back.
      await clock.sleep(Math.min(next - clock.now(), everyMs), stopped.signal);
      if (stopped.signal.aborted) return;
      const lateMs = clock.now() - next;
      // After a long sleep of the machine, or with the clock set: go on from now, without catching up.
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
