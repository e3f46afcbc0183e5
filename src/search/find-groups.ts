import { Fault } from "../domain/faults.ts";
import { recordKey } from "../domain/log-record.ts";
import { joinGaps, NO_GAPS, type Gap } from "../domain/partial.ts";
import type { FoundByWords } from "../ports/record-store.ts";
import type { Nearest, VectorScope } from "../ports/vector-index.ts";
import { fuse, type FoundBy, type FusedGroup, type Ranking } from "./fuse.ts";
import { toTextHit, type Hit, type TextHit } from "./group-hits.ts";
import { holdsPhrases, type QueryWords } from "./query-words.ts";
import type { SearchDeps, SearchFilter } from "./search-deps.ts";
import type { Scope } from "./search-scope.ts";

/** Repetitions of one error may fill all hits: the search is repeated without them, for more hits each time. */
const MAX_ROUNDS = 3;
const GROWTH = 4;
const HITS_PER_GROUP = 5;
const LEAST_HITS = 50;
const MOST_HITS = 1000;

/** Words against meaning, which weighs 1; a query with names is more a matter of words. Measured, as `K` is. */
const WORDS_WEIGHT = { plain: 0.4, names: 1 };

function hitsIn(round: number, limit: number): number {
  return Math.min(MOST_HITS, Math.max(LEAST_HITS, limit * HITS_PER_GROUP) * GROWTH ** round);
}

/** The maximum of hits that a search for `limit` groups holds, of one way of searching. */
export function mostHits(limit: number): number {
  const rounds = Array.from({ length: MAX_ROUNDS }, (_, round) => hitsIn(round, limit));
  return rounds.reduce((sum, hits) => sum + hits, 0);
}

export type FoundGroups = {
  /** Best first, at most `limit`. */
  groups: FusedGroup[];
  more: boolean;
  each: Nearest["each"];
  /** Indices that were not searched by words. */
  leftOutByWords: FoundByWords["leftOut"];
  /** Ways of searching that failed while another one answered. */
  failed: { by: FoundBy; fault: Fault }[];
  gaps: readonly Gap[];
};

/** What to search by: a vector, words, or both. */
export type Asked = { vector?: Float32Array | undefined; words?: QueryWords | undefined };

type Deps = Pick<SearchDeps, "vectors" | "store" | "toText" | "signer"> & {
  embedder: Pick<SearchDeps["embedder"], "model">;
};
type Narrowed = { scope: Scope; filter: SearchFilter };

/** Searches until there are enough groups or no further hits. Throws a Fault where no way of searching answers. */
export async function findGroups(
  deps: Deps,
  asked: Asked,
  { scope, filter }: Narrowed,
  signal: AbortSignal,
): Promise<FoundGroups> {
  const { limit } = filter;
  const found: FoundGroups = {
    groups: [],
    more: false,
    each: { indices: 0, records: 0, compared: 0 },
    leftOutByWords: [],
    failed: [],
    gaps: NO_GAPS,
  };
  const ways = waysOf(deps, asked, { scope, filter }, found);
  const { all = [], names = [] } = asked.words ?? {};
  const namesAlone = all.length > 0 && names.length === all.length;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const open = ways.filter((way) => way.more);
    await Promise.all(
      open.map(async (way) => {
        try {
          await searchFurther(deps, way, { round, limit, scope }, signal);
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
          way.more = false;
          found.failed.push({ by: way.by, fault: error });
        }
      }),
    );
    const [first] = found.failed;
    if (first && found.failed.length === ways.length) throw first.fault;
    found.gaps = joinGaps(found.gaps, ...ways.map(({ gaps }) => gaps));
    found.more = ways.some(({ more }) => more);
    found.groups = fuse(ways.map(rankingOf), { names, namesAlone });
    if (!found.more || found.groups.length >= limit) break;
  }
  if (found.groups.length > limit) found.more = true;
  found.groups = found.groups.slice(0, limit);
  return found;
}

type Page = {
  hits: { record: Hit["record"]; score: number }[];
  more: boolean;
  gaps: readonly Gap[];
};

/** One way of searching, and what it found so far. */
type Way = {
  by: FoundBy;
  weight: number;
  hits: Map<string, { ranked: TextHit; score: number }>;
  hashes: Set<string>;
  excludeKeys: string[];
  more: boolean;
  gaps: readonly Gap[];
  search(next: Next, signal: AbortSignal): Promise<Page>;
};
type Next = VectorScope & { limit: number; excludeHashes: readonly string[] };

function waysOf(
  { vectors, store, embedder: { model } }: Deps,
  { vector, words }: Asked,
  { scope, filter: { minScore } }: Narrowed,
  found: Pick<FoundGroups, "each" | "leftOutByWords">,
): Way[] {
  const way = (by: FoundBy, weight: number, search: Way["search"]): Way => {
    const excludeKeys = [...scope.excludeKeys];
    const nothing = { hits: new Map(), hashes: new Set<string>(), gaps: NO_GAPS };
    return { by, weight, search, excludeKeys, more: true, ...nothing };
  };
  const ways: Way[] = [];
  if (vector) {
    const least = minScore === undefined ? {} : { minScore };
    const asking = { vector, model, ...least };
    let isFirst = true;
    ways.push(
      way("meaning", 1, async (next, signal) => {
        const nearest = await vectors.nearest({ ...next, ...asking }, signal);
        if (isFirst) found.each = nearest.each;
        isFirst = false;
        return nearest;
      }),
    );
  }
  const { findByWords } = store;
  if (words && words.all.length > 0 && findByWords) {
    const indices = scope.wordIndices;
    const weight = words.names.length > 0 ? WORDS_WEIGHT.names : WORDS_WEIGHT.plain;
    ways.push(
      way("words", weight, async (next, signal) => {
        const page = await findByWords({ ...next, indices, words: words.all }, signal);
        found.leftOutByWords = page.leftOut;
        return page;
      }),
    );
  }
  return ways;
}

async function searchFurther(
  deps: Pick<Deps, "toText" | "signer">,
  way: Way,
  { round, limit, scope }: { round: number; limit: number; scope: Scope },
  signal: AbortSignal,
): Promise<void> {
  const { indices, filter } = scope;
  const asked = { indices, filter, limit: hitsIn(round, limit), excludeKeys: way.excludeKeys };
  const page = await way.search({ ...asked, excludeHashes: [...way.hashes] }, signal);
  const fresh = page.hits.filter(({ record }) => !way.hits.has(recordKey(record)));
  for (const { record, score } of fresh) {
    const key = recordKey(record);
    const hit = way.by === "meaning" ? { record, score } : { record };
    const ranked = toTextHit(hit, deps);
    // Of a text that was cut the store has seen the rest.
    const isMeant = record.cut === true || holdsPhrases(record.text, filter.phrases ?? []);
    if (isMeant) way.hits.set(key, { ranked, score });
    // An embedded text may be a template, of which others hold the parts.
    if (ranked.hash === undefined || !isMeant) way.excludeKeys.push(key);
    else way.hashes.add(ranked.hash);
  }
  way.gaps = joinGaps(way.gaps, page.gaps);
  way.more = page.more && fresh.length > 0;
}

function rankingOf({ by, weight, hits }: Way): Ranking {
  const best = [...hits.values()].toSorted((a, b) => b.score - a.score);
  return { by, weight, hits: best.map(({ ranked }) => ranked) };
}
