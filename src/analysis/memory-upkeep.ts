import { isoTime } from "../domain/iso-time.ts";
import type { Episode as KeptEpisode } from "../domain/memory/episode.ts";
import { MemoryFault } from "../domain/memory/memory-fault.ts";
import { createEpisodeKeeper, keptAs, type FoundEpisode } from "../memory/keep-episodes.ts";
import { keepGroups, type Seen as SeenGroup } from "../memory/keep-groups.ts";
import type { GroupCount } from "../ports/group-counts.ts";
import type { Episode } from "./episodes.ts";
import type { ErrorWatchDeps, Look } from "./error-watch.ts";
import { whatItIs } from "./group-row.ts";
import { pagesOf } from "./group-scope.ts";
import { MINUTE_MS } from "./minute-batches.ts";
import type { Recent } from "./recent-minutes.ts";
import { keyOf, namesOfRuns } from "./run-names.ts";
import type { WatchState } from "./watch-groups.ts";
import { roseWithOf, whatRose } from "./what-rose.ts";

/** What the watch found: what it knows of each group now, and the episodes that ended. */
type Watched = { state: WatchState; ended: readonly Episode[] };

/** The kept episodes of each group of a look, latest begun first. */
export type KeptEpisodes = ReadonlyMap<string, readonly KeptEpisode[]>;

/** What is known already is written again so often, for its times. */
const WRITE_EVERY_MS = 10 * MINUTE_MS;
const BOUND_EVERY_MS = 60 * MINUTE_MS;
/** What an episode was takes several queries: in the first look of a large store only the latest are asked about. */
const MAX_DESCRIBED = 200;
/** Hashes of texts in one query. */
const TEXTS_AT_ONCE = 200;

/**
 * Keeps the memory of errors as the records go: groups, the vectors of their texts, episodes with what rose with them, and bounds. What
 * one index does not take keeps nothing from the others.
 */
export function createMemoryUpkeep(deps: ErrorWatchDeps): {
  /** Throws a Fault where the store does not answer; what the memory did not take is returned. */
  keep(
    look: Look,
    watched: Watched,
    signal: AbortSignal,
  ): Promise<{ faults: MemoryFault[]; episodes: KeptEpisodes }>;
} {
  const groupsWrittenAt = new Map<string, number>();
  const episodesWrittenAt = new Map<string, number>();
  let boundAt = -Infinity;

  const keepSeen = async (look: Look, signal: AbortSignal): Promise<MemoryFault[]> => {
    const recent = [...look.seen.values()].flatMap((one) => one.recent);
    const isDue = ({ group }: Recent) =>
      !look.kept.has(group) ||
      look.nowMs - (groupsWrittenAt.get(group) ?? -Infinity) >= WRITE_EVERY_MS;
    const due = recent.filter(isDue);
    if (due.length === 0) return [];
    const { groups } = await deps.memory();
    const seen = await sightings(deps, look, due, signal);
    const faults = await keepGroups(groups, seen, signal);
    for (const { group } of due) groupsWrittenAt.set(group, look.nowMs);
    return faults;
  };

  const keepRuns = async (look: Look, { state, ended }: Watched, signal: AbortSignal) => {
    const memory = await deps.memory();
    const keeper = createEpisodeKeeper(memory.episodes, deps.quiet.leastMs);
    const open = [...look.seen.keys()].flatMap((group): FoundEpisode[] => {
      const run = state[group]?.episodes.open;
      return run ? [{ group, ...run, ended: false }] : [];
    });
    const known = await keeper.recall([...ended, ...open], signal);
    const keptOf = (one: FoundEpisode) =>
      keptAs(one, known.get(one.group) ?? [], deps.quiet.leastMs);
    /** Not one that was seen before the watch began, and nothing is kept of it. */
    const isEnding = (one: Episode, before = keptOf(one)) =>
      before ? !before.ended : one.count > 0;
    const turning = [
      ...ended.filter((one) => isEnding(one)),
      ...open.filter((one) => !keptOf(one)),
    ];
    const spans = latestOf(turning).map((one) => ({ ...one, fromMs: beginOf(one, keptOf(one)) }));
    const names = await namesOfRuns(deps, look, spans, signal);
    const write = async (one: FoundEpisode, described: FoundEpisode = one) => {
      const found = { ...described, ...names.get(keyOf(one)) };
      const before = known.get(found.group) ?? [];
      const kept = await keeper.keep(found, before, [], signal);
      const others = before.filter(({ episode }) => episode !== kept.episode);
      known.set(found.group, [kept, ...others]);
      episodesWrittenAt.set(found.group, look.nowMs);
    };
    const latest = new Set(latestOf(ended));
    for (const one of ended) {
      const before = keptOf(one);
      if (!isEnding(one, before)) continue;
      const isLatest = latest.has(one);
      await write(one, isLatest ? await describeEnded(deps, look, one, before, signal) : one);
    }
    for (const one of open) {
      const writtenAt = episodesWrittenAt.get(one.group) ?? -Infinity;
      if (!keptOf(one) || look.nowMs - writtenAt >= WRITE_EVERY_MS) await write(one);
    }
    return known;
  };

  const keepBounds = async (nowMs: number, signal: AbortSignal) => {
    if (nowMs - boundAt < BOUND_EVERY_MS) return;
    const { groups, episodes } = await deps.memory();
    await groups.removeQuiet(deps.maxGroups, signal);
    await episodes.removeExpiredClaims(nowMs, signal);
    boundAt = nowMs;
    // What is not seen for that long is written anew.
    for (const writtenAt of [groupsWrittenAt, episodesWrittenAt]) {
      for (const [id, at] of writtenAt) if (nowMs - at > BOUND_EVERY_MS) writtenAt.delete(id);
    }
  };

  return {
    async keep(look, watched, signal) {
      const faults: MemoryFault[] = [];
      const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
        try {
          return await work();
        } catch (error) {
          if (!(error instanceof MemoryFault)) throw error;
          faults.push(error);
          return undefined;
        }
      };
      faults.push(...((await attempt(() => keepSeen(look, signal))) ?? []));
      const episodes = (await attempt(() => keepRuns(look, watched, signal))) ?? new Map();
      await attempt(() => keepBounds(look.nowMs, signal));
      return { faults, episodes };
    },
  };
}

