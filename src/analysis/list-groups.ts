import { matchesIndex } from "../domain/index-pattern.ts";
import { joinGaps, NO_GAPS, type Gap } from "../domain/partial.ts";
import type { Clock } from "../ports/clock.ts";
import type { GroupCount, GroupCounts, GroupDetail, GroupScope } from "../ports/group-counts.ts";
import type { RecordFilter } from "../ports/vector-index.ts";
import type { ReadSurvey } from "../search/cached-survey.ts";
import { SearchRefused } from "../search/search-refused.ts";
import { groupRow, type ShowText } from "./group-row.ts";
import type { GroupAnswer, GroupsAnswer } from "./group-answers.ts";

export type GroupsDeps = {
  groupCounts: GroupCounts;
  readSurvey: ReadSurvey;
  clock: Pick<Clock, "now">;
  show: ShowText;
};

export const GROUP_ORDERS = ["last", "first", "count"] as const;
type GroupOrder = (typeof GROUP_ORDERS)[number];

type GroupFilter = Pick<RecordFilter, "since" | "until" | "service" | "level"> & {
  /** Names or patterns of indices and data streams, comma-separated. */
  index?: string;
};

export type GroupsQuery = GroupFilter & { order: GroupOrder; limit: number };

/** Groups of one answer of the store: a thousand of them are a hundred kilobytes. */
const PAGE = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The groups that come first in an order. All are counted, and never more than a page of them is held. Throws a Fault. */
export async function listGroups(
  deps: GroupsDeps,
  { order, limit, ...filter }: GroupsQuery,
  signal: AbortSignal,
): Promise<GroupsAnswer> {
  const { groupCounts } = deps;
  const { scope, leftOut } = await scopeOf(deps, filter, signal);
  const ungrouped = groupCounts.countUngrouped(scope.indices, signal);
  // Both are waited for below; where the other fails first, this one's failure is not left unhandled.
  ungrouped.catch(() => undefined);
  let first: GroupCount[] = [];
  let [total, records] = [0, 0];
  let gaps: readonly Gap[] = NO_GAPS;
  for await (const page of pagesOf(groupCounts, scope, signal)) {
    total += page.rows.length;
    records += page.rows.reduce((sum, row) => sum + row.records, 0);
    gaps = joinGaps(gaps, page.gaps);
    first = [...first, ...page.rows].toSorted(BY[order]).slice(0, limit);
  }
  const now = deps.clock.now();
  const spans = { spanMs: HOUR_MS, spansSince: hourOf(now) - 23 * HOUR_MS };
  const groups = first.map(({ group }) => group);
  const described = await groupCounts.describeGroups({ ...scope, groups, ...spans }, signal);
  const detailOf = detailsByGroup(described.rows);
  const without = await ungrouped;
  return {
    groups: first.flatMap((count) => {
      const detail = detailOf.get(count.group);
      // Its records went between the two answers.
      return detail ? [groupRow(count, detail, { now, show: deps.show })] : [];
    }),
    total,
    records,
    ungrouped:
      without.gaps.length > 0 ? null : without.rows.reduce((sum, row) => sum + row.records, 0),
    left_out: leftOut,
    gaps: joinGaps(gaps, described.gaps, without.gaps),
  };
}

/** One group. Throws a SearchRefused where no record has it, or a Fault. */
export async function showGroup(
  deps: GroupsDeps,
  group: string,
  signal: AbortSignal,
): Promise<GroupAnswer> {
  const { groupCounts } = deps;
  const { scope } = await scopeOf(deps, {}, signal);
  const groups = [group];
  const now = deps.clock.now();
  const hours = { spanMs: HOUR_MS, spansSince: hourOf(now) - 23 * HOUR_MS };
  const [counted, recent, daily] = await Promise.all([
    groupCounts.pageGroups({ ...scope, only: groups, limit: 1 }, signal),
    groupCounts.describeGroups({ ...scope, groups, ...hours }, signal),
    groupCounts.describeGroups({ ...scope, groups, spanMs: DAY_MS }, signal),
  ]);
  const gaps = joinGaps(counted.gaps, recent.gaps, daily.gaps);
  const [count] = counted.rows;
  const [detail] = recent.rows;
  if (!count || !detail) {
    const where = gaps.length > 0 ? " in what could be seen" : "";
    throw new SearchRefused(
      "not_found",
      `No record${where} has the group ${group}.`,
      "log-vectorizer groups list shows the groups that there are.",
    );
  }
  const days = (daily.rows[0]?.spans ?? []).map(({ from, records }) => {
    return { day: new Date(from).toISOString().slice(0, 10), count: records };
  });
  return { ...groupRow(count, detail, { now, show: deps.show }), days, gaps };
}

/** All groups of the scope, a page of them at a time. Throws a Fault. */
export async function* pagesOf(groupCounts: GroupCounts, scope: GroupScope, signal: AbortSignal) {
  for (let from: string | undefined; ;) {
    const after = from === undefined ? {} : { from };
    const page = await groupCounts.pageGroups({ ...scope, ...after, limit: PAGE }, signal);
    yield page;
    if (page.next === undefined) return;
    from = page.next;
  }
}

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

function detailsByGroup(rows: readonly GroupDetail[]): ReadonlyMap<string, GroupDetail> {
  return new Map(rows.map((row) => [row.group, row]));
}

/** The beginning of the hour. */
function hourOf(now: number): number {
  return Math.floor(now / HOUR_MS) * HOUR_MS;
}

/** Equal ones by their id, so that the order stays. */
export const BY: Record<GroupOrder, (a: GroupCount, b: GroupCount) => number> = {
  last: (a, b) => (b.last ?? -Infinity) - (a.last ?? -Infinity) || byId(a, b),
  first: (a, b) => (b.first ?? -Infinity) - (a.first ?? -Infinity) || byId(a, b),
  count: (a, b) => b.records - a.records || byId(a, b),
};

function byId(a: GroupCount, b: GroupCount): number {
  return a.group < b.group ? -1 : 1;
}
