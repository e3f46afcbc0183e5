import { Fault } from "../domain/faults.ts";
import type { UnfitRecords } from "../domain/unfit-records.ts";
import { outcomeAttributes, failures, vectorsWritten } from "../domain/outcome.ts";
import type { CycleSummary, Totals } from "../domain/summary.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Span, SpanAttributes } from "../ports/tracer.ts";
import { runCycle, type BackfillDeps, type CycleResult } from "./cycle.ts";
import { runDrain } from "./drain.ts";

export type RunResult = { cycle: number; totals: Totals } & (
  | { summary: CycleSummary; fault?: Fault; unfitRecords?: UnfitRecords }
  | { error: unknown }
);

type RunnerOptions = {
  drain: boolean;
  nextRun: () => Date | undefined;
  runOnce?: (cycle: number, stop: StopSignals) => Promise<CycleResult>;
};

/** Numbers the runs, reports their start and end, and keeps the totals. A run never throws. */
export function createRunner(
  deps: BackfillDeps,
  { drain, nextRun, runOnce = (cycle, stop) => runCycle(deps, cycle, stop) }: RunnerOptions,
): (stop: StopSignals) => Promise<RunResult> {
  const { events } = deps;
  const totals = createTotals();
  let cycle = 0;
  const run = async (stop: StopSignals, span: Span): Promise<RunResult> => {
    const next = () => {
      const nextRunAt = stop.requested.aborted ? undefined : nextRun();
      return nextRunAt ? { nextRunAt } : {};
    };
    events.cycleStarted({ cycle, drain });
    deps.embedderLimits.startRun();
    try {
      // A person may have released records from the quarantine in the meantime.
      await deps.localQuarantine.sync();
      const {
        summary,
        faults = {},
        fault,
        reason,
        unfitRecords,
      } = await (drain ? runDrain(deps, stop) : runOnce(cycle, stop));
      span.set(summaryAttributes(summary));
      if (fault) span.failed(fault.kind);
      if (summary.backlog === 0) deps.held.nothingPending();
      const sums = totals.add(summary);
      const why = { ...(fault ? { fault } : {}), ...(reason === undefined ? {} : { reason }) };
      events.cycleEnded({ cycle, drain, summary, faults, totals: sums, ...why, ...next() });
      return {
        cycle,
        totals: sums,
        summary,
        ...(fault ? { fault } : {}),
        ...(unfitRecords ? { unfitRecords } : {}),
      };
    } catch (error) {
      span.failed(error instanceof Fault ? error.kind : "bug");
      const sums = totals.add("failed");
      events.cycleFailed({ cycle, error, ...next() });
      return { cycle, totals: sums, error };
    } finally {
      deps.reloads.tell();
      await Promise.all([
        deps.writeLoops.save(),
        deps.unseen.save(),
        deps.paused.save(),
        deps.trials.save(),
        deps.embedderLimits.flush(),
        deps.held.sync(),
      ]);
    }
  };
  return (stop) => {
    cycle++;
    const attributes = { "log_vectorizer.cycle": cycle };
    return deps.tracer.span(drain ? "drain" : "cycle", { cycle, attributes }, (span) =>
      run(stop, span),
    );
  };
}

function summaryAttributes({ taken, outcomes, backlog, embedding }: CycleSummary): SpanAttributes {
  return {
    "log_vectorizer.taken": taken,
    "log_vectorizer.backlog": backlog ?? undefined,
    ...outcomeAttributes(outcomes),
    "log_vectorizer.tokens": embedding.tokens,
    "log_vectorizer.cost_usd": embedding.cost_usd ?? undefined,
  };
}

type TotalsKeeper = {
  /** Adds a run and returns the sums. A run that failed to start counts as one error. */
  add(run: CycleSummary | "failed"): Totals;
};

export function createTotals(): TotalsKeeper {
  let runs = 0;
  let vectors = 0;
  let errors = 0;
  let durationMs = 0;
  return {
    add(run) {
      runs++;
      if (run === "failed") errors++;
      else {
        vectors += vectorsWritten(run.outcomes);
        errors += failures(run.outcomes);
        durationMs += run.duration_ms;
      }
      const averageRate = durationMs > 0 ? (vectors / durationMs) * 1000 : 0;
      return { runs, vectors, errors, average_rate: averageRate };
    },
  };
}
