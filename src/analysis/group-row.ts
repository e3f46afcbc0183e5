import { cutText } from "../domain/cut-text.ts";
import { groupOf } from "../domain/group.ts";
import { isoTimeIn } from "../domain/iso-time.ts";
import type { LogRecord } from "../domain/log-record.ts";
import type { Group } from "../domain/memory/group.ts";
import type { GroupCount, GroupDetail } from "../ports/group-counts.ts";
import type { GroupRow, ShownState } from "./group-answers.ts";

/** How texts of records are shown: `toText` makes what is embedded of a message, `toShown` masks what a person sees. */
export type ShowText = { toText(message: string): string; toShown(text: string): string };

const HOUR_MS = 3_600_000;
const HOURS = 24;
/** So long a group is new. */
const NEW_MS = HOURS * HOUR_MS;

/** UTF-8 bytes of an example and a template, and of a name. */
export const MAX_SHOWN_BYTES = 1024;
const MAX_NAME_BYTES = 256;

/** A group with all that is merged into it: sums, first and last of all. `parts`: those that have records, each alone. */
export type CountedGroup = GroupCount & { parts: readonly GroupCount[] };

export function countTogether(group: string, parts: readonly GroupCount[]): CountedGroup {
  const firsts = parts.flatMap(({ first }) => first ?? []);
  const lasts = parts.flatMap(({ last }) => last ?? []);
  return {
    group,
    records: parts.reduce((sum, { records }) => sum + records, 0),
    ...(firsts.length > 0 ? { first: Math.min(...firsts) } : {}),
    ...(lasts.length > 0 ? { last: Math.max(...lasts) } : {}),
    parts,
  };
}

/**
 * What is shown of a group that is counted together: the example is the group's own where it has one, so that the row says
 * what its id stands for, else that of the part seen last; spans of all. Undefined where none is described.
 */
export function detailTogether(
  { group, parts }: CountedGroup,
  details: ReadonlyMap<string, GroupDetail>,
): GroupDetail | undefined {
  const found = parts
    .toSorted((a, b) => (b.last ?? -Infinity) - (a.last ?? -Infinity))
    .flatMap((part) => details.get(part.group) ?? []);
  const { example } = details.get(group) ?? found[0] ?? {};
  return example && { group, example, spans: found.flatMap(({ spans }) => spans) };
}

/** A group as it is shown. `now`: milliseconds since the epoch. */
export function groupRow(
  count: CountedGroup,
  { example, spans }: GroupDetail,
  {
    now,
    show,
    state,
    merged,
  }: { now: number; show: ShowText } & Pick<GroupRow, "state" | "merged">,
): GroupRow {
  const { index, id, shardKey } = example;
  return {
    group: count.group,
    merged,
    state,
    ...whatItIs(example, show),
    example: cutText(show.toShown(example.text), MAX_SHOWN_BYTES).text,
    index,
    id,
    shard_key: shardKey ?? null,
    count: count.records,
    first_seen: count.first === undefined ? null : isoTimeIn(count.first),
    last_seen: count.last === undefined ? null : isoTimeIn(count.last),
    hours: hoursOf(spans, now),
  };
}

/** `kept`: what the memory knows of the group. `first`, `last`: of all its records, whatever is listed. */
export function shownState(
  kept: Group | undefined,
  { first, last }: Pick<GroupCount, "first" | "last">,
  now: number,
): ShownState {
  const state = kept?.state ?? "open";
  if (state === "resolved") {
    const resolvedAt = Date.parse(kept?.state_at ?? "");
    return last !== undefined && last > resolvedAt ? "back" : "resolved";
  }
  const isOver = state === "muted" && Date.parse(kept?.muted_until ?? "") <= now;
  if (state !== "open" && !isOver) return state;
  // Its first records may be deleted: the memory knows of them.
  const firsts = [first, kept && Date.parse(kept.first_seen)].filter((at) => at !== undefined);
  return firsts.length > 0 && now - Math.min(...firsts) < NEW_MS ? "new" : "open";
}

/** What makes a record one of its group, as it is shown. */
export function whatItIs(
  { text, service, exception }: LogRecord,
  show: ShowText,
): Pick<GroupRow, "service" | "exception" | "template"> {
  const made = groupOf({ text: show.toText(text), service, exception });
  return {
    service: nameOf(service),
    exception: nameOf(made.exception),
    template: cutText(show.toShown(made.template), MAX_SHOWN_BYTES).text,
  };
}

function nameOf(name: string | undefined): string | null {
  return name === undefined ? null : shownName(name);
}

/** A name as it is shown and kept. */
export function shownName(name: string): string {
  return cutText(name, MAX_NAME_BYTES).text;
}

function hoursOf(spans: GroupDetail["spans"], now: number): number[] {
  const hours = Array.from({ length: HOURS }, () => 0);
  const current = Math.floor(now / HOUR_MS);
  for (const { from, records } of spans) {
    const at = HOURS - 1 - (current - Math.floor(from / HOUR_MS));
    if (at in hours) hours[at] = (hours[at] ?? 0) + records;
  }
  return hours;
}
