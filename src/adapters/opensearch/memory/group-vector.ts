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

/** Bits of a sketch. */
const SKETCH_BITS = 512;
/** Without an order that a vector's values could have: by the golden ratio. */
const MIX = [0x9e3779b1, 0x85ebca6b] as const;

/**
 * The sides of 512 planes on which a vector lies, as base64: of two vectors at an angle θ, about θ / π of the bits differ (Charikar:
 * Similarity Estimation Techniques from Rounding Algorithms, STOC 2002). The planes are those of two Walsh–Hadamard transforms after
 * changes of signs (Ailon and Chazelle, STOC 2006), so that a sparse vector has as many bits as a dense one.
 */
export function sketchOf(values: Float32Array): string {
  let length = SKETCH_BITS;
  while (length < values.length) length *= 2;
  const turned = new Float32Array(length);
  turned.set(values);
  for (const mix of MIX) {
    for (let i = 0; i < length; i++) {
      if (Math.imul(i + 1, mix) < 0) turned[i] = -(turned[i] ?? 0);
    }
    transform(turned);
  }
  const bits = new Uint8Array(SKETCH_BITS / 8);
  for (let i = 0; i < SKETCH_BITS; i++) {
    if ((turned[i] ?? 0) < 0) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return Buffer.from(bits).toString("base64");
}

/** The Walsh–Hadamard transform, in place. */
function transform(values: Float32Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let from = 0; from < values.length; from += 2 * half) {
      for (let i = from; i < from + half; i++) {
        const [a, b] = [values[i] ?? 0, values[i + half] ?? 0];
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
}

/** How many bits of two sketches differ; those that one lacks differ too. */
export function differingBits(a: Uint8Array, b: Uint8Array): number {
  let differing = 0;
  for (let i = 0; i < SKETCH_BITS / 8; i++) {
    // A byte that is missing is one that differs in all bits.
    let rest = i < a.length && i < b.length ? (a[i] ?? 0) ^ (b[i] ?? 0) : 255;
    for (; rest !== 0; rest &= rest - 1) differing++;
  }
  return differing;
}
