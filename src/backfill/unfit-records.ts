import type { PausedIndices } from "../pipeline/collections/paused-indices.ts";
import type { IndexCoverage } from "../domain/coverage.ts";
import type { UnfitRecords } from "../domain/unfit-records.ts";
import type { RecordStore } from "../ports/record-store.ts";

type Sorted = {
  unfit: readonly string[];
  rows: readonly IndexCoverage[];
  refused: ReadonlySet<string>;
  paused: ReadonlySet<string>;
};

/** Of a paused index only the pending records count: the others may have their vectors. */
export async function countUnfitRecords(
  store: Pick<RecordStore, "countUnfit">,
  { unfit, rows, refused, paused }: Sorted,
  signal: AbortSignal,
): Promise<UnfitRecords> {
  const counts =
    unfit.length > 0 ? await store.countUnfit(unfit, signal) : { rows: [], uncounted: [] };
  const left = new Map(counts.rows.map(({ index, records }) => [index, records]));
  let others = 0;
  for (const { index, records, pending } of rows) {
    const own = refused.has(index) ? records : paused.has(index) ? pending : 0;
    if (own > 0) left.set(index, own);
    others += records - own;
  }
  const found = [...left.values()].filter((records) => records > 0);
  const sum = found.reduce((a, b) => a + b, 0);
  const { uncounted } = counts;
  const records = sum === 0 && uncounted.length > 0 ? null : sum;
  return { records, indices: found.length, uncounted, others };
}

/** Adds the indices that refused updates during the run. */
export function unfitRecordsAfterRun(
  before: UnfitRecords,
  taken: readonly IndexCoverage[],
  { has }: Pick<PausedIndices, "has">,
): UnfitRecords {
  const refusing = taken.filter(({ index }) => has(index));
  const more = refusing.reduce((sum, { pending }) => sum + pending, 0);
  const { records, indices, others } = before;
  if (more === 0) return before;
  return {
    ...before,
    records: (records ?? 0) + more,
    indices: indices + refusing.length,
    others: others - more,
  };
}
