import { createHash } from "node:crypto";
import { roundValues } from "../../../src/domain/vector.ts";

/**
 * A vector of unit length, with the decimals that are stored, that depends on the text alone; equal texts have equal vectors,
 * others almost surely not.
 */
export function stubVector(text: string, dimensions: number): Float32Array {
  let state = createHash("sha256").update(text).digest().readUInt32LE(0) | 1;
  const numbers = new Float64Array(dimensions);
  let squares = 0;
  for (let i = 0; i < dimensions; i += 1) {
    // xorshift32: never 0, so the vector has a length.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const number = state / 2 ** 31;
    numbers[i] = number;
    squares += number * number;
  }
  const vector = new Float32Array(dimensions);
  const length = Math.sqrt(squares);
  for (let i = 0; i < dimensions; i += 1) vector[i] = (numbers[i] ?? 0) / length;
  return roundValues(vector);
}

/** The form of OpenAI's base64 answers: little-endian float32. */
export function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < vector.length; i += 1) view.setFloat32(i * 4, vector[i] ?? 0, true);
  return bytes.toString("base64");
}
