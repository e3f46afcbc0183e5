import assert from "node:assert/strict";
import { test } from "node:test";
import { untilNow } from "../../../scripts/sample-logs/main.ts";

test("samples keep their distances and end now, and one without a time stays without", () => {
  const now = Date.parse("2030-01-01T12:00:00.000Z");
  const entries = [
    { message: "newest", timestamp: "2026-11-20T09:00:00.000Z" },
    { message: "none" },
    { message: "older", timestamp: "2026-11-20T08:30:00.000Z" },
  ];
  assert.deepEqual(untilNow(entries, now), [
    { message: "newest", timestamp: "2030-01-01T12:00:00.000Z" },
    { message: "none" },
    { message: "older", timestamp: "2030-01-01T11:30:00.000Z" },
  ]);
});
