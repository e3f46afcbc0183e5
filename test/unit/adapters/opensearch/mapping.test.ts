import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BASIS_PROPERTIES,
  GROUP_PROPERTIES,
  SEAL_PROPERTIES,
  missingProperties,
  STAMP_PROPERTIES,
  vectorProperties,
} from "../../../../src/adapters/opensearch/mapping.ts";
import { VECTOR } from "./index-facts.ts";
import type { EmptyMark, RefusalMark, Stamp } from "../../../../src/domain/stamp.ts";

test("the method, always with its engine, is given only where index.knn is set", () => {
  assert.deepEqual(vectorProperties(VECTOR, true)["log_vector"], {
    type: "knn_vector",
    dimension: 8,
    method: { name: "hnsw", engine: "lucene", space_type: "cosinesimil" },
  });
  assert.deepEqual(vectorProperties(VECTOR, false)["log_vector"], {
    type: "knn_vector",
    dimension: 8,
  });
});

const ALL = { ...STAMP_PROPERTIES, ...BASIS_PROPERTIES, ...SEAL_PROPERTIES, ...GROUP_PROPERTIES };

test("the stamp is mapped whole, and takes nothing else", () => {
  assert.deepEqual(vectorProperties(VECTOR, true)["log_vector_meta"], {
    type: "object",
    dynamic: false,
    properties: ALL,
  });
  const stamp: Record<keyof Stamp | keyof EmptyMark | keyof RefusalMark, true> = {
    model: true,
    dimensions: true,
    text_hash: true,
    embedded_at: true,
    truncated: true,
    mac: true,
    key: true,
    text: true,
    group: true,
    skipped: true,
    field: true,
    refused_by: true,
    token_limit: true,
    attempts: true,
    error: true,
    next_try: true,
  };
  for (const key of Object.keys(stamp)) assert.ok(key in ALL, key);
});

test("a vector mapping that is there stays as its owner made it", () => {
  const missing = missingProperties({ knn: true, vectorMapped: true }, VECTOR);
  assert.deepEqual(Object.keys(missing), ["log_vector_meta"]);
  const both = missingProperties({ knn: true, vectorMapped: false }, VECTOR);
  assert.deepEqual(Object.keys(both), ["log_vector", "log_vector_meta"]);
});
