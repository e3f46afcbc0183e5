import type { Episode as KeptEpisode } from "../domain/memory/episode.ts";
import { joinGaps, NO_GAPS, type Gap } from "../domain/partial.ts";
import type { GroupScope } from "../ports/group-counts.ts";
import type { Episode, Quiet } from "./episodes.ts";
import type { EpisodeRow } from "./group-answers.ts";
import { whatItIs } from "./group-row.ts";
import { pagesOf, type GroupsDeps } from "./group-scope.ts";
import { MINUTE_MS } from "./minute-batches.ts";
import { reachOf, roseWith, windowsOf, type Rise } from "./rises.ts";

type Deps = Pick<GroupsDeps, "groupCounts" | "show"> & { quiet: Quiet };

type Around = {
  scope: GroupScope;
  episode: Pick<Episode, "group" | "fromMs">;
  /** Of its records; undefined where they name none. */
  service: string | undefined;
  now: number;
};

const TOP = 5;

/**
 * The groups that rose with an episode, the surest first: those of its service, or all where its records name none. All are counted,
 * and never more than a page of them is held. Throws a Fault.
 */
export async function whatRose(
  { groupCounts, quiet, show }: Deps,
  { scope, episode, service, now }: Around,
  signal: AbortSignal,
): Promise<{ rose: NonNullable<EpisodeRow["rose"]>; gaps: readonly Gap[] }> {
  const surroundings = { fromMs: episode.fromMs, nowMs: now, reachMs: reachOf(quiet.leastMs) };
  const { during, before } = windowsOf(surroundings);
  const within = ([from, to]: readonly [number, number]): GroupScope => ({
    ...scope,
    filter: { since: from, until: to - 1, ...(service === undefined ? {} : { service }) },
  });
  let gaps: readonly Gap[] = NO_GAPS;
  let others: { group: string; minutes: { atMs: number; count: number }[] }[] = [];
  let rose: Rise[] = [];
  for await (const page of pagesOf(groupCounts, within(during), signal)) {
    const seen = page.rows.filter(({ group }) => group !== episode.group);
    const only = seen.map(({ group }) => group);
    const limit = Math.max(1, only.length);
    const earlier = await groupCounts.pageGroups({ ...within(before), only, limit }, signal);
    const earlierOf = new Map(earlier.rows.map(({ group, records }) => [group, records]));
    const counted = seen.map(({ group, records }) => ({
      group,
      minutes: [
        { atMs: before[0], count: earlierOf.get(group) ?? 0 },
        { atMs: during[0], count: records },
      ],
    }));
    rose = roseWith(surroundings, [...others, ...counted], TOP);
    others = [...others, ...counted].filter((one) => rose.some(({ group }) => group === one.group));
    gaps = joinGaps(gaps, page.gaps, earlier.gaps);
  }
  const described = await groupCounts.describeGroups(
    { ...within(during), groups: rose.map(({ group }) => group), spanMs: 60 * MINUTE_MS },
    signal,
  );
  const exampleOf = new Map(described.rows.map(({ group, example }) => [group, example]));
  const rows = rose.flatMap(({ group, during: seen, before: seenBefore, lift }) => {
    const example = exampleOf.get(group);
    // Its records went between the two answers.
    if (!example) return [];
    const { service: of, template } = whatItIs(example, show);
    return [{ group, service: of, template, during: seen, before: seenBefore, lift }];
  });
  return { rose: rows, gaps: joinGaps(gaps, described.gaps) };
}

/** What rose, as it is kept with its episode. */
export function roseWithOf(rose: NonNullable<EpisodeRow["rose"]>): KeptEpisode["rose_with"] {
  return rose.map(({ group, service, lift }) => ({ group, service, lift }));
}
