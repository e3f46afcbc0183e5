import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { z } from "zod";
import { ask, httpDaemon } from "../../support/servers/http-daemon.ts";
import {
  errorLog,
  newestOpenSearch,
  type OpenSearchFixture,
} from "../../support/servers/open-search-fixture.ts";
import { highWaterMark, peakBytes, skipMemory as skip } from "../../support/asserts/peak-memory.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import { startVectorizer } from "../../support/commands/run-command.ts";

const MEGABYTE = 1_000_000;
/** A plain cycle took 477 MB for a hundred records of 1 MB before its answers were bounded. */
const MAX_RESIDENT_BYTES = 300e6;

describe("records are large", { skip }, () => {
  test("a cycle over a hundred records of 1 MB stays small, and takes all of them", async (t) => {
    const { fixture, index } = await largeRecords(t, { records: 100, bytes: MEGABYTE });
    const once = await startVectorizer(t, ["--once", "--json"], { env: fixture.env });
    const peak = await peakBytes(once);
    const summary = printedSummary(await once.ended);
    assert.deepEqual(outcomesOf(summary), { updated: 100 });
    assert.equal(summary.backlog, 0);
    assertSmall(peak, t);
    assert.equal(await vectorsIn(fixture, index), 100);
  });

  test("a drain of records of 1 MB stays small", async (t) => {
    const { fixture, index } = await largeRecords(t, { records: 200, bytes: MEGABYTE });
    const drain = await startVectorizer(t, ["--drain", "--json"], { env: fixture.env });
    const peak = await peakBytes(drain);
    const summary = printedSummary(await drain.ended);
    assert.deepEqual(outcomesOf(summary), { updated: 200 });
    assertSmall(peak, t);
    assert.equal(await vectorsIn(fixture, index), 200);
  });

  test("a record of 10 MB is cut, and gets the vector of its head", async (t) => {
    const { fixture, index } = await largeRecords(t, { records: 5, bytes: 10 * MEGABYTE });
    const once = await startVectorizer(t, ["--once", "--json"], { env: fixture.env });
    const peak = await peakBytes(once);
    assert.deepEqual(outcomesOf(printedSummary(await once.ended)), { updated: 5 });
    assertSmall(peak, t);
    const query = { term: { "log_vector_meta.truncated": true } };
    const { count } = await fixture.send("POST", `/${index}/_count`, { query });
    assert.equal(count, 5);
  });

  test("searches over records of 1 MB answer their heads, the address of one its whole, and nothing of other indices", async (t) => {
    const { fixture, index } = await largeRecords(t, { records: 40, bytes: MEGABYTE });
    const outside = fixture.name("metrics");
    await fixture.create(outside);
    await fixture.fill(outside, [errorLog("nobody is to read this", 1)]);
    const { env: own, url } = await httpDaemon(t, fixture);
    const env = { ...own, BACKFILL_BATCH_SIZE: "40", OPENSEARCH_INDEX_PATTERN: index };
    const daemon = await startVectorizer(t, [], { env });
    await daemon.says(/Cycle #1 summary/);
    await fixture.send("POST", `/${index}/_refresh`);
    const search = async (number: number) => {
      const response = await ask(
        t,
        `${url}/api/v1/search?q=handler%20${number}%20failed&limit=100`,
      );
      const body = await response.text();
      assert.equal(response.status, 200, body);
      assert.ok(body.length < 500_000, `${body.length} characters`);
      return answerShape.parse(JSON.parse(body)).hits;
    };
    const found = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(search));
    for (const hit of found.flat()) {
      assert.ok(Buffer.byteLength(hit.message) <= 4096);
      assert.equal(hit.message_truncated, true);
    }
    assert.ok(found.every(({ length }) => length > 0));
    const whole = await ask(t, `${url}/api/v1/logs/${index}/7`);
    const record = hitShape.parse(await whole.json());
    assert.deepEqual(
      [Buffer.byteLength(record.message), record.message_truncated],
      [MEGABYTE, false],
    );
    for (const path of [`${outside}/0`, ".opensearch/0", `${index}/nobody`]) {
      const response = await ask(t, `${url}/api/v1/logs/${path}`);
      assert.equal(response.status, 404, await response.text());
    }
    assertSmall(await highWaterMark(daemon.pid), t);
    daemon.kill("SIGTERM");
    assert.equal((await daemon.ended).code, 0);
  });
});

const hitShape = z.looseObject({ message: z.string(), message_truncated: z.boolean() });
const answerShape = z.looseObject({ hits: z.array(hitShape) });

function assertSmall(peak: number, t: TestContext): void {
  assert.ok(peak > 50e6, `${peak} bytes cannot be the peak`);
  assert.ok(peak < MAX_RESIDENT_BYTES, `${Math.round(peak / 1e6)} MB at its peak`);
  t.diagnostic(`${Math.round(peak / 1e6)} MB at its peak`);
}

async function largeRecords(
  t: TestContext,
  { records, bytes }: { records: number; bytes: number },
): Promise<{ fixture: OpenSearchFixture; index: string }> {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  for (let number = 0; number < records; number++) {
    const line = `at handler ${number} (/srv/app/worker.js:${number}:7) of request failed\n`;
    const message = line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes);
    await fixture.send("PUT", `/${index}/_doc/${number}`, errorLog(message, number));
  }
  await fixture.send("POST", `/${index}/_refresh`);
  return { fixture, index };
}

async function vectorsIn(fixture: OpenSearchFixture, index: string): Promise<unknown> {
  const query = { exists: { field: "log_vector" } };
  return (await fixture.send("POST", `/${index}/_count`, { query }))["count"];
}
