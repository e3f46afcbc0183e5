import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bitsOf,
  differingBits,
  mostDiffering,
  sketchOf,
} from "../../../../src/adapters/opensearch/memory/group-vector.ts";
import { cosineSimilarity } from "../../../../src/domain/vector.ts";

const BITS = 512;

const bits = (values: Float32Array) => bitsOf(sketchOf(values));

/** Vectors as of texts: `dense`, or of few values that are not zero. Each differs from the first by a greater part. */
function turnedVectors(length: number, every: number): Float32Array[] {
  const part = (at: number, phase: number) =>
    at % every === 0 ? Math.sin(at * 1.7 + phase * at) : 0;
  return [0, 0.2, 0.5, 1, 3].map((weight) =>
    Float32Array.from({ length }, (_, at) => part(at, 0) + weight * part(at, 2.3)),
  );
}

test("the bits that differ tell the angle between two vectors, dense or sparse, of any length", () => {
  for (const [length, every] of [
    [64, 1],
    [384, 1],
    [384, 19],
    [1536, 1],
    [1536, 61],
  ] as const) {
    const [first, ...others] = turnedVectors(length, every);
    assert.ok(first);
    for (const other of others) {
      const angle = Math.acos(cosineSimilarity(first, other) ?? 0) / Math.PI;
      const share = differingBits(bits(first), bits(other)) / BITS;
      assert.ok(Math.abs(share - angle) < 0.08, `${length}/${every}: ${share} for ${angle}`);
      assert.ok(share * BITS <= mostDiffering(Math.cos(angle * Math.PI)), "near ones are not lost");
    }
  }
});

test("a sketch is the same for a vector of any length in space, and says nothing of what is none", () => {
  const [vector = new Float32Array()] = turnedVectors(384, 1);
  const longer = vector.map((value) => value * 40);
  assert.equal(sketchOf(vector), sketchOf(longer));
  assert.equal(sketchOf(vector).length, 88);
  assert.equal(differingBits(bits(vector), bits(vector)), 0);
  assert.equal(differingBits(bits(vector), bits(vector.map((value) => -value))), BITS);
  assert.equal(differingBits(bits(vector), bitsOf("")), BITS);
});
