import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { z } from "zod";
import { eventually } from "../../../../support/asserts/eventually.ts";
import { errorLog, newestOpenSearch } from "../../../../support/servers/open-search-fixture.ts";
import type { OpenSearchFixture } from "../../../../support/servers/open-search-fixture.ts";
import { highWaterMark, peakBytes, skipMemory } from "../../../../support/asserts/peak-memory.ts";
import { outcomesOf, printedSummary } from "../../../../support/asserts/printed-json.ts";
import { startVectorizer } from "../../../../support/commands/run-command.ts";

const PENDING = 200_000;
const BATCH = 500;
/** Of this size a drain has two: one is written while the other is embedded. */
const PAGES_AT_ONCE = 2;
/** When a drain is taken to be warm, and when it is stopped. */
const WARM_AT = 5000;
const STOP_AT = 12_000;
const MAX_RESIDENT_BYTES = 200e6;
/** What the garbage collector may be behind. */
const MAX_GROWTH_BYTES = 25e6;

describe("two hundred thousand logs are pending", { skip: skipMemory }, () => {
  test("a cycle takes its batch, and a drain as many as it is let, in memory that stays flat", async (t) => {
    const { fixture, env } = await largeBacklog(t);

    await t.test("a cycle", async () => {
      const once = await startVectorizer(t, ["--once", "--json"], { env });
      const peak = await peakBytes(once);

      const { found, backlog, ...summary } = printedSummary(await once.ended);
      assert.deepEqual(outcomesOf(summary), { updated: BATCH });
      assert.deepEqual([found, backlog], [PENDING, PENDING - BATCH]);
      assertFlat(peak, t);
    });

    await t.test("a drain", async () => {
      const drain = await startVectorizer(t, ["--drain", "--json"], { env });
      const before = await writesOf(fixture);
      const isAt = async (done: number) => (await writesOf(fixture)) - before >= done;
      await eventually(() => isAt(WARM_AT), t);
      const warm = await highWaterMark(drain.pid);
      await eventually(() => isAt(STOP_AT), t);
      const late = await highWaterMark(drain.pid);
      drain.kill("SIGTERM");

      const summary = printedSummary(await drain.ended);
      const { updated = 0, deferred = 0, ...others } = outcomesOf(summary);
      assert.ok(updated >= STOP_AT && summary.taken < PENDING);
      // The pages under way when it was stopped.
      assert.ok(deferred <= PAGES_AT_ONCE * BATCH, `${deferred} deferred`);
      assert.deepEqual(others, {});
      assert.equal(await vectorsIn(fixture), BATCH + updated);
      assertFlat(late, t);
      const growth = `from ${megabytes(warm)} to ${megabytes(late)}`;
      assert.ok(late - warm < MAX_GROWTH_BYTES, growth);
      t.diagnostic(`${summary.taken} records, ${growth}`);
    });
  });
});

function assertFlat(peak: number, t: TestContext): void {
  assert.ok(peak > 50e6, `${peak} bytes cannot be the peak`);
  assert.ok(peak < MAX_RESIDENT_BYTES, `${megabytes(peak)} at its peak`);
  t.diagnostic(`${megabytes(peak)} at its peak`);
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

async function largeBacklog(t: TestContext) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index, {
    settings: { refresh_interval: "-1", translog: { durability: "async" } },
  });
  await fill(fixture, index);
  const env = {
    ...fixture.env,
    EMBEDDING_DIMENSIONS: "8",
    BACKFILL_BATCH_SIZE: String(BATCH),
  };
  return { fixture, index, env };
}

const CHUNK = 10_000;

/** Two connections and no refresh in between: it takes a quarter of the time. */
async function fill(fixture: OpenSearchFixture, index: string): Promise<void> {
  let next = 0;
  const connection = async () => {
    while (next < PENDING) {
      const start = next;
      next += CHUNK;
      const lines = Array.from({ length: CHUNK }, (_, i) => {
        const number = start + i;
        const log = errorLog(`Request ${number} failed`, number);
        return `{"create":{"_id":"${number}"}}\n${JSON.stringify(log)}\n`;
      });
      const path = `/${index}/_bulk?filter_path=errors`;
      const answer = await fixture.send("POST", path, lines.join(""));
      assert.equal(answer["errors"], false);
    }
  };
  await Promise.all([connection(), connection()]);
  await fixture.send("POST", `/${index}/_refresh`);
}

const statsShape = z.object({
  _all: z.object({ primaries: z.object({ indexing: z.object({ index_total: z.number() }) }) }),
});

/** Writes so far, seen without a refresh. */
async function writesOf({ send, pattern }: OpenSearchFixture): Promise<number> {
  const stats = statsShape.parse(await send("GET", `/${pattern}/_stats/indexing`));
  return stats._all.primaries.indexing.index_total;
}

async function vectorsIn({ send, pattern }: OpenSearchFixture): Promise<number> {
  await send("POST", `/${pattern}/_refresh`);
  const query = { exists: { field: "log_vector" } };
  const { count } = await send("POST", `/${pattern}/_count`, { query });
  return Number(count);
}
