import { addFaultCounts, type FaultCounts } from "../domain/fault-counts.ts";
import { addOutcomes, vectorsWritten } from "../domain/outcome.ts";
import { addEmbedding, type CycleSummary } from "../domain/summary.ts";
import { faultCounts, type BatchResult } from "../pipeline/batch-result.ts";
import type { DrainProgress } from "../ports/events.ts";

/** In a smaller page, conflicts may come from the applications that own the documents. */
const MIN_SHARED = 10;

export type Sums = {
  summary: Pick<CycleSummary, "taken" | "outcomes" | "embedding" | "gaps">;
  faults: FaultCounts;
};

export function addPage(sums: Sums, result: BatchResult): void {
  const { summary } = sums;
  summary.taken += result.outcomeOf.size;
  summary.outcomes = addOutcomes(summary.outcomes, result.outcomes);
  summary.embedding = addEmbedding(summary.embedding, result.use);
  sums.faults = addFaultCounts(sums.faults, faultCounts(result));
}

/** The records of a page that are no longer pending. */
export function settledIn({ outcomes }: BatchResult): number {
  const { already_vectorized: already, empty, missing } = outcomes;
  return vectorsWritten(outcomes) + already + empty + missing;
}

/** Of two processes that take the same records, only one loses more than half of them. */
export function isShared({ outcomes }: BatchResult, taken: number): boolean {
  return outcomes.conflicted > taken / 2 && taken >= MIN_SHARED;
}

export function progressOf(
  { taken: done, embedding }: Pick<Sums["summary"], "taken" | "embedding">,
  { total, left, durationMs }: { total: number; left: number; durationMs: number },
): DrainProgress {
  const recordsPerSecond = durationMs > 0 ? (done / durationMs) * 1000 : 0;
  return {
    done,
    total: Math.max(total, done),
    recordsPerSecond,
    secondsLeft: recordsPerSecond > 0 ? left / recordsPerSecond : null,
    costUsd: embedding.cost_usd,
  };
}
