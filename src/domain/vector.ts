import { count } from "./count.ts";

/**
 * Why a vector cannot be stored, or undefined. Lucene's cosine similarity refuses the zero vector, and no engine takes
 * NaN or infinity.
 */
export function vectorProblem(vector: Float32Array, dimensions: number): string | undefined {
  if (vector.length !== dimensions)
    return `${count(vector.length, "value")} instead of ${dimensions}`;
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!Number.isFinite(squares)) return "a value that is not a finite number";
  if (squares === 0) return "nothing but zeros";
  return undefined;
}

const DIGITS = 8;
const SCALE = 10 ** DIGITS;
/** Above this a scaled value is not exact. */
const MAX_SCALED = 1e7;

/**
 * The vector as a store with eight decimals returns it (adapters/opensearch/write-vector). Idempotent, because float32
 * is either coarser or finer.
 */
export function asStored(vector: Float32Array): Float32Array {
  return vector.map((value) => {
    const size = Math.abs(value);
    if (!(size < MAX_SCALED)) return value;
    const scaled = Math.round(size * SCALE) / SCALE;
    return value < 0 && scaled > 0 ? -scaled : scaled;
  });
}
