import assert from "node:assert/strict";
import { test } from "node:test";
import { is, isNot, isSet, isUnset, present } from "../../../src/config/setting.ts";
import { readerOf } from "./sources-of.ts";

test("a condition says itself, and why it does not hold", () => {
  const settings = readerOf({ OPENSEARCH_USER: "u", HTTP_PORT: "0", KAFKA_SSL: "no" });
  const conditions = [
    isSet("OPENSEARCH_PASSWORD"),
    isUnset("OPENSEARCH_USER"),
    is("KAFKA_SSL", "true"),
    is("LOG_LEVEL", "warn", "error"),
    isNot("HTTP_PORT", "0"),
  ];
  assert.deepEqual(
    conditions.map(({ says, unmet }) => [says, unmet(settings)]),
    [
      ["OPENSEARCH_PASSWORD is set", "OPENSEARCH_PASSWORD is not set"],
      ["OPENSEARCH_USER is not set", "OPENSEARCH_USER is set"],
      ["KAFKA_SSL is true", "KAFKA_SSL is false"],
      ["LOG_LEVEL is warn or error", "LOG_LEVEL is info"],
      ["HTTP_PORT is not 0", "HTTP_PORT is 0"],
    ],
  );
});

test("a condition that holds gives no reason", () => {
  const settings = readerOf({ OPENSEARCH_PASSWORD: "p", KAFKA_SSL: "Yes" });
  const conditions = [
    isSet("OPENSEARCH_PASSWORD"),
    isUnset("HTTP_TOKEN"),
    is("KAFKA_SSL", "true"),
    isNot("HTTP_PORT", "0"),
  ];
  for (const { says, unmet } of conditions) assert.equal(unmet(settings), undefined, says);
});

test("a malformed value is a problem of its own, and no reason for another", () => {
  const settings = readerOf({ KAFKA_SSL: "perhaps", HTTP_PORT: "x" });
  assert.equal(is("KAFKA_SSL", "true").unmet(settings), undefined);
  assert.equal(isNot("HTTP_PORT", "0").unmet(settings), undefined);
});

test("a requirement that does not hold names the setting to correct, and the remedy", () => {
  assert.deepEqual(isSet("OPENSEARCH_PASSWORD").problem("OPENSEARCH_USER", ""), {
    name: "OPENSEARCH_PASSWORD",
    sentence: "not set, but OPENSEARCH_USER is; set both or none",
  });
  assert.deepEqual(isUnset("BACKFILL_SCHEDULE").problem("BACKFILL_INTERVAL_MINUTES", ""), {
    name: "BACKFILL_INTERVAL_MINUTES",
    sentence: "set together with BACKFILL_SCHEDULE; keep one of the two",
  });
  assert.deepEqual(is("KAFKA_SSL", "true").problem("KAFKA_CA_FILE", "KAFKA_SSL is false"), {
    name: "KAFKA_CA_FILE",
    sentence: "set, but KAFKA_SSL is false; set KAFKA_SSL=true, or leave this out",
  });
});

test("only what has a value is kept", () => {
  assert.deepEqual(Object.keys(present({ a: 1, b: undefined, c: "" })), ["a", "c"]);
});
