import { endianness } from "node:os";

const BYTES_PER_FLOAT = 4;

/** A vector from JSON: base64 of little-endian float32, numbers, or what parseEmbeddings made of either; else null. */
export function readVector(value: unknown): Float32Array | null {
  if (value instanceof Float32Array) return value;
  if (typeof value === "string") return fromBase64(value);
  return Array.isArray(value) ? fromNumbers(value) : null;
}

function fromBase64(text: string): Float32Array | null {
  const length = Buffer.byteLength(text, "base64");
  if (length === 0 || length % BYTES_PER_FLOAT !== 0) return null;
  // Decoded in place, without a second buffer.
  const vector = new Float32Array(length / BYTES_PER_FLOAT);
  const bytes = Buffer.from(vector.buffer);
  if (bytes.write(text, "base64") !== length) return null;
  if (endianness() === "BE") bytes.swap32();
  return vector;
}

function fromNumbers(values: readonly unknown[]): Float32Array | null {
  if (values.length === 0) return null;
  const vector = new Float32Array(values.length);
  // Some servers write NaN as null, which would become a plausible 0.
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    vector[i] = typeof value === "number" ? value : Number.NaN;
  }
  return vector;
}
