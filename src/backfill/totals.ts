import { failures, vectorsWritten } from "../domain/outcome.ts";
import type { CycleSummary, Totals } from "../domain/summary.ts";

export type TotalsKeeper = {
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
      return { runs, vectors, errors, averageRate };
    },
  };
}
