import { joinGaps, NO_GAPS, type Gap } from "../domain/partial.ts";
import type { GroupCount, GroupScope } from "../ports/group-counts.ts";
import type { GroupsAnswer, ShownState } from "./group-answers.ts";
import { readDecisions, type GroupDecisions } from "./group-decisions.ts";
import type { AlikeDeps } from "./find-alike.ts";
import { findMostLike } from "./most-like.ts";
import {
  countTogether,
  detailTogether,
  groupRow,
  shownState,
  type CountedGroup,
} from "./group-row.ts";
import { describe, pagesOf, scopeOf, type GroupFilter, type GroupsDeps } from "./group-scope.ts";

export const GROUP_ORDERS = ["last", "first", "count"] as const;
type GroupOrder = (typeof GROUP_ORDERS)[number];

/** `skip`: so many that come first are left out; default: none. */
export type GroupsQuery = GroupFilter & {
  state?: ShownState;
  order: GroupOrder;
  limit: number;
  skip?: number;
};

/**
 * The groups that come first in an order, those that people merged as one. All are counted, and never more than a page of them
 * is held, with those that are skipped, beside the parts of merged groups. Throws a Fault; a fault of the memory of errors is a part of the answer.
 */
export async function listGroups(
  deps: GroupsDeps & AlikeDeps,
  { order, limit, skip = 0, state, ...filter }: GroupsQuery,
  signal: AbortSignal,
): Promise<GroupsAnswer> {
  const { groupCounts } = deps;
  const { scope, leftOut } = await scopeOf(deps, filter, signal);
  const ungrouped = groupCounts.countUngrouped(scope.indices, signal);
  // Both are waited for below; where the other fails first, this one's failure is not left unhandled.
  ungrouped.catch(() => undefined);
  const decisions = await readDecisions(deps.memory, signal);
  let first: CountedGroup[] = [];
  let [total, records] = [0, 0];
  let gaps: readonly Gap[] = NO_GAPS;
  const take = async (counted: readonly CountedGroup[]) => {
    let wanted = counted;
    if (state !== undefined) {
      const { states, gaps: unseen } = await statesOf(deps, { scope, decisions }, counted, signal);
      wanted = counted.filter(({ group }) => states.get(group) === state);
      gaps = joinGaps(gaps, unseen);
    }
    total += wanted.length;
    records += wanted.reduce((sum, row) => sum + row.records, 0);
    first = [...first, ...wanted].toSorted(BY[order]).slice(0, skip + limit);
  };
  const merged = new Map<string, GroupCount[]>();
  for await (const page of pagesOf(groupCounts, scope, signal)) {
    gaps = joinGaps(gaps, page.gaps);
    const byRoot = Map.groupBy(page.rows, ({ group }) => decisions.rootOf(group));
    const alone: CountedGroup[] = [];
    for (const [root, parts] of byRoot) {
      if (decisions.membersOf(root).length === 1) alone.push(countTogether(root, parts));
      else merged.set(root, [...(merged.get(root) ?? []), ...parts]);
    }
    await take(alone);
  }
  await take([...merged].map(([root, parts]) => countTogether(root, parts)));
  const listed = first.slice(skip);
  const groups = listed.flatMap(({ parts }) => parts.map(({ group }) => group));
  const roots = listed.map(({ group }) => group);
  const [described, { states, gaps: unseen }, found] = await Promise.all([
    describe(deps, scope, { groups }, signal),
    statesOf(deps, { scope, decisions }, listed, signal),
    findMostLike(deps, { decisions, roots }, signal),
  ]);
  const without = await ungrouped;
  const shown = { now: deps.clock.now(), show: deps.show };
  return {
    groups: listed.flatMap((count) => {
      const detail = detailTogether(count, described.details);
      const people = {
        state: states.get(count.group) ?? "open",
        merged: decisions.membersOf(count.group).slice(1),
      };
      const like = found ? { like: found.likes.get(count.group) ?? null } : {};
      // Its records went between the two answers.
      return detail ? [{ ...groupRow(count, detail, { ...shown, ...people }), ...like }] : [];
    }),
    total,
    records,
    ungrouped:
      without.gaps.length > 0 ? null : without.rows.reduce((sum, row) => sum + row.records, 0),
    left_out: leftOut,
    other_model: found?.otherModel ?? 0,
    memory: decisions.answer(),
    gaps: joinGaps(gaps, described.gaps, unseen, without.gaps),
  };
}

/** By when all their records were, whatever time is listed: a group is not new because its older records are left out. */
async function statesOf(
  { groupCounts, clock }: Pick<GroupsDeps, "groupCounts" | "clock">,
  { scope, decisions }: { scope: GroupScope; decisions: GroupDecisions },
  counted: readonly CountedGroup[],
  signal: AbortSignal,
): Promise<{ states: ReadonlyMap<string, ShownState>; gaps: readonly Gap[] }> {
  if (counted.length === 0) return { states: new Map(), gaps: NO_GAPS };
  const ids = counted.map(({ group }) => group);
  const kept = await decisions.read(ids, signal);
  const { since, until, ...filter } = scope.filter;
  const whole = new Map<string, GroupCount>();
  let gaps: readonly Gap[] = NO_GAPS;
  if (since !== undefined || until !== undefined) {
    const only = ids.flatMap((id) => decisions.membersOf(id));
    for await (const page of pagesOf(groupCounts, { ...scope, filter, only }, signal)) {
      for (const row of page.rows) whole.set(row.group, row);
      gaps = joinGaps(gaps, page.gaps);
    }
  }
  const states = counted.map((one): [string, ShownState] => {
    const parts = decisions.membersOf(one.group).flatMap((id) => whole.get(id) ?? []);
    const seen = parts.length > 0 ? countTogether(one.group, parts) : one;
    return [one.group, shownState(kept.get(one.group), seen, clock.now())];
  });
  return { states: new Map(states), gaps };
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
