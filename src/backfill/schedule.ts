import { createTask } from "node-cron";
import type { Clock } from "../ports.ts";

/** When the daemon wakes. */
export type Schedule = {
  /** As a person would say it. */
  readonly description: string;
  /** Calls `wake` at each due time until stopped; never waits for it. */
  start(wake: () => void): void;
  stop(): void;
  /** The next due time; undefined before the start and where there is none. */
  next(): Date | undefined;
};

/** Wakes by a cron line of five or six fields, in UTC: a change to summer time moves nothing. */
export function cronSchedule(line: string): Schedule {
  let wake: (() => void) | undefined;
  const task = createTask(line, () => wake?.(), { timezone: "UTC", suppressMissedWarning: true });
  return {
    description: `cron ${line} (UTC)`,
    start(onWake) {
      wake = onWake;
      void task.start();
    },
    stop() {
      void task.stop();
      void task.destroy();
    },
    next: () => task.getNextRun() ?? undefined,
  };
}

/** Wakes every so many minutes, counted from the start. */
export function intervalSchedule(minutes: number, clock: Clock): Schedule {
  const everyMs = minutes * 60_000;
  const stopped = new AbortController();
  let dueAt: number | undefined;
  const loop = async (wake: () => void, startedAt: number) => {
    for (dueAt = startedAt + everyMs; ; dueAt += everyMs) {
      await clock.sleep(dueAt - clock.now(), stopped.signal);
      if (stopped.signal.aborted) return;
      wake();
      // After a long sleep of the machine: go on from now, without catching up.
      if (clock.now() - dueAt > everyMs) dueAt = clock.now();
    }
  };
  return {
    description: `every ${minutes} minutes`,
    start: (wake) => void loop(wake, clock.now()),
    stop: () => stopped.abort(),
    next: () => (dueAt === undefined ? undefined : new Date(dueAt)),
  };
}
