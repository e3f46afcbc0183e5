import assert from "node:assert/strict";
import { test } from "node:test";
import { runReembed } from "../../../src/backfill/reembed.ts";
import { runSweep } from "../../../src/backfill/sweep.ts";
import { sumCoverage } from "../../../src/domain/coverage.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { joinStore } from "../../../src/pipeline/joined-store.ts";
import type { SeedDocument } from "../../support/fakes/fake-log-store.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { signer, textHash } from "../../support/fakes/signer.ts";
import { createSplitStore } from "../../support/fakes/split-store.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { setUpBackfillOn, sum } from "./backfill-setup.ts";

const INDEX = "app_logs";
const MODEL = "fake-model";

/** The backfill on a store that keeps no vectors, guards no write, has no order and shows writes at once. */
function setUp(documents: readonly SeedDocument[], model = MODEL) {
  const clock = createManualClock();
  const split = createSplitStore({
    levels: ["ERROR"],
    now: clock.now,
    inForce: { model, dimensions: 8 },
  });
  split.seed(documents);
  const open = (embedder: { model?: string } = {}) => {
    const joined = joinStore({ ...split, signer: async () => signer });
    return setUpBackfillOn(
      joined,
      { clock, state: createMemoryState() },
      { batchSize: 10, ...embedder },
    );
  };
  /** Each record has one vector, and the stamp that means it; returns the model of each. */
  const assertWhole = () => {
    for (const { id } of documents) {
      const { message, log_vector_meta: stamp } = split.read({ index: INDEX, id }) ?? {};
      const points = split.vectors.of({ index: INDEX, id });
      assert.deepEqual([points.length, points[0]?.stamp], [1, stamp], id);
      assert.equal(points[0]?.stamp.text_hash, textHash(String(message)));
    }
  };
  return { ...split, open, clock, assertWhole };
}

test("every record gets its vector in the index and its stamp in the store, and the outcomes add up", async () => {
  const { open, assertWhole } = setUp(errorLogs(25));
  const { cycle, store, embedder } = open();
  const taken: number[] = [];
  for (let i = 0; i < 4; i++) {
    const { summary } = await cycle();
    taken.push(summary.taken);
    assert.equal(sum(summary.outcomes), summary.taken);
  }
  assert.deepEqual(taken, [10, 10, 5, 0]);
  assertWhole();
  assert.equal(embedder.calls.flat().length, 25);
  const { signal } = new AbortController();
  const { rows } = await store.coverage({ indices: [INDEX] }, signal);
  assert.partialDeepStrictEqual(sumCoverage(rows), { vectorized: 25, pending: 0 });
});

test("a drain takes all, and each text is paid for once", async () => {
  const documents = Array.from({ length: 30 }, (_, i) => errorLog(i, `error ${i % 5}`));
  const { open, assertWhole } = setUp(documents);
  const { drain, embedder } = open();
  const { summary } = await drain();
  assert.partialDeepStrictEqual(summary, { taken: 30, backlog: 0 });
  assert.deepEqual([summary.outcomes.updated, summary.outcomes.reused], [5, 25]);
  assert.equal(embedder.calls.flat().length, 5);
  assertWhole();
});

test("the next process finds the vectors of equal texts in the index", async () => {
  const { open, seed, assertWhole } = setUp(errorLogs(3));
  await open().cycle();
  seed([errorLog(7, "error number 1 in app_logs")]);
  const { cycle, embedder } = open();
  const { summary } = await cycle();
  assert.deepEqual([summary.taken, summary.outcomes.reused], [1, 1]);
  assert.deepEqual(embedder.calls, []);
  assertWhole();
});

test("a vector that the index refuses for now is told, tried again and written; its record has no stamp before", async () => {
  const { open, vectors, read, clock, assertWhole } = setUp(errorLogs(3));
  const { cycle, told, embedder } = open();
  const busy = new Fault("outage", "fake index: busy");
  vectors.refuse(({ record }) => (record.id === "log-1" ? busy : undefined));
  const running = cycle();
  await settled();
  for (let i = 0; i < 100 && clock.sleepers === 0; i++) await settled();
  assert.equal(read({ index: INDEX, id: "log-1" })?.["log_vector_meta"], undefined);
  assert.equal(told.waiting[0]?.fault, busy);
  vectors.refuse(undefined);
  await clock.advance(60_000);
  const { summary } = await running;
  assert.deepEqual([summary.outcomes.updated, sum(summary.outcomes)], [3, 3]);
  assert.equal(embedder.calls.flat().length, 3);
  assertWhole();
});

