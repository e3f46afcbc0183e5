import type { Signer } from "../pipeline/signer.ts";
import type { ToText } from "../pipeline/text.ts";
import type { Neighbour } from "../ports/vector-index.ts";
import { signatureOf } from "../domain/signature.ts";

/** Hits of one error, nearest first. */
export type HitGroup = { hits: [Neighbour, ...Neighbour[]]; hashes: Set<string> };

/** `text`: as it is embedded; `hash`: its hash, where the record's stamp has it. */
export type TextHit = { hit: Neighbour; text: string; hash?: string };

/** Groups hits with the same text or the same signature, nearest group first. `hits`: best first. */
export function groupHits(hits: readonly TextHit[]): HitGroup[] {
  const byTrait = new Map<string, HitGroup>();
  const groups: HitGroup[] = [];
  for (const { hit, text, hash } of hits) {
    const traits = [`signature ${signatureOf(text)}`];
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

/** A stamp may name the hash of another text in order to hide that text's records, so its signature is checked. */
export function toTextHit(
  hit: Neighbour,
  { toText, signer }: { toText: ToText; signer: Pick<Signer, "textOf"> },
): TextHit {
  const { text: message, stamp = {} } = hit.record;
  const text = toText(message);
  const hash = stamp["text_hash"];
  const isOwn = typeof hash === "string" && signer.textOf(stamp, text) === "this";
  return { hit, text, ...(isOwn && { hash }) };
}
