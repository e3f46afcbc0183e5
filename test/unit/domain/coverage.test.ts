import assert from "node:assert/strict";
import { test } from "node:test";
import { coverageRatio, sumCoverage } from "../../../src/domain/coverage.ts";

test("coverage sums over indices", () => {
  const rows = [
    {
      index: "a",
      records: 17,
      vectorized: 5,
      pending: 3,
      quarantined: 4,
      withoutText: 2,
      otherModel: 3,
      otherModels: [
        { model: "old", dimensions: 8, records: 2 },
        { model: null, dimensions: null, records: 1 },
      ],
    },
    {
      index: "b",
      records: 6,
      vectorized: 0,
      pending: 1,
      quarantined: 1,
      withoutText: 0,
      otherModel: 4,
      otherModels: [
        { model: null, dimensions: null, records: 3 },
        { model: "old", dimensions: 4, records: 1 },
      ],
    },
  ];
  const sum = { records: 23, vectorized: 5, pending: 4, quarantined: 5, withoutText: 2 };
  assert.deepEqual(sumCoverage(rows), {
    ...sum,
    otherModel: 7,
    otherModels: [
      { model: null, dimensions: null, records: 4 },
      { model: "old", dimensions: 8, records: 2 },
      { model: "old", dimensions: 4, records: 1 },
    ],
  });
  const none = { records: 0, vectorized: 0, pending: 0, quarantined: 0, withoutText: 0 };
  assert.deepEqual(sumCoverage([]), { ...none, otherModel: 0, otherModels: [] });
});

test("coverage is a share of the records that have a text; nothing to do is complete", () => {
  const ratio = (vectorized: number, pending: number, quarantined: number, otherModel = 0) =>
    coverageRatio({ vectorized, otherModel, pending, quarantined });
  assert.equal(ratio(3, 1, 0), 0.75);
  assert.equal(ratio(3, 0, 1), 0.75);
  assert.equal(ratio(0, 4, 0), 0);
  assert.equal(ratio(0, 0, 0), 1);
  assert.equal(ratio(3, 0, 0, 1), 0.75, "what search does not compare is not covered");
  assert.equal(ratio(0, 0, 0, 4), 0);
});