test("a vector that the index never takes is a failed write of that record alone", async () => {
  const { open, vectors, read } = setUp(errorLogs(3));
  const { cycle, told } = open();
  vectors.refuse(({ record }) =>
    record.id === "log-1" ? new Fault("record", "fake index: too long") : undefined,
  );
  const { summary } = await cycle();
  assert.deepEqual([summary.outcomes.updated, summary.outcomes.quarantined], [2, 1]);
  assert.deepEqual(
    told.recordFailed.map(({ id, outcome }) => [id, outcome]),
    [["log-1", "quarantined"]],
  );
  assert.partialDeepStrictEqual(read({ index: INDEX, id: "log-1" }), {
    log_vector_meta: { skipped: "refused", error: "fake index: too long" },
  });
});

test("an index that is away costs no record its turn: all stay pending and are written from what was paid for", async () => {
  const { open, vectors, clock, assertWhole } = setUp(errorLogs(4));
  const { cycle, embedder } = open();
  vectors.refuse(() => new Fault("outage", "fake index: away"));
  const running = cycle();
  for (let i = 0; i < 20; i++) await clock.advance(60_000);
  const { summary, fault } = await running;
  assert.deepEqual([summary.outcomes.deferred, summary.backlog], [4, 4]);
  assert.equal(fault?.message, "fake index: away");
  vectors.refuse(undefined);
  const { summary: next } = await cycle();
  assert.deepEqual([next.outcomes.updated + next.outcomes.reused, next.backlog], [4, 0]);
  assert.equal(embedder.calls.flat().length, 4);
  assertWhole();
});

test("a text that changed between the look and the write gets no stamp of the text before", async () => {
  const { open, change, vectors, assertWhole } = setUp(errorLogs(2));
  const { cycle } = open();
  let changes = 1;
  vectors.refuse(({ record }) => {
    if (record.id === "log-0" && changes-- > 0) {
      change({ index: INDEX, id: "log-0" }, { message: "another text" });
    }
    return undefined;
  });
  const { summary } = await cycle();
  assert.deepEqual([summary.outcomes.updated, summary.outcomes.conflicted], [1, 1]);
  await cycle();
  const [first, second] = vectors.of({ index: INDEX, id: "log-0" }).map(({ stamp }) => stamp);
  assert.deepEqual(
    new Set([first?.text_hash, second?.text_hash]),
    new Set([textHash("error number 0 in app_logs"), textHash("another text")]),
  );
  // Search passes over the first: no stamp means it.
  await vectors.delete?.(
    [{ record: { index: INDEX, indexUuid: "uuid-1", id: "log-0" }, ...(first && { name: first }) }],
    new AbortController().signal,
  );
  assertWhole();
});

test("vectors of another model are replaced without an order to go by, and the old ones leave the index", async () => {
  const { open, assertWhole, vectors } = setUp(errorLogs(25), "next-model");
  await open({ model: "old-model" }).drain();
  const { deps, store, stop, embedder } = open({ model: "next-model" });
  const { signal } = new AbortController();
  const { fit } = await store.survey(signal);
  const { rows, gaps } = await store.coverage({ indices: [INDEX] }, signal);
  assert.equal(sumCoverage(rows).otherModel, 25);
  deps.embedderLimits.startRun();
  const indices = { fit: fit.length, unfit: 0 };
  const { summary } = await runReembed(deps, { rows, gaps, indices }, stop.signals);
  assert.deepEqual([summary.taken, summary.left, sum(summary.outcomes)], [25, 0, 25]);
  assert.equal(embedder.calls.flat().length, 25);
  assert.equal(vectors.of({ index: INDEX, id: "log-3" })[0]?.stamp.model, "next-model");
  assertWhole();
});

test("a sweep on such a store: the vector of an earlier text leaves the index, with a new one or without", async () => {
  const { open, change, vectors, read, assertWhole } = setUp(errorLogs(3));
  const first = open();
  await first.drain();
  change({ index: INDEX, id: "log-0" }, { message: "a new text" });
  change({ index: INDEX, id: "log-1" }, { message: " " });
  const { deps, signer: own, toText, clock, stop } = first;
  const pricing = { toText, tokens: deps.tokens, maxTokensPerText: 100, pricePerMillionTokens: 1 };
  const inForce = { model: MODEL, dimensions: 8 };
  const sweep = { store: deps.store, signer: own, toText, inForce, pricing, clock, backfill: deps };
  const { summary } = await runSweep(sweep, {}, stop.signals);
  assert.partialDeepStrictEqual(summary, { looked_at: 3, current: 1, text_changed: 2 });
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 1, empty: 1 });
  assert.deepEqual(vectors.of({ index: INDEX, id: "log-1" }), []);
  change({ index: INDEX, id: "log-1" }, { message: "error number 1 in app_logs" });
  assert.equal(read({ index: INDEX, id: "log-1" })?.["log_vector"], null);
  await first.drain();
  assertWhole();
});
