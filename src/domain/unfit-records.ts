import { count, firstOf } from "./count.ts";

/** Wanted records in unfit indices, which get no vector. */
export type UnfitRecords = {
  /** null where none of these indices can be counted. */
  records: number | null;
  /** Number of those indices. */
  indices: number;
  /** Unfit indices that cannot be counted. */
  uncounted: readonly string[];
  /** Wanted records in the fit indices, with or without a vector. */
  others: number;
};

/** Whether the unfit indices hold more records than the fit ones, so that most of the work is impossible. */
export function outnumberFit({ records, others }: UnfitRecords): boolean {
  return (records ?? 0) > others;
}

/** One sentence for a person; undefined without such records. */
export function unfitRecordsLine(left: UnfitRecords): string | undefined {
  const { records, indices, uncounted, others } = left;
  const sentences: string[] = [];
  if (records) {
    const more = outnumberFit(left) ? `, more than all other indices hold (${others})` : "";
    const where = `${count(indices, "index")} that cannot take vectors`;
    sentences.push(
      `${count(records, "record")} in ${where} ${records === 1 ? "is" : "are"} skipped${more}`,
    );
  }
  if (uncounted.length > 0) {
    sentences.push(`how many there are in ${firstOf(uncounted)} cannot be counted`);
  }
  return sentences.length > 0 ? sentences.join("; ") : undefined;
}
