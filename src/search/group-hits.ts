import type { Signer } from "../pipeline/signer.ts";
import type { ToText } from "../pipeline/text.ts";
import type { Neighbour } from "../ports/vector-index.ts";
import { templateOf } from "../domain/template.ts";

/** Hits of one error, nearest first. */
export type HitGroup = { hits: [Neighbour, ...Neighbour[]]; hashes: Set<string> };

/** `text`: as it is embedded; `hash`: its hash, where the record's stamp has it. */
export type TextHit = { hit: Neighbour; text: string; hash?: string };

/** Groups hits with the same text or the same message pattern, nearest group first. `hits`: best first. */
export function groupHits(hits: readonly TextHit[]): HitGroup[] {
  const byTrait = new Map<string, HitGroup>();
  const groups: HitGroup[] = [];
  for (const { hit, text, hash } of hits) {
    const traits = [`family ${messagePattern(text)}`];
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

/**
 * The template of a message, without its short numbers too, except where one names the error, as in "status 503". Only
 * used to group hits for display.
 */
export function messagePattern(message: string): string {
  return templateOf(message).replace(NUMBER, (all, naming: string | undefined) =>
    naming === undefined ? "<number>" : all,
  );
}

/** Digits, with the word before them that makes them a name. */
const NUMBER =
  /((?:status|state|code|errno|error|exit|signal|sqlstate|http(?:\/[\d.]{1,3})?)["']?[ \t]{0,3}[:=]?[ \t]{0,3})?\d{1,20}(?:\.\d{1,20})?/gi;
