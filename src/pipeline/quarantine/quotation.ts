import type { Quarantined } from "./quarantined.ts";

/** As much of a reason as a table shows. */
const MAX_SHOWN = 100;

/** Why a record is quarantined: text out of a document is quoted, since every writer of the index can have written it. */
export function whyAside({ index, error, keptIn }: Quarantined, most = Infinity): string {
  return keptIn === "document" ? `index "${index}" says: ${quoted(error, most)}` : cut(error, most);
}

/** As `whyAside`, short enough for a table. */
export function whyInShort(entry: Quarantined): string {
  return whyAside(entry, MAX_SHOWN);
}

/** A kind of error, as documents say it. */
export function quoted(error: string, most = Infinity): string {
  return `"${cut(error, most)}"`;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
