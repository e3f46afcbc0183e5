import { count } from "./count.ts";

/**
 * Why a vector cannot be stored, or undefined where it can.
 * Lucene's cosine similarity refuses the zero vector, and no engine takes NaN or infinity.
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
