import { recordKey } from "../domain/log-record.ts";
import { groupHits, type Hit, type HitGroup, type TextHit } from "./group-hits.ts";
import { heldNames } from "./query-words.ts";

/** What one way of searching found, best first. */
export type Ranking = { by: FoundBy; hits: readonly TextHit[]; weight: number };
export const FOUND_BY = ["words", "meaning"] as const;
export type FoundBy = (typeof FOUND_BY)[number];

/** Hits of one error, the best first, and which ways found them. */
export type FusedGroup = HitGroup & { foundBy: FoundBy[] };

/**
 * The constant of reciprocal rank fusion: a rank counts 1 / (k + rank). With 60, as published (Cormack, Clarke and Büttcher,
 * SIGIR 2009), the first of one list counts hardly more than its tenth, and two lists of unequal quality end near their
 * mean; 10 is measured (docs/performance.md, "Search").
 */
const K = 10;

/** A name that more errors have than this says little about which of them is meant. */
const MOST_WITH_A_NAME = 5;

/**
 * Merges rankings into groups by weighted reciprocal rank fusion over groups, so that an error that fills a list does not
 * push the others down. Within a group the records that hold more of the names come first; so do groups, by the names
 * that few of them hold, or (`namesAlone`: the query is nothing else) by all.
 */
export function fuse(
  rankings: readonly Ranking[],
  { names, namesAlone }: { names: readonly string[]; namesAlone: boolean },
): FusedGroup[] {
  const known = new Map<string, TextHit>();
  for (const one of rankings.flatMap(({ hits }) => hits)) {
    const key = recordKey(one.hit.record);
    const score = one.hit.score ?? known.get(key)?.hit.score;
    known.set(key, score === undefined ? one : { ...one, hit: { ...one.hit, score } });
  }
  const groups = groupHits([...known.values()]);
  const { ofGroup, ofRecord, foundBy } = addRanks(rankings, groups);
  const scoreOf = ({ record }: Hit) => ofRecord.get(recordKey(record)) ?? 0;
  const holders = groups.map((group) => {
    const held = new Map(group.hits.map((hit) => [hit, heldNames(hit.record.text, names)]));
    const heldBy = (hit: Hit) => held.get(hit)?.length ?? 0;
    group.hits.sort((a, b) => heldBy(b) - heldBy(a) || scoreOf(b) - scoreOf(a));
    return { group, held: held.get(group.hits[0]) ?? [] };
  });
  const isFew = (name: string) =>
    holders.filter(({ held }) => held.includes(name)).length <= MOST_WITH_A_NAME;
  const telling = new Set(names.filter((name) => namesAlone || isFew(name)));
  return holders
    .map(({ group, held }) => ({
      fused: { ...group, foundBy: foundBy.get(group) ?? [] },
      told: held.filter((name) => telling.has(name)).length,
      score: ofGroup.get(group) ?? 0,
    }))
    .toSorted((a, b) => b.told - a.told || b.score - a.score)
    .map(({ fused }) => fused);
}

/** The sums of reciprocal ranks, of groups and of records; a record counts by the rank of its group in each ranking. */
function addRanks(rankings: readonly Ranking[], groups: readonly HitGroup[]) {
  const groupOf = new Map(
    groups.flatMap((group) => group.hits.map(({ record }) => [recordKey(record), group] as const)),
  );
  const ofGroup = new Map<HitGroup, number>();
  const ofRecord = new Map<string, number>();
  const foundBy = new Map<HitGroup, FoundBy[]>();
  for (const { by, hits, weight } of rankings) {
    const met = new Map<HitGroup, { rank: number; members: number }>();
    for (const { hit } of hits) {
      const key = recordKey(hit.record);
      const group = groupOf.get(key);
      if (!group) continue;
      const place = met.get(group) ?? { rank: met.size + 1, members: 0 };
      if (!met.has(group)) {
        met.set(group, place);
        add(ofGroup, group, weight / (K + place.rank));
        foundBy.set(group, [...(foundBy.get(group) ?? []), by]);
      }
      // Within a group the later are behind, and before the next group.
      const behind = place.members++ / hits.length;
      add(ofRecord, key, weight / (K + place.rank + behind));
    }
  }
  return { ofGroup, ofRecord, foundBy };
}

function add<Key>(sums: Map<Key, number>, key: Key, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}
