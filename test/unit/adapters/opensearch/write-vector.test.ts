import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { maxVectorBytes, writeVector } from "../../../../src/adapters/opensearch/bulk-body.ts";
import { asStored } from "../../../../src/domain/vector.ts";
import { stubVector } from "../../../support/fakes/stub-vector.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

const { runs = 300, seed = 23 } = propertyRuns() ?? {};

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

/** Any 32 bits as a float, and those whose ninth decimal is a five with nothing behind it, which is rounded up. */
const anyFinite = fc
  .oneof(
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((bits) => {
      const [value = 0] = new Float32Array(Int32Array.of(bits).buffer);
      return value;
    }),
    fc.integer({ min: -(2 ** 20), max: 2 ** 20 }).map((number) => number / 512),
    fc.float({ min: -1, max: 1, noNaN: true }),
  )
  .filter(Number.isFinite);

test("any float32 is written as the nearest decimal of eight places, and read back with the bits that the signature covers", () => {
  fc.assert(
    fc.property(fc.array(anyFinite, { minLength: 1, maxLength: 300 }), (values) => {
      const vector = Float32Array.from(values);
      const text = written(vector);
      const back = Float32Array.from(JSON.parse(text), Number);
      assert.deepEqual(back, asStored(vector, new Float32Array(vector.length)));
      const decimals = text.slice(1, -1).split(",");
      for (const [i, value] of vector.entries()) {
        assert.equal(decimals[i], nearestDecimal(value), `${value}`);
      }
    }),
    { numRuns: runs, seed },
  );
});

/** By whole numbers of any size: 2^149 is what makes every float32 one. */
function nearestDecimal(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e7) return JSON.stringify(value);
  const whole = BigInt(Math.round(size * 2 ** 40)) * 10n ** 8n;
  const rest = BigInt((size * 2 ** 40 - Math.round(size * 2 ** 40)) * 2 ** 109) * 10n ** 8n;
  const scaled = ((whole << 109n) + rest + (1n << 148n)) >> 149n;
  const digits = String(scaled).padStart(9, "0");
  const fraction = digits.slice(-8).replace(/0+$/, "");
  const sign = value < 0 && scaled > 0n ? "-" : "";
  return `${sign}${digits.slice(0, -8)}${fraction === "" ? "" : `.${fraction}`}`;
}
