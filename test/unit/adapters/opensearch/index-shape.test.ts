import assert from "node:assert/strict";
import { test } from "node:test";
import { groupById, groupByShape } from "../../../../src/adapters/opensearch/index-shape.ts";
import { SHAPE } from "./index-facts.ts";

test("indices share a search where they are alike in all but name and age", () => {
  const alike = { ...SHAPE, index: "b", createdAt: 9, mapped: false, knn: false };
  const other = { ...SHAPE, index: "c", messageFields: ["text"] };
  const filtered = { ...SHAPE, index: "d", aliasFilters: [{ term: { team: "a" } }] };
  assert.deepEqual(
    groupByShape([SHAPE, other, alike, filtered]).map((group) => group.map(({ index }) => index)),
    [["app_logs", "b"], ["c"], ["d"]],
  );
});

test("a search by id is shared by all whose id stands in the same field", () => {
  const other = { ...SHAPE, index: "b", messageFields: ["text"], levelFields: ["severity"] };
  const idFields = [{ name: "log_id", source: "log_id" }];
  const named = { ...SHAPE, index: "c", idFields };
  const ranged = [{ name: "log_id", source: "log_id", range: { least: 0, most: 9 } }];
  const numbered = { ...SHAPE, index: "d", idFields: ranged };
  const filtered = { ...SHAPE, index: "e", aliasFilters: [{ term: { team: "a" } }] };
  const groups = groupById([SHAPE, named, other, numbered, filtered]);
  assert.deepEqual(
    groups.map((group) => group.map(({ index }) => index)),
    [["app_logs", "b"], ["c"], ["d"], ["e"]],
  );
});
