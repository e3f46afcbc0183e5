import { count } from "../domain/count.ts";
import { otherKeysLine, SAME_STAMP_KEY, unsignedIn, type StampKeys } from "../domain/stamp-keys.ts";
import type { FitIndex } from "../domain/survey.ts";
import type { Check } from "./check-report.ts";

/** What to say of vectors that are not used again because this process did not sign them. */
export function stampsCheck(
  rows: readonly StampKeys[],
  { fit, key }: { fit: readonly FitIndex[]; key: string | undefined },
): Omit<Check, "name"> {
  const own = rows.reduce((sum, row) => (row.key === key ? sum + row.records : sum), 0);
  const detail =
    key === undefined
      ? "no key yet: the first run creates one"
      : `${count(own, "vector")} signed with the key ${key}`;
  const other = otherKeysLine(rows, key);
  const unsigned = unsignedIn(rows);
  const without = fit.filter((index) => index.unsigned).map(({ index }) => index);
  const [first] = without;
  const lines = [
    detail,
    ...(other === undefined ? [] : [other]),
    ...(unsigned === 0 ? [] : [unsignedLine(unsigned)]),
    ...(first === undefined ? [] : [withoutLine(first, without.length)]),
  ];
  const hints = [
    ...(other === undefined ? [] : [SAME_STAMP_KEY]),
    ...(first === undefined ? [] : [NO_MAPPING]),
  ];
  const result = hints.length > 0 ? "warning" : "ok";
  const hint = hints.length > 0 ? { hint: hints.join(" ") } : {};
  return { result, detail: lines.join(". "), ...hint };
}

const NO_MAPPING =
  "The next run adds the mapping where that is allowed and there is room; with MAPPING=strict log-vectorizer init does.";

function unsignedLine(records: number): string {
  const are = records === 1 ? "is" : "are";
  return `${count(records, "vector")} ${are} not signed: they are searched, but not reused for equal texts`;
}

function withoutLine(first: string, indices: number): string {
  const more = indices > 1 ? ` and ${count(indices - 1, "index")} more` : "";
  return `${first}${more} ${indices > 1 ? "have" : "has"} no mapping for signatures: vectors there are not reused for equal texts`;
}
