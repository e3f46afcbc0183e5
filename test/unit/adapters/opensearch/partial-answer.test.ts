import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import {
  gapsIn,
  completenessShape,
  wholeTerms,
} from "../../../../src/adapters/opensearch/partial-answer.ts";

const buckets = z.object({ key: z.string() });
const answerShape = completenessShape.extend({
  aggregations: z.object({ models: wholeTerms(buckets) }).optional(),
});
const WHOLE = { timed_out: false, _shards: { total: 5, successful: 5, skipped: 3, failed: 0 } };
const script = { type: "script_exception", reason: "runtime error" };

const reasons = (answer: unknown, indices = ["a"], endsEarly = false) =>
  gapsIn(answerShape.parse(answer), { indices, endsEarly }).map(
    ({ index, reason }) => `${index}: ${reason}`,
  );

test("an answer of all shards is whole, those passed over included", () => {
  assert.deepEqual(reasons(WHOLE), []);
});

for (const [name, answer, expected] of [
  [
    "a shard that failed",
    { _shards: { total: 5, successful: 4, failed: 1, failures: [{ index: "a", reason: script }] } },
    ["a: 1 of 5 shards failed (script_exception: runtime error)"],
  ],
  [
    "shards without a copy, which count as neither failed nor successful",
    { _shards: { total: 5, successful: 3, skipped: 2, failed: 0 } },
    ["a: 2 of 5 shards have no copy that can be searched"],
  ],
  [
    "a search that ran out of its time",
    { timed_out: true },
    ["a: the search timed out (OPENSEARCH_TIMEOUT_SECONDS)"],
  ],
  [
    "a search that was ended early",
    { terminated_early: true },
    ["a: OpenSearch ended the search before it had seen every record"],
  ],
  [
    "an aggregation that leaves out values",
    { aggregations: { models: { sum_other_doc_count: 3, buckets: [] } } },
    ["a: OpenSearch left 3 records out of its counts"],
  ],
  [
    "an aggregation whose counts may be too low",
    { aggregations: { models: { doc_count_error_upper_bound: 7, buckets: [] } } },
    ["a: counts by OpenSearch may be too low by 7"],
  ],
] as const) {
  test(`${name} leaves a gap`, () => {
    assert.deepEqual(reasons({ ...WHOLE, ...answer }), expected);
  });
}

test("of several indices those are named whose shards failed, and all where nobody says which", () => {
  const failures = [
    { index: "b", reason: script },
    { index: "c", reason: null },
  ];
  const named = { ...WHOLE, _shards: { total: 9, successful: 6, failed: 3, failures } };
  assert.deepEqual(reasons(named, ["a", "b", "c"]), [
    "b: shards failed (script_exception: runtime error)",
    "c: shards failed",
  ]);
  const unnamed = { ...WHOLE, _shards: { total: 9, successful: 6, failed: 3 } };
  assert.deepEqual(reasons(unnamed, ["a", "b"]), [
    "a: 3 of 9 shards failed",
    "b: 3 of 9 shards failed",
  ]);
});

test("a search that was to end at a number of records is whole where it did", () => {
  assert.deepEqual(reasons({ ...WHOLE, terminated_early: true }, ["a"], true), []);
});
