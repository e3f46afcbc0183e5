import assert from "node:assert/strict";
import { test } from "node:test";
import { coverageRatio, sumCoverage } from "../../src/model/coverage.ts";

test("coverage sums over indices", () => {
  const rows = [
    { index: "a", records: 14, vectorized: 5, pending: 3, quarantined: 4, withoutText: 2 },
    { index: "b", records: 2, vectorized: 0, pending: 1, quarantined: 1, withoutText: 0 },
  ];
  const sum = { records: 16, vectorized: 5, pending: 4, quarantined: 5, withoutText: 2 };
  assert.deepEqual(sumCoverage(rows), sum);
  const none = { records: 0, vectorized: 0, pending: 0, quarantined: 0, withoutText: 0 };
  assert.deepEqual(sumCoverage([]), none);
});

test("coverage is a share of the records that have a text; nothing to do is complete", () => {
  assert.equal(coverageRatio({ vectorized: 3, pending: 1, quarantined: 0 }), 0.75);
  assert.equal(coverageRatio({ vectorized: 3, pending: 0, quarantined: 1 }), 0.75);
  assert.equal(coverageRatio({ vectorized: 0, pending: 4, quarantined: 0 }), 0);
  assert.equal(coverageRatio({ vectorized: 0, pending: 0, quarantined: 0 }), 1);
});
