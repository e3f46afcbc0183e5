import { count } from "../domain/count.ts";
import { gapsLine } from "../domain/partial.ts";
import type { LevelCounts } from "../ports/record-store.ts";
import { wantedLevels } from "../domain/log-format/level.ts";
import type { Check } from "./check-report.ts";
import { otherKeysLine, SAME_STAMP_KEY, unsignedIn, type StampKeys } from "../domain/stamp-keys.ts";
import type { FitIndex } from "../domain/survey.ts";

const NAMED = 8;

/**
 * What to say of levels that look like a wanted one and are not equal, such as "ERROR " or 17: their records get no
 * vector from a cycle. Undefined where there are none and everything was counted.
 */
export function levelsCheck(
  levels: readonly string[],
  { values, truncated, gaps, uncounted }: LevelCounts,
): Omit<Check, "name"> | undefined {
  const wanted = wantedLevels(levels);
  const alike = values.filter(
    ({ value, field }) => !wanted.equals(value) && wanted.looksLike(value, field),
  );
  const unseen = gapsLine(gaps);
  const doubts = [
    ...(truncated ? ["there are more values than were counted"] : []),
    ...(unseen === undefined ? [] : [`not all was seen: ${unseen}`]),
  ];
  if (alike.length === 0) {
    if (doubts.length === 0) return undefined;
    return { result: "warning", detail: `levels were counted in part: ${doubts.join(", ")}` };
  }
  const records = alike.reduce((sum, one) => sum + one.records, 0);
  const named = alike
    .slice(0, NAMED)
    .map((one) => `${one.field} ${quoted(one.value)}: ${one.records}`);
  const more = alike.length > NAMED ? [`${alike.length - NAMED} more values`] : [];
  const apart = uncounted.length > 0 ? [`not counted in ${count(uncounted.length, "index")}`] : [];
  const said = [...named, ...more, ...doubts, ...apart].join(", ");
  return {
    result: "warning",
    detail: `${count(records, "record")} ${records === 1 ? "has" : "have"} a level that looks like a wanted one but is not equal, so cycles do not find them (${said})`,
    hint: `To include them, set ENRICHMENT_LEVELS='${listWith(levels, alike)}'`,
  };
}

/** As the setting is read: equal in any case counts once, what has blanks or commas stands in quotes. */
function listWith(levels: readonly string[], alike: LevelCounts["values"]): string {
  const all = new Map(
    [...levels, ...alike.map(({ value }) => value)].map((level) => [level.toLowerCase(), level]),
  );
  return [...all.values()].map((level) => (plain(level) ? level : `"${level}"`)).join(",");
}

function plain(level: string): boolean {
  return level === level.trim() && !/[,"]/.test(level);
}

function quoted(value: string): string {
  return plain(value) ? value : JSON.stringify(value);
}

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
  const namesOf = (some: readonly FitIndex[]) => some.map(({ index }) => index);
  const unsigning = namesOf(fit.filter((index) => index.unsigned));
  const ungrouped = namesOf(fit.filter((index) => index.ungrouped));
  const lacking = unsigning.length + ungrouped.length > 0;
  const lines = [
    detail,
    ...(other === undefined ? [] : [other]),
    ...(unsigned === 0 ? [] : [unsignedLine(unsigned)]),
    ...withoutLine(unsigning, "signatures: vectors there are not reused for equal texts"),
    ...withoutLine(ungrouped, "groups: records there are not counted by error"),
  ];
  const hints = [
    ...(other === undefined ? [] : [SAME_STAMP_KEY]),
    ...(lacking ? [NO_MAPPING] : []),
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

/** No line where none lacks it; `what`: the mapping, and what its absence means. */
function withoutLine([first, ...others]: readonly string[], what: string): string[] {
  if (first === undefined) return [];
  const more = others.length > 0 ? ` and ${count(others.length, "index")} more` : "";
  return [`${first}${more} ${more === "" ? "has" : "have"} no mapping for ${what}`];
}
