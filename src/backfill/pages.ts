import { addFaultCounts, type FaultCounts } from "../domain/fault-counts.ts";
import type { LogRecord } from "../domain/log-record.ts";
import { addOutcomes, vectorsWritten } from "../domain/outcome.ts";
import { addEmbedding, type CycleSummary } from "../domain/summary.ts";
import { faultCounts, type BatchResult } from "../pipeline/batch-result.ts";
import type { DrainProgress } from "../ports/events.ts";

/** Records in flight over all pages: while one page is written, others are embedded or read. */
const RECORDS_AT_ONCE = 500;
const MIN_PAGES_AT_ONCE = 2;
/** In a smaller page, conflicts may come from the applications that own the documents. */
const MIN_SHARED = 10;

export type Sums = {
  summary: Pick<CycleSummary, "taken" | "outcomes" | "embedding" | "gaps">;
  faults: FaultCounts;
};

/** UTF-16 units of the texts in flight; above it no further page is read. */
const MAX_TEXT_AT_ONCE = 4 * 1024 * 1024;

export const PAGE_TEXT_LIMIT = {
  most: MAX_TEXT_AT_ONCE,
  weigh: (page: readonly LogRecord[]) => page.reduce((sum, { text }) => sum + text.length, 0),
};

export function concurrentPages(batchSize: number): number {
  return Math.max(MIN_PAGES_AT_ONCE, Math.floor(RECORDS_AT_ONCE / batchSize));
}

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
