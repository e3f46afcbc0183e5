const BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * A vector as base64 of its 32-bit floats, little-endian: exact, and half as long as JSON. For a field of type `binary`, which every
 * OpenSearch keeps without the k-NN plugin.
 */
export function asText(values: Float32Array): string {
  const bytes = Buffer.alloc(values.length * BYTES);
  for (const [at, value] of values.entries()) bytes.writeFloatLE(value, at * BYTES);
  return bytes.toString("base64");
}

/** Of a text that is none: the floats that its whole bytes make. */
export function asFloats(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  return Float32Array.from({ length: Math.floor(bytes.length / BYTES) }, (_, at) =>
    bytes.readFloatLE(at * BYTES),
  );
}
