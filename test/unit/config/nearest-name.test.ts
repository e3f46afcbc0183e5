import assert from "node:assert/strict";
import { test } from "node:test";
import { isSlip, nearestName, nearestOf } from "../../../src/config/nearest-name.ts";

const NAMES: [unknown: string, nearest: string | undefined][] = [
  ["OPENSEARCH_HOSTNAME", "OPENSEARCH_HOST"],
  ["OPENSEARCH_HOSTS", "OPENSEARCH_HOST"],
  ["OPENSEARCH_USE", "OPENSEARCH_USER"],
  ["OPENSEARCH_URLS", "OPENSEARCH_URL"],
  ["OPENSEARCH_PASS", "OPENSEARCH_PASSWORD"],
  ["OPENSEARCH_INDEX", "OPENSEARCH_INDEX_PATTERN"],
  ["OPENSEARCH_PROT", "OPENSEARCH_PORT"],
  ["BACKFILL_BATCHSIZE", "BACKFILL_BATCH_SIZE"],
  ["BACKFILL_INTERVAL", "BACKFILL_INTERVAL_MINUTES"],
  ["ENRICHMENT_LEVEL", "ENRICHMENT_LEVELS"],
  ["EMBEDDING_DIMENSION", "EMBEDDING_DIMENSIONS"],
  ["OPENSEARCH_SNIFF", undefined],
  ["EMBEDDING_COLOUR", undefined],
];

for (const [unknown, nearest] of NAMES) {
  test(`${unknown} is taken for ${nearest ?? "nothing of ours"}`, () => {
    assert.equal(nearestName(unknown), nearest);
  });
}

test("a slip is one letter or two, not a part of a name", () => {
  assert.equal(isSlip("KAFKA_BOOTSTRAP_SERVER"), true);
  assert.equal(isSlip("KAFKA_TOPCI"), true);
  assert.equal(isSlip("KAFKA_TOPIC_PREFIX"), false);
  assert.equal(isSlip("KAFKA_BOOTSTRAP"), false);
});

const COMMANDS = ["run", "tail", "dlq", "search", "status", "config"];
for (const [unknown, nearest] of [
  ["serach", "search"],
  ["stats", "status"],
  ["dql", "dlq"],
  ["rn", "run"],
  ["conf", "config"],
  ["log", undefined],
  ["on", undefined],
  ["drain", undefined],
] as const) {
  test(`of a few short names, ${unknown} is taken for ${nearest ?? "none"}`, () => {
    assert.equal(nearestOf(unknown, COMMANDS), nearest);
  });
}
