import { createHash } from "node:crypto";

/** A unit vector that depends on the text alone; equal texts have equal vectors, others almost surely not. */
export function stubVector(text: string, dimensions: number): Float32Array {
  let state = createHash("sha256").update(text).digest().readUInt32LE(0) | 1;
  const numbers = new Float64Array(dimensions);
  let squares = 0;
  for (let i = 0; i < dimensions; i += 1) {
    // xorshift32: never 0, so the vector has a length.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    numbers[i] = state / 2 ** 31;
    squares += (numbers[i] ?? 0) ** 2;
  }
  return Float32Array.from(numbers, (number) => number / Math.sqrt(squares));
}

/** The form of OpenAI's base64 answers: little-endian float32. */
export function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes.toString("base64");
}
