import assert from "node:assert/strict";
import { test } from "node:test";
import { createRunner } from "../../../src/backfill/runner.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { createFakeLogStore } from "../../support/fakes/fake-log-store.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemorySpool } from "../../support/fakes/memory-spool.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { setUpBackfill } from "./backfill-setup.ts";

/** Two documents of one text, of which the first process takes the newer one and cannot refresh. */
async function afterOneCycle() {
  const clock = createManualClock();
  const documents = [errorLog(0, "same", "app_a"), errorLog(1, "same", "app_a")];
  const store = createFakeLogStore(documents, clock);
  const left = { clock, store, state: createMemoryState() };
  store.before("makeVisible", () => {
    throw new Fault("outage", "fake: no refresh");
  });
  const first = setUpBackfill([], { left, batchSize: 1 });
  await createRunner(first.deps, { drain: false, nextRun: () => undefined })(first.stop.signals);
  assert.equal(first.embedder.calls.length, 1);
  return { left, first };
}

test("the next process pays for no text whose vector was written and is not to be found by search", async () => {
  const { left } = await afterOneCycle();
  const next = setUpBackfill([], { left, batchSize: 100 });
  await next.deps.unseen.load();
  const { summary } = await next.cycle();
  assert.equal(next.embedder.calls.length, 0);
  assert.deepEqual([summary.outcomes.reused, summary.outcomes.already_vectorized], [1, 1]);
});

test("a vector that a killed process left where search does not see it serves the batch that comes upon it", async () => {
  const { left } = await afterOneCycle();
  const state = createMemoryState();
  const next = setUpBackfill([], { left: { ...left, state }, batchSize: 100 });
  await next.cycle();
  assert.equal(next.embedder.calls.length, 0);
});

test("while its document cannot be read a text waits, and the others of the batch do not", async () => {
  const { left } = await afterOneCycle();
  const { store, clock } = left;
  const next = setUpBackfill([], { left, batchSize: 100 });
  await next.deps.unseen.load();
  next.recent.remember("app_a#uuid-1/log-1", 3_600_000);
  store.seed([errorLog(2, "another", "app_b")]);
  const { readCurrent } = store;
  const fault = new Fault("outage", "fake: no shard available");
  store.readCurrent = async (records, signal) =>
    (await readCurrent(records, signal)).map((one, i) =>
      records[i]?.id === "log-1" ? { state: "unreadable", fault } : one,
    );
  const { summary } = await next.cycle();
  assert.deepEqual([summary.outcomes.deferred, summary.outcomes.updated], [1, 1]);
  assert.deepEqual(
    next.embedder.calls.flat().map(({ text }) => text),
    ["another"],
  );
  store.readCurrent = readCurrent;
  await clock.advance(60_000);
  await next.cycle();
  assert.equal(next.embedder.calls.length, 1);
  assert.ok(store.read({ index: "app_a", id: "log-0" })?.["log_vector"]);
});

for (const how of ["drain", "cycle"] as const)
  test(`a ${how} writes what a killed process had paid for, and pays only for the text that changed since`, async () => {
    const spool = createMemorySpool();
    const killed = setUpBackfill(errorLogs(12), { spool });
    const end = new Error("killed");
    killed.store.before("write", () => {
      throw end;
    });
    await assert.rejects(killed.drain(), end);
    assert.equal(killed.held.count(), 12);
    killed.store.before("write", undefined);
    const { clock, store, state } = killed;
    store.change({ index: "app_logs", id: "log-3" }, { message: "another text" });

    const left = createMemorySpool(spool.segments);
    const next = setUpBackfill([], { left: { clock, store, state }, spool: left });
    const { summary } = await next[how]();
    assert.deepEqual(
      next.embedder.calls.flat().map(({ text }) => text),
      ["another text"],
    );
    assert.partialDeepStrictEqual(summary.outcomes, { updated: 1, reused: 11 });
    assert.deepEqual(next.told.heldVectorsFound, [{ vectors: 12, damagedBytes: 0 }]);
    for (const number of Array.from({ length: 12 }, (_, i) => i)) {
      const { message, log_vector: vector } =
        store.read({ index: "app_logs", id: `log-${number}` }) ?? {};
      assert.ok(Array.isArray(vector) && typeof message === "string");
      assert.deepEqual(Float32Array.from(vector), stubVector(message, 8), message);
    }
    // The vector of the text that stands in no record is held for a day.
    assert.equal(next.held.count(), 1);
    clock.jump(25 * 3_600_000);
    await next.held.sync();
    assert.equal(left.segments.size, 0);
  });
