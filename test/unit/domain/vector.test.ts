import assert from "node:assert/strict";
import { test } from "node:test";
import { vectorProblem } from "../../../src/domain/vector.ts";

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
