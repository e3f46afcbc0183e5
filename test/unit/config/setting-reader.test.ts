import assert from "node:assert/strict";
import { test } from "node:test";
import { readerOf } from "./sources-of.ts";

test("a value is read by its kind, a default where nothing is set", () => {
  const { read } = readerOf({ OPENSEARCH_PORT: "443" });
  assert.equal(read("OPENSEARCH_PORT"), 443);
  assert.equal(read("BACKFILL_BATCH_SIZE"), 100);
  assert.equal(read("OPENSEARCH_URL"), undefined);
});

test("a default is not given, and nothing is malformed about a missing value", () => {
  const { given, malformed } = readerOf({ OPENSEARCH_PORT: "443", OPENSEARCH_HOST: "" });
  assert.equal(given("OPENSEARCH_PORT"), true);
  assert.equal(given("OPENSEARCH_HOST"), false);
  assert.equal(malformed("OPENSEARCH_URL"), false);
});

test("a text that is no good is given and malformed, and has no value", () => {
  const { given, malformed, read } = readerOf({ OPENSEARCH_PORT: "x" });
  assert.deepEqual([given("OPENSEARCH_PORT"), malformed("OPENSEARCH_PORT")], [true, true]);
  assert.equal(read("OPENSEARCH_PORT"), undefined);
});

test("a setting that is off has no value and is not malformed", () => {
  const { read, malformed } = readerOf({ LOG_FILE: "" });
  assert.equal(read("LOG_FILE"), undefined);
  assert.equal(malformed("LOG_FILE"), false);
});

test("a value that must be there and is not is an error of ours", () => {
  assert.throws(() => readerOf({}).need("OPENSEARCH_URL"), /OPENSEARCH_URL/);
});
