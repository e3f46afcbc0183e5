/** Records of the wanted levels in one index, each counted once: records = vectorized + pending + withoutText. */
export type IndexCoverage = {
  index: string;
  records: number;
  vectorized: number;
  /** Records that have a text and no vector: the backlog. */
  pending: number;
  /** Records that have nothing to embed: no message, or a blank one. */
  withoutText: number;
};

export function sumCoverage(rows: readonly IndexCoverage[]): Omit<IndexCoverage, "index"> {
  const sum = { records: 0, vectorized: 0, pending: 0, withoutText: 0 };
  for (const row of rows) {
    sum.records += row.records;
    sum.vectorized += row.vectorized;
    sum.pending += row.pending;
    sum.withoutText += row.withoutText;
  }
  return sum;
}

/** Share of the records with a text that have their vector, 0 to 1; 1 where there are none. */
export function coverageRatio(row: Pick<IndexCoverage, "vectorized" | "pending">): number {
  const all = row.vectorized + row.pending;
  return all === 0 ? 1 : row.vectorized / all;
}
