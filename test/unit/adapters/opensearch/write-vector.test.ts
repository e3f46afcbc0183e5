import assert from "node:assert/strict";
import { test } from "node:test";
import { maxVectorBytes, writeVector } from "../../../../src/adapters/opensearch/bulk-body.ts";
import { stubVector } from "../../../support/fakes/stub-vector.ts";

function written(vector: Float32Array): string {
  const target = Buffer.alloc(maxVectorBytes(vector.length) + 3, "#");
  const end = writeVector(target, 3, vector);
  return target.toString("latin1", 3, end);
}

test("a vector is stored as its float32 values, within 1e-8", () => {
  for (const text of ["a", "b", "c", "d"]) {
    const vector = stubVector(text, 1536);
    const read: unknown = JSON.parse(written(vector));
    assert.ok(Array.isArray(read) && read.length === vector.length);
    for (const [i, value] of vector.entries()) {
      const stored = Math.fround(Number(read[i]));
      assert.ok(Math.abs(stored - value) <= 1e-8, `${value} became ${stored}`);
    }
  }
});

/** The rounding moves a value by half of 1e-8 at most, and so the angle by 1e-8 · √1536 / 2. */
test("the angle between a vector and what is stored of it is nothing", () => {
  const vector = stubVector("angle", 1536);
  const stored = Float32Array.from(JSON.parse(written(vector)), Number);
  let [product, squares, storedSquares] = [0, 0, 0];
  for (const [i, value] of vector.entries()) {
    const other = stored[i] ?? 0;
    product += value * other;
    squares += value * value;
    storedSquares += other * other;
  }
  const cosine = product / Math.sqrt(squares * storedSquares);
  assert.ok(1 - cosine < 1e-12, `${1 - cosine}`);
});

const VALUES: [number, string][] = [
  [0, "0"],
  [-0, "0"],
  [1, "1"],
  [-1, "-1"],
  [0.5, "0.5"],
  [-0.25, "-0.25"],
  [1e-7, "0.0000001"],
  [1e-9, "0"],
  [-1e-9, "0"],
  [5.1e-9, "0.00000001"],
  [0.1, "0.1"],
  [0.99999999, "1"],
  [12_345.678, "12345.67773438"],
  [-9_999_999, "-9999999"],
  [10_000_000, "10000000"],
  [-3.4e38, "-3.3999999521443642e+38"],
];

for (const [value, expected] of VALUES) {
  test(`${Object.is(value, -0) ? "-0" : value} is written as ${expected}`, () => {
    assert.equal(written(Float32Array.of(value)), `[${expected}]`);
  });
}

test("values are parted by commas, and no value is an empty list", () => {
  assert.equal(written(Float32Array.of(1, -2, 0.5)), "[1,-2,0.5]");
  assert.equal(written(new Float32Array()), "[]");
});

test("the longest values fit into the room that is reckoned for them", () => {
  const longest = new Float32Array(100).fill(-1.2345678e-38).fill(-3.4028234e38, 50);
  assert.ok(written(longest).length <= maxVectorBytes(100));
  assert.deepEqual(JSON.parse(written(longest)).length, 100);
});
