import { Fault, orFault } from "../domain/faults.ts";
import { isoTime } from "../domain/iso-time.ts";
import { MAX_KEPT_NAMES } from "../domain/memory/episode.ts";
import type { Gap } from "../domain/partial.ts";
import type { GroupScope, NameCounts, RunNames } from "../ports/group-counts.ts";
import type { EpisodeRow, PlacesAnswer, WhereAnswer } from "./group-answers.ts";
import { shownName } from "./group-row.ts";
import type { GroupsDeps } from "./group-scope.ts";
import { LOOK_BACK_MS } from "./list-episodes.ts";
import { MINUTE_MS } from "./minute-batches.ts";

const DAY_MS = 24 * 60 * MINUTE_MS;
/** Names of each kind that are counted in both times, so that none is called new that is only rare. */
const MAX_COUNTED = 1000;

type Asked = {
  scope: Pick<GroupScope, "indices">;
  /** The group and those merged into it. */
  members: readonly string[];
  /** Undefined where none was found. */
  latest: Pick<EpisodeRow, "from" | "to"> | undefined;
};

/**
 * Hosts and versions of a group in the last 24 hours of its latest episode (without one: up to now) against the 30 days before. One
 * request. Where that fails, nothing else of a group is lost for it: it is a gap of each index.
 */
export async function whereSeen(
  { groupCounts, clock }: Pick<GroupsDeps, "groupCounts" | "clock">,
  { scope: { indices }, members: groups, latest }: Asked,
  signal: AbortSignal,
): Promise<{ where: WhereAnswer | null; gaps: readonly Gap[] }> {
  const until = latest ? Date.parse(latest.to) + MINUTE_MS - 1 : clock.now();
  // An episode may last for months: what was so yesterday is usual.
  const from = Math.max(until + 1 - DAY_MS, latest ? Date.parse(latest.from) : -Infinity);
  const usualFrom = Math.max(0, from - LOOK_BACK_MS);
  const runs = [
    { groups, since: from, until },
    { groups, since: usualFrom, until: from - 1 },
  ];
  const query = { indices, runs, limit: MAX_COUNTED };
  const answer = await orFault(groupCounts.countNames(query, signal));
  if (answer instanceof Fault) {
    if (signal.aborted) throw answer;
    const reason = `its hosts and versions cannot be counted (${answer.message})`;
    return { where: null, gaps: indices.map((index) => ({ index, reason })) };
  }
  const [current, usual] = answer.rows;
  const seen = { isWhole: answer.gaps.length === 0 };
  if (!current || !usual) return { where: null, gaps: answer.gaps };
  return {
    where: {
      from: isoTime(from),
      to: isoTime(until),
      usual_from: isoTime(usualFrom),
      count: current.records,
      usual_count: usual.records,
      hosts: comparePlaces(current, usual, "hosts", seen),
      versions: comparePlaces(current, usual, "versions", seen),
    },
    gaps: answer.gaps,
  };
}

/** A name is new where all names of usually are known, there are some, and it is none of them. `isWhole`: all records could be seen. */
export function comparePlaces(
  now: RunNames,
  usual: RunNames,
  kind: "hosts" | "versions",
  { isWhole }: { isWhole: boolean },
): PlacesAnswer {
  const [these, those] = [now[kind], usual[kind]];
  const counts = new Map(these.names.map(({ name, records }) => [name, records]));
  const usualCounts = new Map(those.names.map(({ name, records }) => [name, records]));
  // What is not among so many names now may still be there.
  const gone = these.others > 0 ? [] : those.names.filter(({ name }) => !counts.has(name));
  const listed = [...these.names, ...gone].slice(0, MAX_KEPT_NAMES);
  const areListed = those.others === 0;
  const names = listed.map(({ name }) => {
    const count = counts.get(name) ?? 0;
    const usualCount = usualCounts.get(name) ?? (areListed ? 0 : null);
    return {
      name: shownName(name),
      count,
      share: shareOf(count, now),
      usual_count: usualCount,
      usual_share: usualCount === null ? null : shareOf(usualCount, usual),
      new: count > 0 && usualCount === 0 && those.names.length > 0 && isWhole,
    };
  });
  const isListed = new Set(listed.map(({ name }) => name));
  const rest = ({ names: all, others }: NameCounts) =>
    all.reduce((sum, { name, records }) => (isListed.has(name) ? sum : sum + records), others);
  return {
    names,
    others: { count: rest(these), usual_count: rest(those) },
    unnamed: { count: these.unnamed, usual_count: those.unnamed },
  };
}

function shareOf(count: number, { records }: Pick<RunNames, "records">): number | null {
  return records === 0 ? null : count / records;
}

/** What is said where nothing is known of hosts, or of versions; undefined where something is. */
export function placesUnknown(
  kind: "host" | "version",
  { names, others }: PlacesAnswer,
): string | undefined {
  if (names.length > 0 || others.count + others.usual_count > 0) return undefined;
  return `Not known: its records name no ${kind} (${kind.toUpperCase()}_FIELD)`;
}
