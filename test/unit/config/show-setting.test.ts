import assert from "node:assert/strict";
import { test } from "node:test";
import { quoteSetting, showSetting } from "../../../src/config/describe.ts";

test("a secret is shown as nothing but stars, however short", () => {
  assert.equal(showSetting("OPENSEARCH_PASSWORD", "a"), "***");
  assert.equal(quoteSetting("OPENAI_API_KEY", "sk-hunter2"), "***");
});

test("a password in an address is masked wherever it was put", () => {
  assert.equal(showSetting("OPENSEARCH_URL", "https://u:hunter2@a"), "https://u:***@a");
  assert.equal(showSetting("OPENSEARCH_HOST", "u:hunter2@a"), "u:***@a");
  assert.equal(showSetting("OPENSEARCH_PORT", "http://u:hunter2@a:1"), "http://u:***@a:1");
});

test("an @ that has nothing to do with addresses stays", () => {
  assert.equal(showSetting("TIMESTAMP_FIELD", "@timestamp"), "@timestamp");
});

test("a quoted text is one line without control characters, and of bounded length", () => {
  assert.equal(quoteSetting("OPENSEARCH_PORT", "9200 "), '"9200 "');
  assert.equal(quoteSetting("MESSAGE_FIELD", "a\nb\x1b"), '"a\\nb\\u001b"');
  assert.equal(quoteSetting("MESSAGE_FIELD", "x".repeat(5000)), `"${"x".repeat(120)}…"`);
});