/** An episode may go back to before the watch began. */
function beginOf({ fromMs }: Pick<Episode, "fromMs">, before: KeptEpisode | undefined): number {
  return before ? Math.min(fromMs, Date.parse(before.from)) : fromMs;
}

function latestOf<Run extends { toMs: number }>(runs: readonly Run[]): Run[] {
  return runs.toSorted((a, b) => b.toMs - a.toMs).slice(0, MAX_DESCRIBED);
}

/** Groups as the memory keeps them: with the time of their first record of all, and the vector of their newest text. */
async function sightings(
  deps: ErrorWatchDeps,
  look: Look,
  due: readonly Recent[],
  signal: AbortSignal,
): Promise<SeenGroup[]> {
  const vectors = await vectorsOf(deps, due, signal);
  const unknown = due.flatMap(({ group }) => (look.kept.has(group) ? [] : group));
  const counts = new Map<string, GroupCount>();
  if (unknown.length > 0) {
    const all = { ...look.scope, filter: {}, only: unknown };
    for await (const { rows } of pagesOf(deps.groupCounts, all, signal)) {
      for (const row of rows) counts.set(row.group, row);
    }
  }
  return due.map(({ group, example, first, last }): SeenGroup => {
    const { index, id, text, stamp } = example;
    const { first: earliest = first } = counts.get(group) ?? {};
    const vector = vectors.get(String(stamp?.["text_hash"]));
    return {
      group,
      ...whatItIs(example, deps.show),
      example: { index, id, text: deps.show.toShown(text) },
      first_seen: isoTime(earliest ?? look.nowMs),
      last_seen: isoTime(last ?? look.nowMs),
      ...(vector ? { vector } : {}),
    };
  });
}

/** Of the newest text of each, by its hash; those of another model are left out. */
async function vectorsOf(
  deps: ErrorWatchDeps,
  due: readonly Recent[],
  signal: AbortSignal,
): Promise<Map<string, { values: Float32Array; model: string }>> {
  const model = await deps.model();
  const hashes = due.flatMap(({ example: { stamp } }) => {
    const hash = stamp?.["text_hash"];
    return stamp?.["model"] === model && typeof hash === "string" ? [hash] : [];
  });
  const found = new Map<string, { values: Float32Array; model: string }>();
  for (let at = 0; at < hashes.length; at += TEXTS_AT_ONCE) {
    const part = [...new Set(hashes.slice(at, at + TEXTS_AT_ONCE))];
    for (const [hash, { vector }] of await deps.findVectors(part, signal)) {
      found.set(hash, { values: vector, model });
    }
  }
  return found;
}

/** With its exact count, and what rose with it. */
async function describeEnded(
  deps: ErrorWatchDeps,
  { scope, decisions, nowMs }: Look,
  ended: Episode,
  before: KeptEpisode | undefined,
  signal: AbortSignal,
): Promise<FoundEpisode> {
  const { group } = ended;
  const fromMs = beginOf(ended, before);
  const only = decisions.membersOf(group);
  const within = { ...scope, filter: { since: fromMs, until: ended.toMs + MINUTE_MS - 1 }, only };
  let count = 0;
  for await (const { rows } of pagesOf(deps.groupCounts, within, signal)) {
    for (const { records } of rows) count += records;
  }
  const kept = (await decisions.read([group], signal)).get(group);
  const service = kept?.service ?? undefined;
  const around = { scope, episode: { group, fromMs }, service, now: nowMs };
  const { rose } = await whatRose(deps, around, signal);
  const counted = Math.max(count, ended.count);
  return { ...ended, fromMs, count: counted, rose_with: roseWithOf(rose) };
}
