import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parseLogFile } from "../../../../scripts/sample-logs/parse-log-file.ts";
import { sampleEntries, untilNow } from "../../../../scripts/sample-logs/main.ts";

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

test("the samples are read as the reader of all layouts reads them", async () => {
  const path = new URL("../../../../scripts/sample-logs/sample-errors.jsonl", import.meta.url)
    .pathname;
  const all = await Array.fromAsync(parseLogFile(path));
  assert.deepEqual(sampleEntries(await readFile(path, "utf8")), all);
});
