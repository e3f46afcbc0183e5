import { Fault } from "../domain/faults.ts";
import { indexKey } from "../domain/log-record.ts";
import type { FitIndex } from "../domain/survey.ts";
import type { LastSweep, SweepState } from "../pipeline/sweep-state.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Schedule } from "./schedule.ts";
import { runSweep, type SweepDeps, type SweepPlaces, type SweepResult } from "./sweep.ts";

export type NightlySweepDeps = {
  sweep: SweepDeps;
  sweepState: SweepState;
  schedule: Schedule;
  clock: Clock;
  events: Pick<Events, "sweepStarted" | "sweepEnded" | "sweepFailed">;
  /** What a verdict rests on beside the record: with another key, model or window, all records are looked at again. */
  basis: string;
  windowMs: number;
  /** Whether this process is to do it: of several schedulers the leader. */
  leads(): boolean;
  /** Whether a cycle runs, which goes first. */
  isBusy(): boolean;
};

const LEAST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;
const LOOK_EVERY_MS = 1000;

/** Sweeps on schedule until a stop is requested, one at a time in all processes that share the state directory. */
export async function runNightlySweeps(deps: NightlySweepDeps, stop: StopSignals): Promise<void> {
  const { schedule, leads } = deps;
  let running: Promise<void> | undefined;
  schedule.start(() => {
    if (running || stop.requested.aborted || !leads()) return;
    running = sweepOnce(deps, stop).finally(() => (running = undefined));
  });
  await aborted(stop.requested);
  schedule.stop();
  await running;
}

/** Where another process sweeps, nothing is done. */
async function sweepOnce(deps: NightlySweepDeps, stop: StopSignals): Promise<void> {
  const { sweep, clock, windowMs } = deps;
  const options = {
    sinceMs: clock.now() - windowMs,
    places: (fit: readonly FitIndex[]) => openPlaces(deps, fit),
    turn: politely(deps),
  };
  try {
    await sweepWithLease(deps, () => runSweep(sweep, options, stop));
  } catch {
    // It is told, and the next one tries again.
  }
}

/**
 * Runs a sweep while no other process of the state directory does, tells of it, and leaves there how it ended. Undefined
 * where another process sweeps. Throws the Fault of a sweep that could not begin.
 */
export async function sweepWithLease(
  { sweepState, clock, events }: Pick<NightlySweepDeps, "sweepState" | "clock" | "events">,
  run: () => Promise<SweepResult>,
): Promise<SweepResult | undefined> {
  if (!(await sweepState.take())) return undefined;
  events.sweepStarted();
  let last: Omit<LastSweep, "ended_at"> = { reason: "it failed unexpectedly", summary: null };
  try {
    const result = await run();
    const { summary, fault, reason } = result;
    last = { reason: reason ?? null, summary };
    events.sweepEnded({
      summary,
      ...(fault ? { fault } : {}),
      ...(reason === undefined ? {} : { reason }),
    });
    return result;
  } catch (error) {
    if (error instanceof Fault) last = { reason: error.message, summary: null };
    events.sweepFailed({ error });
    throw error;
  } finally {
    await sweepState.release({ ...last, ended_at: new Date(clock.now()).toISOString() });
  }
}

/**
 * Goes on where the pass before was cut off, or begins where the pass before the latest ended: a write that search did not
 * see in its turn, because a copy of its shard was behind, comes up in the next pass.
 */
async function openPlaces(
  { sweepState, basis }: Pick<NightlySweepDeps, "sweepState" | "basis">,
  fit: readonly FitIndex[],
): Promise<SweepPlaces> {
  const keyOf = ({ index, uuid: indexUuid }: FitIndex) => indexKey({ index, indexUuid });
  const kept = await sweepState.places(basis, fit.map(keyOf));
  return {
    startOf(index) {
      const { from, ends = [] } = kept.get(keyOf(index)) ?? {};
      return from ?? (ends.length > 1 ? ends[0] : undefined);
    },
    async reached(index, page, isWhole) {
      const key = keyOf(index);
      const { ends = [] } = kept.get(key) ?? {};
      if ("next" in page) return sweepState.reached(basis, key, { from: page.next, ends });
      // Records that got no vector come up again from where this pass began.
      const place = { ends: isWhole ? [...ends, page.end].slice(-2) : ends };
      return sweepState.reached(basis, key, place);
    },
  };
}

/** Waits after each page at least as long as the page took, and as long as a cycle runs. */
function politely({ clock, isBusy }: Pick<NightlySweepDeps, "clock" | "isBusy">) {
  let startedAt: number | undefined;
  return async (signal: AbortSignal): Promise<void> => {
    if (startedAt !== undefined) {
      const waitMs = Math.max(LEAST_WAIT_MS, clock.now() - startedAt);
      await clock.sleep(Math.min(LONGEST_WAIT_MS, waitMs), signal);
    }
    while (isBusy() && !signal.aborted) await clock.sleep(LOOK_EVERY_MS, signal);
    startedAt = clock.now();
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
