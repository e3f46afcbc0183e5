import assert from "node:assert/strict";
import { test } from "node:test";
import { SETTING_NAMES } from "../../../src/config/settings.ts";
import { nearestOf } from "../../../src/config/sources.ts";
import { sourcesOf } from "./sources-of.ts";

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
    assert.equal(nearestOf(unknown, SETTING_NAMES), nearest);
  });
}

test("a slip is one letter or two, not a part of a name", () => {
  const { unknown } = sourcesOf({
    KAFKA_BOOTSTRAP_SERVER: "a",
    KAFKA_TOPCI: "a",
    KAFKA_TOPIC_PREFIX: "a",
    KAFKA_BOOTSTRAP: "a",
  });
  assert.deepEqual(
    unknown.map(({ name }) => name),
    ["KAFKA_BOOTSTRAP_SERVER", "KAFKA_TOPCI"],
  );
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
