import { isoTime } from "../domain/iso-time.ts";
import { episodeId, type Episode } from "../domain/memory/episode.ts";
import type { EpisodeMemory } from "../ports/error-memory.ts";

/** An episode as it was found in the records. Times are in ms since the epoch. */
export type FoundEpisode = {
  group: string;
  fromMs: number;
  toMs: number;
  count: number;
  ended: boolean;
  rose_with?: Episode["rose_with"];
  /** What its records name; absent where nobody asked. */
  hosts?: string[];
  versions?: string[];
};

export type EpisodeKeeper = {
  /**
   * The kept ones that these are, by the id of their group: the beginning of an episode moves while late records come, and its id stays.
   */
  recall(found: readonly FoundEpisode[], signal: AbortSignal): Promise<Map<string, Episode[]>>;
  /** Writes one, with what people were told of it now. `known`: the kept ones of its group. */
  keep(
    found: FoundEpisode,
    known: readonly Episode[],
    told: readonly string[],
    signal: AbortSignal,
  ): Promise<Episode>;
};

const GROUPS_AT_ONCE = 200;
const EPISODES_AT_ONCE = 1000;

/** `quietMs`: the least silence between two episodes of a group. Both methods throw a MemoryFault. */
export function createEpisodeKeeper(
  episodes: Pick<EpisodeMemory, "page" | "change">,
  quietMs: number,
): EpisodeKeeper {
  return {
    async recall(found, signal) {
      const groups = [...new Set(found.map(({ group }) => group))];
      const known: Episode[] = [];
      for (let at = 0; at < groups.length; at += GROUPS_AT_ONCE) {
        const part = groups.slice(at, at + GROUPS_AT_ONCE);
        const page = await episodes.page({ groups: part, limit: EPISODES_AT_ONCE }, signal);
        known.push(...page.items);
      }
      return Map.groupBy(known, ({ group }) => group);
    },
    async keep(found, known, told, signal) {
      const from = isoTime(found.fromMs);
      const { episode: id } = keptAs(found, known, quietMs) ?? {
        episode: episodeId({ group: found.group, from }),
      };
      const kept = await episodes.change(id, (current) => merged(id, found, current, told), signal);
      return kept ?? merged(id, found, undefined, told);
    },
  };
}

/** The kept episode that was found again: they overlap, or no more than the silence that ends one is between them. */
export function keptAs(
  { fromMs, toMs }: Pick<FoundEpisode, "fromMs" | "toMs">,
  known: readonly Episode[],
  quietMs: number,
): Episode | undefined {
  return known.find(
    ({ from, to }) => Date.parse(from) - quietMs <= toMs && Date.parse(to) + quietMs >= fromMs,
  );
}

/** The same object where nothing changed. */
function merged(
  id: string,
  { group, fromMs, toMs, count, ended, rose_with: rose, hosts = [], versions = [] }: FoundEpisode,
  current: Episode | undefined,
  told: readonly string[],
): Episode {
  const [from, to] = [isoTime(fromMs), isoTime(toMs)];
  if (!current) {
    return {
      episode: id,
      group,
      from,
      to,
      count,
      ended,
      rose_with: rose ?? [],
      hosts,
      versions,
      told: [...told],
    };
  }
  const isLater = toMs > Date.parse(current.to);
  const isEarlier = fromMs < Date.parse(current.from);
  const next: Episode = {
    ...current,
    from: isEarlier ? from : current.from,
    to: isLater ? to : current.to,
    count: Math.max(count, current.count),
    // It has ended for good, unless records came since.
    ended: ended || (current.ended && !isLater),
    rose_with: rose ?? current.rose_with,
    // Of records that are deleted, what was kept stays.
    hosts: hosts.length > 0 ? hosts : current.hosts,
    versions: versions.length > 0 ? versions : current.versions,
    told: [...new Set([...current.told, ...told])],
  };
  return JSON.stringify(next) === JSON.stringify(current) ? current : next;
}
