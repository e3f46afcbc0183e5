import { count, firstOf } from "./count.ts";

/** Records of an index by the key that signed their vectors; `null`: unsigned. */
export type StampKeys = { index: string; key: string | null; records: number };

/** The form of a key's name; a foreign stamp may hold anything. */
const KEY = /^[0-9a-f]{8}$/;

/** One line about vectors signed with other keys than this process's; undefined without any. */
export function otherKeysLine(
  rows: readonly StampKeys[],
  own: string | undefined,
): string | undefined {
  const sums = new Map<string, number>();
  for (const { key, records } of rows) {
    if (key !== null && key !== own) sums.set(key, (sums.get(key) ?? 0) + records);
  }
  if (sums.size === 0) return undefined;
  const sorted = [...sums].toSorted(([, a], [, b]) => b - a);
  const names = sorted.map(([key, records]) => {
    return `${KEY.test(key) ? key : "no name of a key"}: ${records}`;
  });
  const all = sorted.reduce((sum, [, records]) => sum + records, 0);
  return (
    `${count(all, "vector")} ${all === 1 ? "is" : "are"} signed with other keys (${firstOf(names)}) than this process's (${own ?? "none yet"}): ` +
    "they are searched but not reused, so equal texts are paid for again"
  );
}

export const SAME_STAMP_KEY =
  "Set the same STAMP_KEY for all processes that write to these indices, or give them one STATE_DIR. If no other process writes there, the documents contain forged stamps.";

/** Unsigned vectors: of earlier releases, or of other programs. */
export function unsignedIn(rows: readonly StampKeys[]): number {
  return rows.reduce((sum, { key, records }) => (key === null ? sum + records : sum), 0);
}
