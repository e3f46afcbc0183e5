import assert from "node:assert/strict";
import { test } from "node:test";
import { errorLogs, newestOpenSearch } from "../../../support/servers/open-search-fixture.ts";
import { peakBytes, skipMemory as skip } from "../../../support/asserts/peak-memory.ts";
import { outcomesOf, printedSummary } from "../../../support/asserts/printed-json.ts";
import { startVectorizer } from "../../../support/commands/run-command.ts";

const RECORDS = 10_000;
const MAX_RESIDENT_BYTES = 200e6;

test("ten thousand records are drained in less than 200 MB", { skip }, async (t) => {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, errorLogs(RECORDS));
  const env = { ...fixture.env, EMBEDDING_DIMENSIONS: "1536" };

  const drain = await startVectorizer(t, ["--drain", "--json"], { env });
  const peak = await peakBytes(drain);

  const ended = await drain.ended;
  const summary = printedSummary(ended);
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(outcomesOf(summary), { updated: RECORDS });
  assert.deepEqual([summary.found, summary.backlog], [RECORDS, 0]);
  assert.ok(peak > 50e6, `${peak} bytes cannot be the peak`);
  assert.ok(peak < MAX_RESIDENT_BYTES, `${Math.round(peak / 1e6)} MB at its peak`);
  const { count } = await fixture.send("POST", `/${index}/_count`, {
    query: { exists: { field: "log_vector" } },
  });
  assert.equal(count, RECORDS);
  t.diagnostic(`${Math.round(peak / 1e6)} MB, ${Math.round(summary.duration_ms / 1000)} s`);
});
