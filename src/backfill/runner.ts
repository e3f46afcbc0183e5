import type { Fault } from "../model/faults.ts";
import type { CycleSummary, Totals } from "../model/summary.ts";
import type { StopSignals } from "../ports.ts";
import { runCycle, type BackfillDeps, type CycleResult } from "./cycle.ts";
import { runDrain } from "./drain.ts";
import { createTotals } from "./totals.ts";

/** What one run came to: a summary, or the error that let it not even begin. */
export type RunResult = { cycle: number; totals: Totals } & (
  | { summary: CycleSummary; fault?: Fault }
  | { error: unknown }
);

type RunnerOptions = {
  drain: boolean;
  nextRun: () => Date | undefined;
  /** What a run that is no drain does. Default: one cycle. */
  runOnce?: (cycle: number, stop: StopSignals) => Promise<CycleResult>;
};

/** Numbers the runs, tells of their begin and end, and keeps the totals. The run itself never throws. */
export function createRunner(
  deps: BackfillDeps,
  { drain, nextRun, runOnce = (cycle, stop) => runCycle(deps, cycle, stop) }: RunnerOptions,
): (stop: StopSignals) => Promise<RunResult> {
  const { events } = deps;
  const totals = createTotals();
  let cycle = 0;
  return async (stop) => {
    cycle++;
    const next = () => {
      const nextRunAt = stop.requested.aborted ? undefined : nextRun();
      return nextRunAt ? { nextRunAt } : {};
    };
    events.cycleStarted({ cycle, drain });
    deps.guard.runBegins();
    try {
      // Somebody may have taken records out of the quarantine meanwhile.
      await deps.keptAside.sync();
      const { summary, fault, reason } = await (drain
        ? runDrain(deps, stop)
        : runOnce(cycle, stop));
      const sums = totals.add(summary);
      const why = reason === undefined ? {} : { reason };
      events.cycleEnded({ cycle, drain, summary, totals: sums, ...why, ...next() });
      return { cycle, totals: sums, summary, ...(fault ? { fault } : {}) };
    } catch (error) {
      const sums = totals.add("failed");
      events.cycleFailed({ cycle, error, ...next() });
      return { cycle, totals: sums, error };
    } finally {
      await Promise.all([deps.rewrites.save(), deps.guard.settle()]);
    }
  };
}
