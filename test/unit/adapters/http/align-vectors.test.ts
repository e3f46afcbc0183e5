import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDimensions, alignVectors } from "../../../../src/adapters/http/align-vectors.ts";

const A = Float32Array.of(1, 0);
const B = Float32Array.of(0, 1);

const PLACES: [string, (number | undefined)[], (Float32Array | null)[]][] = [
  ["in order", [0, 1], [A, B]],
  ["in another order", [1, 0], [B, A]],
  ["one missing", [1], [null, A]],
  ["one place named twice", [0, 0], [null, null]],
  ["a place beyond the end", [0, 2], [A, null]],
  ["a place before the start", [-1, 1], [null, B]],
  ["a place between two", [0.5, 1], [null, B]],
  ["no place", [undefined, 1], [null, B]],
];

for (const [name, places, expected] of PLACES) {
  test(`places vectors: ${name}`, () => {
    const answered = places.map((place, i) => ({ position: place, vector: i === 0 ? A : B }));
    assert.deepEqual(alignVectors(2, answered), expected);
  });
}

test("a place named three times stays empty", () => {
  const answered = [A, B, A].map((vector) => ({ position: 0, vector }));
  assert.deepEqual(alignVectors(1, answered), [null]);
});

const WANTED = { at: "tester", model: "m", dimensions: 2 };

test("another length for all says which setting to change", () => {
  assert.throws(() => checkDimensions([Float32Array.of(1, 2, 3), null], WANTED), {
    kind: "configuration",
    message: "tester: m answers with 3 dimensions, EMBEDDING_DIMENSIONS is 2",
    hint: "set EMBEDDING_DIMENSIONS=3",
  });
});

test("another length for one costs only that one its vector", () => {
  const odd = Float32Array.of(1);
  assert.deepEqual(checkDimensions([A, odd, null], WANTED), [A, null, null]);
  assert.deepEqual(checkDimensions([odd, A], WANTED), [null, A]);
});
