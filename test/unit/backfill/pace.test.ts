import assert from "node:assert/strict";
import { test } from "node:test";
import { createPace } from "../../../src/backfill/pace.ts";
import { runBatch } from "../../../src/pipeline/run-batch.ts";
import type { LogRecord } from "../../../src/domain/log-record.ts";
import { NO_VERSION } from "../../../src/domain/version.ts";
import { errorLogs } from "../../support/log-documents.ts";
import { settled } from "../../support/fakes/manual-clock.ts";
import { setUpBackfill, type BackfillSetup } from "./backfill-setup.ts";

const BATCH = 10;

function setUp(options: BackfillSetup = {}) {
  const setup = setUpBackfill([], options);
  const pace = createPace(setup.deps, { batchSize: BATCH });
  const never = new AbortController();
  const hasRoom = async (signal = never.signal) => {
    let room = false;
    void pace.room(signal).then(() => (room = true));
    await settled();
    return room;
  };
  const { embedder, store, clock } = setup;
  const { signal } = never;
  const gates = new Map<LogRecord | undefined, Promise<void>>();
  store.write = async (updates) => {
    await gates.get(updates[0]?.record);
    return updates.map(() => ({ status: "written" }));
  };
  /** A page whose request takes so long, and whose write ends when it is let. */
  const page = (records: readonly LogRecord[], { embedMs = 0 } = {}) => {
    const answered = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    embedder.plan(async ({ answer }) => {
      await answered.promise;
      clock.jump(embedMs);
      return answer();
    });
    gates.set(records[0], written.promise);
    const ended = pace.during(records, async (deps) => {
      await deps.embedder.embed([{ text: "text", logId: "1" }], signal);
      await deps.store.write(
        records.map((record) => ({ record, unmark: true })),
        signal,
      );
    });
    const then = async (gate: PromiseWithResolvers<void>) => {
      gate.resolve();
      await settled();
    };
    return {
      embedded: () => then(answered),
      async ends() {
        await then(answered);
        await then(written);
        await ended;
      },
    };
  };
  return { ...setup, pace, hasRoom, page };
}

function recordsOf(count: number, text = "text"): LogRecord[] {
  const one = { index: "app", version: NO_VERSION, text };
  return Array.from({ length: count }, (_, i) => ({ ...one, id: String(i) }));
}

test("a page is as large as what is written while a request is answered, within bounds", async () => {
  for (const [embedMs, size] of [
    [0, BATCH],
    [5, BATCH],
    [400, 240],
    [1500, 900],
    [60_000, 1000],
  ] as const) {
    const { pace, page } = setUp();
    assert.equal(pace.pageSize(), BATCH);
    await page(recordsOf(1), { embedMs }).ends();
    assert.equal(pace.pageSize(), size, `${embedMs} ms`);
  }
});

test("the quickest answer counts: a request of many texts takes longer, and that makes no page larger", async () => {
  const { pace, page } = setUp();
  await page(recordsOf(1), { embedMs: 100 }).ends();
  await page(recordsOf(1), { embedMs: 5000 }).ends();
  assert.equal(pace.pageSize(), 60);
});

test("as many pages are to be embedded as the embedder may have requests, and two more", async () => {
  const { page, hasRoom, admission } = setUp({ allowed: { maxConcurrentRequests: 3 } });
  assert.equal(admission.requestsAtOnce(), 3);
  const pages = [];
  while (pages.length < 10 && (await hasRoom())) pages.push(page(recordsOf(1)));
  assert.equal(pages.length, 3 + 2);
  await pages[0]?.embedded();
  assert.equal(await hasRoom(), true, "one of them waits to be written only");
  for (const one of pages) await one.ends();
});

test("where a page takes several requests, so many fewer pages go to the embedder", async () => {
  const { page, hasRoom } = setUp({
    allowed: { maxConcurrentRequests: 4 },
    limits: { maxTextsPerRequest: 5 },
  });
  let pages = 0;
  for (; pages < 10 && (await hasRoom()); pages++) page(recordsOf(1));
  assert.equal(pages, 2 + 2);
});

test("while what waits to be written would outlast the next answer none is read", async () => {
  const { page, hasRoom, clock } = setUp();
  const first = page(recordsOf(100), { embedMs: 200 });
  await first.embedded();
  clock.jump(1000);
  await first.ends();
  // A hundred take a second.
  const second = page(recordsOf(120), { embedMs: 200 });
  await second.embedded();
  assert.equal(await hasRoom(), true);
  const third = page(recordsOf(1), { embedMs: 200 });
  await third.embedded();
  assert.equal(await hasRoom(), false);
  const aborted = AbortSignal.abort();
  assert.equal(await hasRoom(aborted), true, "whoever stops does not wait for that");
  await second.ends();
  assert.equal(await hasRoom(), true);
  await third.ends();
});

test("texts and vectors in flight have their share of the memory, and one page may always be read", async () => {
  for (const { dimensions, large } of [
    { dimensions: 8, large: recordsOf(5, "x".repeat(1024 * 1024)) },
    { dimensions: 1024, large: recordsOf(9000) },
  ]) {
    const { page, hasRoom } = setUp({ dimensions });
    assert.equal(await hasRoom(), true);
    const one = page(large);
    assert.equal(await hasRoom(), false);
    await one.ends();
    assert.equal(await hasRoom(), true);
  }
});

test("records in flight are so many at most, whatever they weigh", async () => {
  const { deps, store, stop, hasRoom, page } = setUp();
  const one = page(recordsOf(5000, ""));
  assert.equal(await hasRoom(), false);
  await one.ends();
  const few = createPace(deps, { batchSize: BATCH, maxRecords: 20 });
  const running = few.during(recordsOf(20), ({ store: own }) =>
    own.readCurrent(recordsOf(1), stop.signals.everything),
  );
  let room = false;
  const waiting = few.room(stop.signals.requested).then(() => (room = true));
  assert.equal(room, false);
  await Promise.all([running, waiting]);
  assert.equal(store.calls.readCurrent, 1);
});

test("a page that fails makes room again", async () => {
  const { pace, hasRoom } = setUp({ dimensions: 1024 });
  const failed = pace.during(recordsOf(9000), () => Promise.reject(new Error("fake")));
  await assert.rejects(failed, /fake/);
  assert.equal(await hasRoom(), true);
});

test("a batch is run with what measures it, and comes to the same", async () => {
  const setup = setUpBackfill(errorLogs(3));
  const pace = createPace(setup.deps, { batchSize: BATCH });
  const { signal } = new AbortController();
  const indices = (await setup.store.survey(signal)).fit.map(({ index }) => index);
  const query = { indices, limit: 10, excludeKeys: [] };
  const { records: pending } = await setup.store.findPending(query, signal);
  setup.embedder.always(({ answer }) => {
    setup.clock.jump(1000);
    return answer();
  });
  const result = await pace.during(pending, (deps) => runBatch(deps, pending, setup.stop.signals));
  assert.equal(result.outcomes.updated, 3);
  assert.equal(pace.pageSize(), 600);
});
