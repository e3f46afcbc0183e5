import { count } from "./count.ts";

/** Records that get no vector because their index can be given none. */
export type UnfitRecords = {
  /** null where none of these indices could be counted. */
  records: number | null;
  /** How many indices they are in. */
  indices: number;
  /** Unfit indices whose records could not be counted. */
  uncounted: readonly string[];
  /** Records of the wanted levels in all the other indices, with or without a vector. */
  others: number;
};

/** Whether more is left alone than all other indices hold: then most of the work cannot be done at all. */
export function outnumberFit({ records, others }: UnfitRecords): boolean {
  return (records ?? 0) > others;
}

/** One sentence for a person; undefined where nothing is left alone. */
export function unfitRecordsLine(left: UnfitRecords): string | undefined {
  const { records, indices, uncounted, others } = left;
  const sentences: string[] = [];
  if (records) {
    const more = outnumberFit(left) ? `, more than all other indices hold (${others})` : "";
    const where = `${count(indices, "index")} that take${indices === 1 ? "s" : ""} no vector`;
    sentences.push(
      `${count(records, "record")} in ${where} ${records === 1 ? "is" : "are"} left alone${more}`,
    );
  }
  if (uncounted.length > 0) {
    const named = uncounted.slice(0, MAX_NAMED).join(", ");
    const rest = uncounted.length > MAX_NAMED ? `, and ${uncounted.length - MAX_NAMED} more` : "";
    sentences.push(`how many there are in ${named}${rest} cannot be counted`);
  }
  return sentences.length > 0 ? sentences.join("; ") : undefined;
}

const MAX_NAMED = 3;
