import type { LogRecord } from "../domain/log-record.ts";
import type { Signer } from "../pipeline/signer.ts";
import type { ToText } from "../pipeline/text.ts";
import { signatureOf } from "../domain/signature.ts";

/** `score`: cosine similarity, -1 to 1, where the record was compared by its vector. */
export type Hit = { record: LogRecord; score?: number };

/** Hits of one error, best first. */
export type HitGroup = { hits: [Hit, ...Hit[]]; hashes: Set<string> };

/** `text`: as it is embedded; `hash`: its hash, where the record's stamp has it. */
export type TextHit = { hit: Hit; text: string; hash?: string };

/** Groups hits with the same text or the same signature, best group first. `hits`: best first. */
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
  hit: Hit,
  { toText, signer }: { toText: ToText; signer: Pick<Signer, "textOf"> },
): TextHit {
  const { text: message, stamp = {} } = hit.record;
  const text = toText(message);
  const hash = stamp["text_hash"];
  const isOwn = typeof hash === "string" && signer.textOf(stamp, text) === "this";
  return { hit, text, ...(isOwn && { hash }) };
}
