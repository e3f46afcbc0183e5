import { recordKey } from "../domain/log-record.ts";
import { joinGaps, NO_GAPS, type Gap } from "../domain/partial.ts";
import type { Nearest } from "../ports/vector-index.ts";
import { groupHits, toTextHit, type HitGroup, type TextHit } from "./group-hits.ts";
import type { SearchDeps, SearchFilter } from "./search-deps.ts";
import type { Scope } from "./search-scope.ts";

/** Repetitions of one error may fill all hits: the search is repeated without them, for more hits each time. */
const MAX_ROUNDS = 3;
const GROWTH = 4;
const HITS_PER_GROUP = 5;
const LEAST_HITS = 50;
const MOST_HITS = 1000;

function hitsIn(round: number, limit: number): number {
  return Math.min(MOST_HITS, Math.max(LEAST_HITS, limit * HITS_PER_GROUP) * GROWTH ** round);
}

/** The maximum of hits that a search for `limit` groups holds. */
export function mostHits(limit: number): number {
  const rounds = Array.from({ length: MAX_ROUNDS }, (_, round) => hitsIn(round, limit));
  return rounds.reduce((sum, hits) => sum + hits, 0);
}

export type FoundGroups = {
  /** Nearest first, at most `limit`. */
  groups: HitGroup[];
  more: boolean;
  each: Nearest["each"];
  gaps: readonly Gap[];
};

/** Searches until there are enough groups or no further hits. Throws a Fault. */
export async function findGroups(
  {
    vectors,
    embedder,
    toText,
    signer,
  }: Pick<SearchDeps, "vectors" | "embedder" | "toText" | "signer">,
  vector: Float32Array,
  { scope, filter }: { scope: Scope; filter: SearchFilter },
  signal: AbortSignal,
): Promise<FoundGroups> {
  const { limit, minScore } = filter;
  const hits = new Map<string, TextHit>();
  const hashes = new Set<string>();
  const excludeKeys = [...scope.excludeKeys];
  const found: FoundGroups = {
    groups: [],
    more: false,
    each: { indices: 0, records: 0, compared: 0 },
    gaps: NO_GAPS,
  };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const nearest = await vectors.nearest(
      {
        ...scope,
        vector,
        model: embedder.model,
        limit: hitsIn(round, limit),
        excludeKeys,
        excludeHashes: [...hashes],
        ...(minScore === undefined ? {} : { minScore }),
      },
      signal,
    );
    const fresh = nearest.hits.filter(({ record }) => !hits.has(recordKey(record)));
    for (const hit of fresh) {
      const key = recordKey(hit.record);
      const textHit = toTextHit(hit, { toText, signer });
      const { hash } = textHit;
      hits.set(key, textHit);
      if (hash === undefined) excludeKeys.push(key);
      else hashes.add(hash);
    }
    found.gaps = joinGaps(found.gaps, nearest.gaps);
    if (round === 0) found.each = nearest.each;
    found.more = nearest.more && fresh.length > 0;
    const best = [...hits.values()].toSorted((a, b) => b.hit.score - a.hit.score);
    found.groups = groupHits(best);
    if (!found.more || found.groups.length >= limit) break;
  }
  if (found.groups.length > limit) found.more = true;
  found.groups = found.groups.slice(0, limit);
  return found;
}
