/** Records by the model in their stamp; `null`: the stamp names none. */
export type ModelRecords = { model: string | null; dimensions: number | null; records: number };

/** Wanted records of one index; each is in one of the five counts after `records`. */
export type IndexCoverage = {
  index: string;
  records: number;
  /** With a vector of the model in force, which search compares. */
  vectorized: number;
  /** With a text and a vector of another or unknown model, or of other dimensions. */
  otherModel: number;
  /** By model, most first, at most twenty. */
  otherModels: readonly ModelRecords[];
  /** With a text and no vector: the backlog. */
  pending: number;
  /** Refused for a fault of their own, and not yet due for another try. */
  quarantined: number;
  /** Without a message, or with a blank one. */
  withoutText: number;
  /** In ms since the epoch, where it was requested and is known. */
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

/** Share of the records with a text that have a vector of the model in force, 0 to 1; 1 without such records. */
export function coverageRatio(
  row: Pick<IndexCoverage, "vectorized" | "otherModel" | "pending" | "quarantined">,
): number {
  const all = row.vectorized + row.otherModel + row.pending + row.quarantined;
  return all === 0 ? 1 : row.vectorized / all;
}
