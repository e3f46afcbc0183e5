import type { ToText } from "../enrichment/text.ts";
import type { Neighbour } from "../ports/vector-search.ts";
import { familyOf } from "./family.ts";

/** Hits that say the same, the nearest first. */
export type HitGroup = { hits: [Neighbour, ...Neighbour[]]; hashes: Set<string> };

/**
 * Puts together what shares a text, or differs only in what varies from one occurrence to the next; the nearest group
 * comes first. `hits`: best first.
 */
export function groupHits(hits: readonly Neighbour[], toText: ToText): HitGroup[] {
  const byTrait = new Map<string, HitGroup>();
  const groups: HitGroup[] = [];
  for (const hit of hits) {
    const hash = hashOf(hit);
    const traits = [`family ${familyOf(toText(hit.record.text))}`];
    if (hash !== undefined) traits.unshift(`hash ${hash}`);
    const known = traits.map((trait) => byTrait.get(trait)).find((group) => group !== undefined);
    const group = known ?? { hits: [hit], hashes: new Set() };
    if (known) known.hits.push(hit);
    else groups.push(group);
    if (hash !== undefined) group.hashes.add(hash);
    for (const trait of traits) byTrait.set(trait, group);
  }
  return groups;
}

/** Of the text that was embedded, as its stamp says. */
export function hashOf({ record: { stamp } }: Neighbour): string | undefined {
  const hash = stamp?.["text_hash"];
  return typeof hash === "string" ? hash : undefined;
}
