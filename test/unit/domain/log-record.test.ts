import assert from "node:assert/strict";
import { test } from "node:test";
import { recordKey } from "../../../src/domain/log-record.ts";

test("no two records share a key, though their ids hold slashes", () => {
  const names = [
    { index: "a", id: "b/c" },
    { index: "a", id: "b" },
    { index: "b", id: "c" },
    { index: "ab", id: "c" },
  ];
  assert.equal(new Set(names.map(recordKey)).size, names.length);
});
