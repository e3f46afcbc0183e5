import type { IndexCoverage } from "../model/coverage.ts";
import type { LogStore } from "../ports/log-store.ts";

/** Records that get no vector because their index can be given none. */
export type LeftAlone = {
  /** null where none of these indices could be counted. */
  records: number | null;
  /** Unfit indices whose records could not be counted. */
  uncounted: readonly string[];
  /** Records of the wanted levels in all the other indices, with or without a vector. */
  others: number;
};

type Sorted = {
  /** What nobody made so on purpose. */
  unfit: readonly string[];
  /** Of the fit ones. */
  rows: readonly IndexCoverage[];
  /** Those that take no mapping. */
  refused: ReadonlySet<string>;
  /** Those that take no updates for now. */
  paused: ReadonlySet<string>;
};

/** Of a paused index only what waits for it to go on is left alone: it may have its other vectors. */
export async function countLeftAlone(
  store: Pick<LogStore, "countUnfit">,
  { unfit, rows, refused, paused }: Sorted,
  signal: AbortSignal,
): Promise<LeftAlone> {
  const counts =
    unfit.length > 0 ? await store.countUnfit(unfit, signal) : { rows: [], uncounted: [] };
  let records = counts.rows.reduce((sum, row) => sum + row.records, 0);
  let others = 0;
  for (const row of rows) {
    const left = refused.has(row.index) ? row.records : paused.has(row.index) ? row.pending : 0;
    records += left;
    others += row.records - left;
  }
  const { uncounted } = counts;
  return { records: records === 0 && uncounted.length > 0 ? null : records, uncounted, others };
}
