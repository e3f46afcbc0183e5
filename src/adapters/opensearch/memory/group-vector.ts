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

/** The bits of a sketch as words of 32; none of a text that is no sketch. */
export function bitsOf(sketch: string): Int32Array {
  const bytes = Buffer.from(sketch, "base64");
  if (bytes.length !== SKETCH_BITS / 8) return new Int32Array(0);
  const bits = new Int32Array(SKETCH_BITS / 32);
  new Uint8Array(bits.buffer).set(bytes);
  return bits;
}

/** How many bits of two sketches differ; all, where one is none. Words are counted by adding neighbours (Warren: Hacker's Delight, 5-1). */
export function differingBits(a: Int32Array, b: Int32Array): number {
  if (a.length === 0 || a.length !== b.length) return SKETCH_BITS;
  let differing = 0;
  for (let i = 0; i < a.length; i++) {
    let word = (a[i] ?? 0) ^ (b[i] ?? 0);
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    differing += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return differing;
}

/**
 * As many bits as differ between vectors of at least that cosine: the mean and four standard deviations of a binomial distribution,
 * because planes that are drawn once are not quite independent of the vectors.
 */
export function mostDiffering(cosine: number): number {
  const share = Math.acos(cosine) / Math.PI;
  return Math.ceil(SKETCH_BITS * share + 4 * Math.sqrt(SKETCH_BITS * share * (1 - share)));
}
