import { matchesIndex } from "../domain/index-pattern.ts";
import type { Clock } from "../ports/clock.ts";
import type { GroupCounts, GroupDetail, GroupScope } from "../ports/group-counts.ts";
import type { RecordFilter } from "../ports/vector-index.ts";
import type { Gap } from "../domain/partial.ts";
import { joinGaps, NO_GAPS } from "../domain/partial.ts";
import type { ReadSurvey } from "../search/cached-survey.ts";
import type { GroupsAnswer } from "./group-answers.ts";
import type { OpenErrorMemory } from "./group-decisions.ts";
import type { ShowText } from "./group-row.ts";

export type GroupsDeps = {
  groupCounts: GroupCounts;
  memory: OpenErrorMemory;
  readSurvey: ReadSurvey;
  clock: Pick<Clock, "now">;
  show: ShowText;
};

export type GroupFilter = Pick<RecordFilter, "since" | "until" | "service" | "level"> & {
  /** Names or patterns of indices and data streams, comma-separated. */
  index?: string;
};

/** Groups of one answer of the store: a thousand of them are a hundred kilobytes. */
const PAGE = 1000;
/** Groups that are described at once: each comes with a text. */
const DESCRIBED = 200;
const HOUR_MS = 3_600_000;

/** Fit indices that the pattern means, with the rest of the filter; and those that are unfit, though not on purpose. */
export async function scopeOf(
  { readSurvey }: Pick<GroupsDeps, "readSurvey">,
  { index: pattern, ...filter }: GroupFilter,
  signal: AbortSignal,
): Promise<{ scope: GroupScope; leftOut: GroupsAnswer["left_out"] }> {
  const patterns = pattern?.split(",").map((one) => one.trim());
  const isMeant = ({ index }: { index: string }) =>
    patterns?.some((one) => matchesIndex(one, index)) ?? true;
  const { fit, unfit } = await readSurvey(signal);
  return {
    scope: { indices: fit.filter(isMeant).map(({ index }) => index), filter },
    leftOut: unfit
      .filter((one) => isMeant(one) && !one.intentional)
      .map(({ index, reason }) => ({ index, reason })),
  };
}

/** All groups of a scope, or `only` these, in pages of the order of their ids. */
export async function* pagesOf(
  groupCounts: GroupCounts,
  scope: GroupScope & { only?: readonly string[] },
  signal: AbortSignal,
) {
  for (let from: string | undefined; ;) {
    const after = from === undefined ? {} : { from };
    const page = await groupCounts.pageGroups({ ...scope, ...after, limit: PAGE }, signal);
    yield page;
    if (page.next === undefined) return;
    from = page.next;
  }
}

/** Details of these groups, with the records of the last 24 hours by hour or, with `spanMs`, of all time by that span. */
export async function describe(
  { groupCounts, clock }: Pick<GroupsDeps, "groupCounts" | "clock">,
  scope: GroupScope,
  { groups, spanMs }: { groups: readonly string[]; spanMs?: number },
  signal: AbortSignal,
): Promise<{ details: ReadonlyMap<string, GroupDetail>; gaps: readonly Gap[] }> {
  const hour = Math.floor(clock.now() / HOUR_MS) * HOUR_MS;
  const spans =
    spanMs === undefined ? { spanMs: HOUR_MS, spansSince: hour - 23 * HOUR_MS } : { spanMs };
  const details = new Map<string, GroupDetail>();
  let gaps: readonly Gap[] = NO_GAPS;
  for (let at = 0; at < groups.length; at += DESCRIBED) {
    const part = { groups: groups.slice(at, at + DESCRIBED) };
    const found = await groupCounts.describeGroups({ ...scope, ...part, ...spans }, signal);
    for (const row of found.rows) details.set(row.group, row);
    gaps = joinGaps(gaps, found.gaps);
  }
  return { details, gaps };
}
