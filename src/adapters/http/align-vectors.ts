import { count } from "../../domain/count.ts";
import { Fault } from "../../domain/faults.ts";

/** One entry of an embedder's answer: the place of its text, undefined where the answer names none of ours. */
export type PositionedVector = { position: number | undefined; vector: Float32Array | null };

/**
 * Puts each vector in the place of its text. A place named twice stays null, as does one not named:
 * a vector that may be another text's is worth less than none.
 */
export function alignVectors(
  texts: number,
  answered: readonly PositionedVector[],
): (Float32Array | null)[] {
  const vectors = Array.from({ length: texts }, (): Float32Array | null => null);
  const named = new Set<number>();
  for (const { position, vector } of answered) {
    if (position === undefined || position < 0 || position >= texts || !Number.isInteger(position))
      continue;
    vectors[position] = named.has(position) ? null : vector;
    named.add(position);
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
