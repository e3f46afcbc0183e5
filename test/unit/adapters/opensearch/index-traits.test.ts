import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties } from "../../../../src/adapters/opensearch/fields.ts";
import { isForeign, traitsOf } from "../../../../src/adapters/opensearch/survey.ts";
import { STAMP_PROPERTIES } from "../../../../src/adapters/opensearch/mapping.ts";
import { FACTS, VECTOR, WANTED } from "./index-facts.ts";

const METHOD = { name: "hnsw", engine: "lucene", space_type: "cosinesimil" };
const OURS = { type: "knn_vector", dimension: 8, method: { ...METHOD, parameters: {} } };
const STAMP = { properties: { ...STAMP_PROPERTIES } };
const DATE = { properties: { embedded_at: { type: "date", format: "epoch_second" } } };

const MAPPINGS: [string, Properties, boolean][] = [
  ["nothing of ours", {}, false],
  [
    "our own mapping, as OpenSearch gives it back",
    { log_vector: OURS, log_vector_meta: STAMP },
    false,
  ],
  ["no graph", { log_vector: { type: "knn_vector", dimension: 8 } }, true],
  ["another engine", { log_vector: { ...OURS, method: { ...METHOD, engine: "faiss" } } }, true],
  ["half the bytes", { log_vector: { ...OURS, compression_level: "2x" } }, true],
  ["a time of another form beside the vector", { log_vector: OURS, log_vector_meta: DATE }, true],
];

for (const [what, properties, foreign] of MAPPINGS) {
  test(`an index with ${what} is ${foreign ? "somebody else's" : "ours"}`, () => {
    assert.equal(isForeign({ ...FACTS, knn: true, properties }, VECTOR), foreign);
  });
}

test("an index's traits ignore our own mappings beside the vector, and include wait_for_active_shards", () => {
  const before = { ...FACTS, properties: { log_vector: OURS } };
  const mapped = { ...FACTS, properties: { log_vector: OURS, log_vector_meta: STAMP } };
  const waiting = {
    ...FACTS,
    properties: { log_vector: OURS },
    write: { wait_for_active_shards: "all" },
  };
  const traits = (facts: typeof before) => traitsOf(facts, WANTED);
  assert.equal(traits(before), traits(mapped));
  assert.notEqual(traits(before), traits(waiting));
});
