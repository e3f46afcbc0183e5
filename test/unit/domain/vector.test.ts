import assert from "node:assert/strict";
import { test } from "node:test";
import { roundValues, vectorProblem } from "../../../src/domain/vector.ts";

const CASES: [string, Float32Array, string | undefined][] = [
  ["a plain one", Float32Array.of(0.6, -0.8), undefined],
  ["not of length one", Float32Array.of(300, 400), undefined],
  ["with a zero in it", Float32Array.of(0, 1), undefined],
  ["too short", Float32Array.of(1), "1 value instead of 2"],
  ["too long", Float32Array.of(1, 2, 3), "3 values instead of 2"],
  ["empty", new Float32Array(), "0 values instead of 2"],
  ["with NaN", Float32Array.of(1, Number.NaN), "a value that is not a finite number"],
  ["with infinity", Float32Array.of(-Infinity, 1), "a value that is not a finite number"],
  ["of zeros", Float32Array.of(0, -0), "nothing but zeros"],
];

for (const [what, vector, expected] of CASES) {
  test(`a vector ${what}: ${expected ?? "sound"}`, () => {
    assert.equal(vectorProblem(vector, 2), expected);
  });
}

test("the largest and smallest floats are sound", () => {
  assert.equal(vectorProblem(Float32Array.of(3.4e38, 3.4e38), 2), undefined);
  assert.equal(vectorProblem(Float32Array.of(1e-45, 0), 2), undefined);
});

/** Unit length, values without a pattern. */
function unit(length: number): Float32Array {
  const vector = Float32Array.from({ length }, (_, i) => Math.sin(i * i + 1));
  return scaled(vector, 1 / norm(vector));
}

function norm(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

function scaled(vector: Float32Array, factor: number): Float32Array {
  return vector.map((value) => value * factor);
}

for (const length of [2, 384, 1536, 3072]) {
  test(`a vector of unit length and ${length} values keeps six decimals, and its direction`, () => {
    const before = unit(length);
    const after = roundValues(before.slice());
    for (const value of after) assert.equal(value, Math.fround(Number(value.toFixed(6))));
    const product = after.reduce((sum, value, i) => sum + value * (before[i] ?? 0), 0);
    assert.ok(1 - product / (norm(after) * norm(before)) < 1e-9);
    assert.deepEqual(roundValues(after.slice()), after);
  });
}

test("a short vector keeps all of its decimals, and a large value its digits", () => {
  const short = scaled(unit(384), 0.01);
  assert.deepEqual(roundValues(short.slice()), short);
  const large = Float32Array.of(12_345.678, 0.1234567);
  assert.deepEqual(roundValues(large), Float32Array.of(12_345.678, 0.123457));
});
