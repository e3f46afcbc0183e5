import { count, firstOf } from "./count.ts";

/** An index whose wanted records have no text in the fields that are read. */
export type Textless = {
  index: string;
  /** The fields that are read for the text. */
  lookedIn: readonly string[];
  /** Other fields with words in a sample of records, longest first. */
  fields: readonly string[];
};

const NAMED = 3;

/** Fields with words, most text first, without sub-fields of a text. */
export function longestTextFields(
  documents: readonly (readonly [name: string, value: unknown])[][],
): string[] {
  const lengths = new Map<string, number>();
  for (const [name, value] of documents.flat()) {
    const texts = [value].flat().filter((one) => typeof one === "string");
    const words = texts.filter((text) => /\S\s+\S/.test(text));
    const length = words.reduce((sum, text) => sum + text.length, 0);
    if (length > 0) lengths.set(name, (lengths.get(name) ?? 0) + length);
  }
  const names = [...lengths.keys()].filter(
    (name) => !lengths.has(name.replace(/\.[^.]+$/, "")) || !name.includes("."),
  );
  return names.toSorted((a, b) => (lengths.get(b) ?? 0) - (lengths.get(a) ?? 0)).slice(0, NAMED);
}

/** Indices without a single text. */
export function textlessAmong<Row extends { records: number; withoutText: number }>(
  rows: readonly Row[],
): Row[] {
  return rows.filter(({ records, withoutText }) => records > 0 && withoutText === records);
}

/** The problem and the setting that fixes it, without a full stop. */
export function textlessLine(all: readonly Textless[]): string {
  const [first, ...more] = all;
  if (!first) return "";
  const names = firstOf(all.map(({ index }) => index));
  const which = more.length === 0 ? `index ${names}` : `${count(all.length, "index")} (${names})`;
  const looked = [...new Set(all.flatMap(({ lookedIn }) => lookedIn))].join(", ");
  const fields = [...new Set(all.flatMap((one) => one.fields))].slice(0, NAMED);
  const what = `no record of ${which} has a text in ${looked}, so none gets a vector`;
  if (fields.length === 0) return `${what}; no other field holds a text`;
  return `${what}; there is text in ${fields.join(", ")}: set MESSAGE_FIELD=${fields[0]}`;
}
