import assert from "node:assert/strict";
import { test } from "node:test";
import { termsOf } from "../../../../src/adapters/local-embedder/hashing-embedder.ts";

const TERMS: [string, string[]][] = [
  ["Disk full!", ["disk", "full"]],
  ["java.lang.NullPointerException", ["java", "lang", "null", "pointer", "exception"]],
  ["HTTPServer readTimeoutMs", ["http", "server", "read", "timeout", "ms"]],
  ["port 8080, pid 17", ["port", "<number>", "pid", "<number>"]],
  ["blk_38865049064139660", ["blk", "<number>"]],
  ["request 550e8400-e29b", ["request", "<hex>", "<hex>"]],
  ["at 0x7ffe and deadbeef01", ["at", "<hex>", "and", "<hex>"]],
  ["dead beef", ["dead", "beef"]],
  ["session a1B2c3D4e5F6g7H8i9", ["session", "<id>"]],
  ["utf8 ipv4 log4j", ["utf8", "ipv4", "log4j"]],
  ["Überlauf größer", ["überlauf", "größer"]],
  ["ファイル がありません", ["ファイル", "がありません"]],
  ["--- ===", []],
  ["", []],
];

for (const [text, terms] of TERMS) {
  test(`the terms of "${text}" are ${terms.join(" ")}`, () => {
    assert.deepEqual(
      termsOf(text).map(({ term }) => term),
      terms,
    );
  });
}
