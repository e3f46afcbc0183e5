/** Records whose vector is stamped with that model; `null`: the stamp does not say. */
export type ModelRecords = { model: string | null; dimensions: number | null; records: number };

/** Records of the wanted levels in one index, each in one of the five counts after the first. */
export type IndexCoverage = {
  index: string;
  records: number;
  /** Records with a vector of the model in force: what search compares. */
  vectorized: number;
  /** Records with a text and a vector of another model, of other dimensions, or of no known model. */
  otherModel: number;
  /** Those by model, most first; models beyond the twenty most frequent are left out. */
  otherModels: readonly ModelRecords[];
  /** Records that have a text and no vector: the backlog. */
  pending: number;
  /** Records that were refused for their own sake and are left alone for now. */
  quarantined: number;
  /** Records that have nothing to embed: no message, or a blank one. */
  withoutText: number;
  /** Time of the oldest pending record in ms since the epoch, where it was asked for and is known. */
  oldestPendingAt?: number;
};

export type CoverageSum = Omit<IndexCoverage, "index" | "oldestPendingAt">;

export function sumCoverage(rows: readonly IndexCoverage[]): CoverageSum {
  const sum = {
    records: 0,
    vectorized: 0,
    otherModel: 0,
    pending: 0,
    quarantined: 0,
    withoutText: 0,
  };
  for (const row of rows) {
    sum.records += row.records;
    sum.vectorized += row.vectorized;
    sum.otherModel += row.otherModel;
    sum.pending += row.pending;
    sum.quarantined += row.quarantined;
    sum.withoutText += row.withoutText;
  }
  return { ...sum, otherModels: sumModels(rows.flatMap(({ otherModels }) => otherModels)) };
}

/** One entry for each model with its dimensions, most records first. */
export function sumModels(counts: readonly ModelRecords[]): ModelRecords[] {
  const sums = new Map<string, ModelRecords>();
  for (const { model, dimensions, records } of counts) {
    const key = JSON.stringify([model, dimensions]);
    const before = sums.get(key)?.records ?? 0;
    sums.set(key, { model, dimensions, records: before + records });
  }
  return [...sums.values()].toSorted((a, b) => b.records - a.records);
}

/** Share of the records with a text that have a vector of the model in force, 0 to 1; 1 where there are none. */
export function coverageRatio(
  row: Pick<IndexCoverage, "vectorized" | "otherModel" | "pending" | "quarantined">,
): number {
  const all = row.vectorized + row.otherModel + row.pending + row.quarantined;
  return all === 0 ? 1 : row.vectorized / all;
}
