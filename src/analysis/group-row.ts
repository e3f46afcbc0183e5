import { cutText } from "../domain/cut-text.ts";
import { groupOf } from "../domain/group.ts";
import { isoTimeIn } from "../domain/iso-time.ts";
import type { LogRecord } from "../domain/log-record.ts";
import type { GroupCount, GroupDetail } from "../ports/group-counts.ts";
import type { GroupRow, ShownState } from "./group-answers.ts";

/** How texts of records are shown: `toText` makes what is embedded of a message, `toShown` masks what a person sees. */
export type ShowText = { toText(message: string): string; toShown(text: string): string };

const HOUR_MS = 3_600_000;
const HOURS = 24;
/** So long a group is new. */
const NEW_MS = HOURS * HOUR_MS;

/** UTF-8 bytes of an example and a template, and of a name. */
const MAX_SHOWN_BYTES = 1024;
const MAX_NAME_BYTES = 256;

/** A group as it is shown. `now`: milliseconds since the epoch. */
export function groupRow(
  count: GroupCount,
  { example, spans }: GroupDetail,
  { now, show }: { now: number; show: ShowText },
): GroupRow {
  const { index, id, shardKey } = example;
  return {
    group: count.group,
    state: stateOf(count, now),
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

function stateOf({ first }: GroupCount, now: number): ShownState {
  return first !== undefined && now - first < NEW_MS ? "new" : "open";
}

function nameOf(name: string | undefined): string | null {
  return name === undefined ? null : cutText(name, MAX_NAME_BYTES).text;
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
