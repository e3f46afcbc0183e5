import { count } from "../../domain/count.ts";
import { Fault } from "../../domain/faults.ts";

/** One entry of an embedder's answer: the place of its text, undefined where the answer names none of ours. */
export type AnsweredVector = { place: number | undefined; vector: Float32Array | null };

/**
 * Puts each vector in the place of its text. A place named twice stays null, as does one not named:
 * a vector that may be another text's is worth less than none.
 */
export function placeVectors(
  texts: number,
  answered: readonly AnsweredVector[],
): (Float32Array | null)[] {
  const vectors = Array.from({ length: texts }, (): Float32Array | null => null);
  const named = new Set<number>();
  for (const { place, vector } of answered) {
    if (place === undefined || place < 0 || place >= texts || !Number.isInteger(place)) continue;
    vectors[place] = named.has(place) ? null : vector;
    named.add(place);
  }
  return vectors;
}

/**
 * The same vectors, null where the length is not `dimensions`.
 * Throws a `configuration` Fault where it is another length for all of them.
 */
export function checkDimensions(
  vectors: readonly (Float32Array | null)[],
  { at, model, dimensions }: { at: string; model: string; dimensions: number },
): (Float32Array | null)[] {
  const lengths = vectors.flatMap((vector) => (vector === null ? [] : [vector.length]));
  const [came] = lengths;
  if (came !== undefined && lengths.every((length) => length !== dimensions)) {
    throw new Fault(
      "configuration",
      `${at}: ${model} answers with ${count(came, "dimension")}, EMBEDDING_DIMENSIONS is ${dimensions}`,
      { hint: `set EMBEDDING_DIMENSIONS=${came}`, possiblyBilled: true },
    );
  }
  return vectors.map((vector) => (vector?.length === dimensions ? vector : null));
}
