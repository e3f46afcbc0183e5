import assert from "node:assert/strict";
import { test } from "node:test";
import { readVector } from "../../../../src/adapters/http/read-vector.ts";

test("reads base64 of little-endian float32", () => {
  // 1.0 is 00 00 80 3f, -2.5 is 00 00 20 c0.
  assert.deepEqual(readVector("AACAPwAAIMA="), Float32Array.of(1, -2.5));
});

test("reads numbers", () => {
  assert.deepEqual(readVector([0.5, -1]), Float32Array.of(0.5, -1));
});

test("null among the numbers becomes NaN, not a plausible 0", () => {
  assert.deepEqual(readVector([null, 1]), Float32Array.of(Number.NaN, 1));
});

for (const value of ["", "AACA", [], null, undefined, 5, {}]) {
  test(`${JSON.stringify(value)} is no vector`, () => assert.equal(readVector(value), null));
}
