import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { RunResult } from "./runner.ts";
import type { Schedule } from "./schedule.ts";

export type DaemonDeps = {
  run: (stop: StopSignals) => Promise<RunResult>;
  schedule: Schedule;
  clock: Pick<Clock, "now">;
  events: Pick<Events, "cycleSkipped">;
  save: (changes: Record<string, unknown>) => Promise<void>;
};

export type Daemon = {
  /** Runs a cycle at once, then on schedule, one at a time, until stopped. A failed cycle does not end it. */
  run(): Promise<void>;
  /** Starts a cycle out of schedule, unless one is running or the process is stopping. */
  startCycle(): "started" | "running" | "stopping";
  /** Whether a cycle runs now. */
  isRunning(): boolean;
};

export function createDaemon(deps: DaemonDeps, stop: StopSignals): Daemon {
  const { schedule, events, run, save } = deps;
  let running: Promise<void> | undefined;
  const startCycle = () => {
    if (stop.requested.aborted) return "stopping";
    if (running) return "running";
    running = run(stop)
      .then((result) => save(changesBy(result, deps)))
      .finally(() => (running = undefined));
    return "started";
  };
  const wake = () => {
    if (startCycle() === "running") events.cycleSkipped();
  };
  return {
    startCycle,
    isRunning: () => running !== undefined,
    async run() {
      schedule.start(wake);
      wake();
      await aborted(stop.requested);
      schedule.stop();
      await running;
    },
  };
}

function changesBy(result: RunResult, { clock, schedule }: DaemonDeps): Record<string, unknown> {
  const now = new Date(clock.now()).toISOString();
  const next = schedule.next();
  const error = "error" in result ? result.error : result.fault;
  return {
    totals: result.totals,
    ...("summary" in result ? { last_cycle: { finished_at: now, summary: result.summary } } : {}),
    ...(next ? { next_run_at: next.toISOString() } : {}),
    ...(error === undefined ? {} : { last_error: { at: now, message: messageOf(error) } }),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
