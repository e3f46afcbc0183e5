import { count } from "../../domain/count.ts";
import { Fault } from "../../domain/faults.ts";

/** One entry of an answer: the position of its text in the request, undefined where it is unknown. */
export type PositionedVector = { position: number | undefined; vector: Float32Array | null };

/**
 * Orders vectors by their texts. A position named twice or never stays null: a vector that may belong to another text
 * is worse than none.
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

/** null for vectors of other dimensions. Throws a `configuration` Fault where all have other dimensions. */
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
