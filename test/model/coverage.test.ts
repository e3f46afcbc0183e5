import assert from "node:assert/strict";
import { test } from "node:test";
import { coverageRatio, sumCoverage } from "../../src/model/coverage.ts";

test("coverage sums over indices", () => {
  const rows = [
    { index: "a", records: 10, vectorized: 5, pending: 3, withoutText: 2 },
    { index: "b", records: 1, vectorized: 0, pending: 1, withoutText: 0 },
  ];
  assert.deepEqual(sumCoverage(rows), { records: 11, vectorized: 5, pending: 4, withoutText: 2 });
  assert.deepEqual(sumCoverage([]), { records: 0, vectorized: 0, pending: 0, withoutText: 0 });
});

test("coverage is a share of the records that have a text; nothing to do is complete", () => {
  assert.equal(coverageRatio({ vectorized: 3, pending: 1 }), 0.75);
  assert.equal(coverageRatio({ vectorized: 0, pending: 4 }), 0);
  assert.equal(coverageRatio({ vectorized: 0, pending: 0 }), 1);
});
