/** Records of the wanted levels in one index, each in one of the four counts after the first. */
export type IndexCoverage = {
  index: string;
  records: number;
  vectorized: number;
  /** Records that have a text and no vector: the backlog. */
  pending: number;
  /** Records that were refused for their own sake and are left alone for now. */
  quarantined: number;
  /** Records that have nothing to embed: no message, or a blank one. */
  withoutText: number;
  /** Time of the oldest pending record in ms since the epoch, where it was asked for and is known. */
  oldestPendingAt?: number;
};

export function sumCoverage(
  rows: readonly IndexCoverage[],
): Omit<IndexCoverage, "index" | "oldestPendingAt"> {
  const sum = { records: 0, vectorized: 0, pending: 0, quarantined: 0, withoutText: 0 };
  for (const row of rows) {
    sum.records += row.records;
    sum.vectorized += row.vectorized;
    sum.pending += row.pending;
    sum.quarantined += row.quarantined;
    sum.withoutText += row.withoutText;
  }
  return sum;
}

/** Share of the records with a text that have their vector, 0 to 1; 1 where there are none. */
export function coverageRatio(
  row: Pick<IndexCoverage, "vectorized" | "pending" | "quarantined">,
): number {
  const all = row.vectorized + row.pending + row.quarantined;
  return all === 0 ? 1 : row.vectorized / all;
}
