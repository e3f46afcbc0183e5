import { isoTime } from "../domain/iso-time.ts";
import type { LogRecord } from "../domain/log-record.ts";
import { joinGaps, NO_GAPS, type Gap } from "../domain/partial.ts";
import type { GroupCount, GroupScope } from "../ports/group-counts.ts";
import { SearchRefused } from "../search/search-refused.ts";
import {
  advanceEpisodes,
  NO_EPISODES,
  type Episode,
  type EpisodeState,
  type Quiet,
} from "./episodes.ts";
import type { EpisodesAnswer } from "./group-answers.ts";
import { whatItIs } from "./group-row.ts";
import { pagesOf, scopeOf, type GroupsDeps } from "./group-scope.ts";
import { BY } from "./list-groups.ts";
import { batchesOf, MINUTE_MS, minuteOf } from "./minute-batches.ts";
import { whatRose } from "./what-rose.ts";

export type EpisodesDeps = Omit<GroupsDeps, "memory"> & { quiet: Quiet };

/** `group`: only of this one. `since`: only those with a record from then on, in ms since the epoch; default: 30 days ago. */
export type EpisodesQuery = { group?: string; since?: number; limit: number };

type Limits = Pick<EpisodesQuery, "limit"> & {
  /** What is read, in ms since the epoch: from a whole minute up to now. */
  fromMs: number;
  now: number;
};

/** How far back episodes are looked for, in ms, where nothing else is asked. */
export const LOOK_BACK_MS = 30 * 24 * 60 * MINUTE_MS;

/**
 * The episodes that were seen last, of all groups or of one. Each is counted in whole as far as 30 days before `since`. Nothing is
 * written; what is held does not grow with the time that is looked at. Throws a SearchRefused where no record has the group, or a
 * Fault.
 */
export async function listEpisodes(
  deps: EpisodesDeps,
  { group, limit, ...query }: EpisodesQuery,
  signal: AbortSignal,
): Promise<EpisodesAnswer> {
  const now = deps.clock.now();
  const since = notBefore1970(query.since ?? now - LOOK_BACK_MS);
  const { scope, leftOut } = await scopeOf(deps, {}, signal);
  const recent = { ...scope, filter: { since, until: now } };
  // Each of them has an episode that is later than those of all others: no further group is needed.
  const chosen = group === undefined ? await latestGroups(deps, recent, limit, signal) : undefined;
  const only = chosen?.groups ?? [group ?? ""];
  const fromMs = minuteOf(notBefore1970(since - LOOK_BACK_MS));
  const page = { ...scope, only, limit: Math.max(1, only.length) };
  const [counted, earlier] = await Promise.all([
    deps.groupCounts.pageGroups({ ...page, filter: { since: fromMs, until: now } }, signal),
    deps.groupCounts.pageGroups({ ...page, filter: { until: fromMs - 1 } }, signal),
  ]);
  const looked = joinGaps(chosen?.gaps ?? NO_GAPS, counted.gaps, earlier.gaps);
  if (group !== undefined && counted.rows.length + earlier.rows.length === 0) {
    throw unknownGroup(group, looked);
  }
  const found = await readEpisodes(
    deps,
    { scope, counted: counted.rows, fromMs, now, limit },
    signal,
  );
  const lastBefore = new Map(earlier.rows.map(({ group: id, last }) => [id, last ?? -Infinity]));
  const shown = found.episodes
    .filter(({ toMs }) => toMs >= minuteOf(since))
    .toSorted(latestFirst)
    .slice(0, limit);
  const [latest] = shown;
  const around =
    group !== undefined && latest
      ? await whatRose(
          deps,
          { scope, episode: latest, service: latest.example.service, now },
          signal,
        )
      : undefined;
  return {
    episodes: shown.map((one) => ({
      group: one.group,
      ...shownNames(one, deps),
      from: isoTime(one.fromMs),
      to: isoTime(one.toMs),
      count: one.count,
      ended: one.ended,
      began_before: one.fromMs - (lastBefore.get(one.group) ?? -Infinity) <= deps.quiet.leastMs,
      ...(around && one === latest ? { rose: around.rose } : {}),
    })),
    left_out: leftOut,
    gaps: joinGaps(looked, found.gaps, around?.gaps ?? NO_GAPS),
  };
}

function unknownGroup(group: string, gaps: readonly Gap[]): SearchRefused {
  const where = gaps.length > 0 ? " in what could be seen" : "";
  return new SearchRefused(
    "not_found",
    `No record with a time${where} has the group ${group}.`,
    "log-vectorizer groups list shows the groups that there are.",
  );
}

function shownNames({ example }: { example: LogRecord }, { show }: Pick<EpisodesDeps, "show">) {
  const { service, template } = whatItIs(example, show);
  return { service, template };
}

async function latestGroups(
  { groupCounts }: Pick<EpisodesDeps, "groupCounts">,
  scope: GroupScope,
  limit: number,
  signal: AbortSignal,
): Promise<{ groups: string[]; gaps: readonly Gap[] }> {
  let latest: GroupCount[] = [];
  let gaps: readonly Gap[] = NO_GAPS;
  for await (const page of pagesOf(groupCounts, scope, signal)) {
    latest = [...latest, ...page.rows].toSorted(BY.last).slice(0, limit);
    gaps = joinGaps(gaps, page.gaps);
  }
  return { groups: latest.map(({ group }) => group), gaps };
}

type Known = Episode & { example: LogRecord };

/** The latest `limit` episodes of each group, in any order. */
async function readEpisodes(
  { groupCounts, quiet }: EpisodesDeps,
  { scope, counted, ...limits }: Limits & { scope: GroupScope; counted: readonly GroupCount[] },
  signal: AbortSignal,
): Promise<{ episodes: Known[]; gaps: readonly Gap[] }> {
  const { limit } = limits;
  const episodes: Known[] = [];
  let gaps: readonly Gap[] = NO_GAPS;
  for (const { groups, windows } of batchesOf(counted, limits)) {
    const run = new Map<string, { state: EpisodeState; ended: Episode[]; example?: LogRecord }>();
    for (const { since, until } of windows) {
      const query = { ...scope, filter: { since, until }, groups, spanMs: MINUTE_MS };
      const { rows, gaps: missing } = await groupCounts.describeGroups(query, signal);
      gaps = joinGaps(gaps, missing);
      const details = new Map(rows.map((row) => [row.group, row]));
      for (const group of groups) {
        const known = run.get(group) ?? { state: NO_EPISODES, ended: [] };
        const { spans = [], example = known.example } = details.get(group) ?? {};
        const minutes = spans.map(({ from, records }) => ({ atMs: from, count: records }));
        const { state, ended } = advanceEpisodes(group, known.state, minutes, until, quiet);
        const kept = [...known.ended, ...ended].slice(-limit);
        run.set(group, { state, ended: kept, ...(example ? { example } : {}) });
      }
    }
    for (const [group, { state, ended, example }] of run) {
      if (!example) continue;
      const open = state.open ? [{ group, ...state.open, ended: false }] : [];
      episodes.push(...[...ended, ...open].map((one) => ({ ...one, example })));
    }
  }
  return { episodes, gaps };
}

/** Stores need not take a time before the epoch; the first minute after it leaves one before. */
function notBefore1970(ms: number): number {
  return Math.max(MINUTE_MS, ms);
}

function latestFirst(a: Episode, b: Episode): number {
  return b.toMs - a.toMs || b.fromMs - a.fromMs || (a.group < b.group ? -1 : 1);
}
