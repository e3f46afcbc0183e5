import type { CycleSummary, Totals } from "../model/summary.ts";
import type { Clock, Events, StateStore, StopSignals } from "../ports.ts";
import type { RunResult } from "./runner.ts";
import type { Schedule } from "./schedule.ts";

/** Name of the document in the state directory. */
export const DAEMON_STATE = "daemon";
export const HEARTBEAT_MS = 30_000;

/** What the daemon leaves in the state directory for `status` and `health`. */
type DaemonState = {
  pid: number;
  started_at: string;
  heartbeat_at: string;
  stopped_at?: string;
  next_run_at?: string;
  totals?: Totals;
  last_cycle?: { finished_at: string; summary: CycleSummary };
  last_error?: { at: string; message: string };
};

export type DaemonDeps = {
  run: (stop: StopSignals) => Promise<RunResult>;
  schedule: Schedule;
  state: StateStore;
  clock: Clock;
  events: Pick<Events, "cycleSkipped">;
  pid: number;
};

/** First cycle at once, then on schedule, one at a time, until asked to stop. A failed cycle never ends it. */
export async function runDaemon(deps: DaemonDeps, stop: StopSignals): Promise<void> {
  const { schedule, events, run } = deps;
  const keeper = createKeeper(deps);
  const heart = beat(deps, keeper, stop);
  let running: Promise<void> | undefined;
  const wake = () => {
    if (stop.requested.aborted) return;
    if (running) {
      events.cycleSkipped();
      return;
    }
    running = run(stop)
      .then((result) => keeper.ran(result))
      .finally(() => (running = undefined));
  };
  schedule.start(wake);
  wake();
  await aborted(stop.requested);
  schedule.stop();
  await running;
  await heart;
  await keeper.save({ stopped_at: keeper.now() });
}

type Keeper = {
  save(changes: Partial<DaemonState>): Promise<void>;
  ran(result: RunResult): Promise<void>;
  now(): string;
};

function createKeeper({ state, clock, pid, schedule }: DaemonDeps): Keeper {
  const now = () => new Date(clock.now()).toISOString();
  let current: DaemonState = { pid, started_at: now(), heartbeat_at: now() };
  const save = (changes: Partial<DaemonState>) => {
    current = { ...current, ...changes, heartbeat_at: now() };
    return state.save(DAEMON_STATE, current);
  };
  return {
    now,
    save,
    ran(result) {
      const next = schedule.next();
      const error = "error" in result ? result.error : result.fault;
      return save({
        totals: result.totals,
        ...("summary" in result
          ? { last_cycle: { finished_at: now(), summary: result.summary } }
          : {}),
        ...(next ? { next_run_at: next.toISOString() } : {}),
        ...(error === undefined ? {} : { last_error: { at: now(), message: messageOf(error) } }),
      });
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Says that the process lives, also through a long drain. */
async function beat({ clock }: DaemonDeps, keeper: Keeper, stop: StopSignals): Promise<void> {
  while (!stop.requested.aborted) {
    await keeper.save({});
    await clock.sleep(HEARTBEAT_MS, stop.requested);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
