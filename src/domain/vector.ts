import { count } from "./count.ts";

/**
 * Why a vector cannot be stored, or undefined. Lucene's cosine similarity refuses the zero vector, and no engine takes
 * NaN or infinity.
 */
export function vectorProblem(vector: Float32Array, dimensions: number): string | undefined {
  if (vector.length !== dimensions)
    return `${count(vector.length, "value")} instead of ${dimensions}`;
  let squares = 0;
  // By position: an iterator makes an object of each value.
  for (let i = 0; i < vector.length; i++) squares += (vector[i] ?? 0) ** 2;
  if (!Number.isFinite(squares)) return "a value that is not a finite number";
  if (squares === 0) return "nothing but zeros";
  return undefined;
}

/** Decimals that are kept of a vector of unit length. */
const KEPT = 1e6;
/** Of a vector that is shorter, more decimals matter. */
const LEAST_SQUARES = 0.25;

/**
 * Rounds the values of a vector of about unit length or more to six decimals, in place; a shorter one stays as it is. It
 * moves a value by 5e-7 at most, and so the direction of a vector of n values by √(n / 12) · 1e-6 on average: 1.1e-5 for
 * 1536, a cosine of 1 − 6e-11. What OpenSearch parses, and keeps on disk, is a sixth smaller.
 */
export function roundValues(vector: Float32Array): Float32Array {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += (vector[i] ?? 0) ** 2;
  if (!(squares >= LEAST_SQUARES)) return vector;
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] ?? 0;
    if (Math.abs(value) < 1) vector[i] = (value * KEPT + TO_WHOLE - TO_WHOLE) / KEPT;
  }
  return vector;
}

/** Cosine similarity, -1 to 1; undefined where the lengths differ or one of them has no direction. */
export function cosineSimilarity(a: Float32Array, b: Float32Array): number | undefined {
  if (a.length !== b.length) return undefined;
  let dot = 0;
  let ofA = 0;
  let ofB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    dot += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA * ofB === 0 ? undefined : Math.max(-1, Math.min(1, dot / Math.sqrt(ofA * ofB)));
}

const SCALE = 1e8;
/** Above this a scaled value is not exact. */
const MAX_SCALED = 1e7;
/** Adding and subtracting it rounds a double below 2^51 to a whole number, ties to even. */
const TO_WHOLE = 1.5 * 2 ** 52;

/**
 * The vector as a store with eight decimals returns it (writeVector in adapters/opensearch/bulk-body), written into `into`,
 * which has its length. Idempotent, because float32 is either coarser or finer.
 */
export function asStored(vector: Float32Array, into: Float32Array): Float32Array {
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] ?? 0;
    if (!(Math.abs(value) < MAX_SCALED)) {
      into[i] = value;
      continue;
    }
    // Exact: a float32 has 24 bits and 1e8 has 19.
    const scaled = value * SCALE;
    let whole = scaled + TO_WHOLE - TO_WHOLE;
    // Half a unit is rounded away from zero.
    if (Math.abs(scaled - whole) === 0.5) whole = scaled + (scaled < 0 ? -0.5 : 0.5);
    into[i] = whole / SCALE;
  }
  return into;
}
