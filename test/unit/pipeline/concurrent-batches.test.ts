import { test } from "node:test";
import { NO_VERSION } from "../../../src/domain/version.ts";
import { FAULT_POLICIES } from "../../../src/domain/fault-policy.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { vectorsWritten } from "../../../src/domain/outcome.ts";
import { embedText } from "../../../src/pipeline/collect-vectors.ts";
import { runBatchOf } from "../../../src/pipeline/run-batch.ts";
import { failWith, hang, type FakeBehaviour } from "../../support/fakes/fake-embedder.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { settled } from "../../support/fakes/manual-clock.ts";
import { textHash } from "../../support/fakes/signer.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { setUpBatch, shown, type BatchSetup } from "./batch-setup.ts";

import assert from "node:assert/strict";

/** An embedder's call that goes on once it is let. */
function held(then: FakeBehaviour = ({ answer }) => answer()) {
  const gate = Promise.withResolvers<void>();
  const behaviour: FakeBehaviour = async (call) => {
    await gate.promise;
    return then(call);
  };
  return { behaviour, letGo: () => gate.resolve() };
}

/** Two records of one text, each in a batch of its own; the second begins while the first is being embedded. */
async function twoBatches(then?: FakeBehaviour, options: BatchSetup = {}) {
  const setup = setUpBatch([errorLog(2, "same text"), errorLog(1, "same text")], options);
  const [one, two] = await setup.take();
  assert.ok(one && two);
  const call = held(then);
  setup.embedder.plan(call.behaviour);
  const first = setup.run([one]);
  await settled();
  const second = setup.run([two]);
  await settled();
  return { ...setup, first, second, letGo: call.letGo };
}

test("two batches with one text pay for it once, and both records get its vector", async () => {
  const { first, second, letGo, embedder, store } = await twoBatches();
  letGo();
  assert.deepEqual(shown(await first), { updated: 1 });
  const result = await second;
  assert.deepEqual(shown(result), { reused: 1 });
  assert.equal(result.use.requests, 0);
  assert.equal(embedder.calls.length, 1);
  for (const id of ["log-1", "log-2"]) {
    const source = store.read({ index: "app_logs", id });
    assert.deepEqual(source?.["log_vector"], [...stubVector("same text", 8)]);
  }
});

test("the text is paid for once also where nothing is remembered", async () => {
  const { first, second, letGo, embedder } = await twoBatches(undefined, { maxEntries: 0 });
  letGo();
  assert.deepEqual([shown(await first), shown(await second)], [{ updated: 1 }, { reused: 1 }]);
  assert.equal(embedder.calls.length, 1);
});

test("while the write of a paid text waits for another try, no number of other texts makes it be paid for again", async () => {
  const setup = setUpBatch(
    [errorLog(3, "same text"), errorLog(2, "another text"), errorLog(1, "same text")],
    { maxEntries: 1 },
  );
  const [first, other, second] = await setup.take();
  assert.ok(first && other && second);
  setup.store.before("write", (call) => {
    if (call === 1) throw new Fault("rate", "fake: queue full");
  });
  const waiting = setup.run([first]);
  await settled();
  assert.deepEqual(shown(await setup.run([other])), { updated: 1 });
  assert.deepEqual(shown(await setup.run([second])), { reused: 1 });
  await setup.clock.advance(10_000);
  assert.deepEqual(shown(await waiting), { updated: 1 });
  assert.equal(setup.embedder.calls.flat().length, 2);
});

test("a text goes to the batch that waits for it before the other texts of its own batch are embedded", async () => {
  const { run, take, embedder } = setUpBatch(
    ["same", "slow", "same"].map((text, i) => errorLog(10 - i, text)),
    { limits: { maxTextsPerRequest: 1 } },
  );
  const [same, slow, again] = await take();
  assert.ok(same && slow && again);
  const [quick, late] = [held(), held()];
  embedder.plan(quick.behaviour, late.behaviour);
  const first = run([same, slow]);
  await settled();
  const second = run([again]);
  await settled();
  quick.letGo();
  assert.deepEqual(shown(await second), { reused: 1 });
  late.letGo();
  assert.deepEqual(shown(await first), { updated: 2 });
  assert.equal(embedder.calls.length, 2);
});

test("reused texts are counted by where they came from", async () => {
  const { run, store, clock, told } = setUpBatch([errorLog(1, "in the store")], { ttlMs: 1000 });
  await run();
  await store.makeVisible(["app_logs"], new AbortController().signal);
  await clock.advance(1001);
  store.seed([errorLog(2, "in the cache")]);
  await run();
  await store.makeVisible(["app_logs"], new AbortController().signal);
  const texts = ["in the store", "in the cache", "in the cache", "new", "new"];
  store.seed(texts.map((text, i) => errorLog(10 + i, text)));
  assert.deepEqual(shown(await run()), { updated: 1, reused: 4 });
  assert.deepEqual(told.textsSaved, [{ cache: 2, store: 1, duplicate: 1 }]);
});

test("a cut text is stamped so in the batch that borrowed its vector", async () => {
  const limits = { maxTokensPerText: 1 };
  const { first, second, letGo, store } = await twoBatches(undefined, { limits });
  letGo();
  await Promise.all([first, second]);
  for (const { log_vector_meta: meta } of [1, 2].map(
    (n) => store.read({ index: "app_logs", id: `log-${n}` }) ?? {},
  )) {
    assert.partialDeepStrictEqual(meta, { truncated: true });
  }
});

test("a batch does not wait for another with the texts that are its own", async () => {
  const { run, take, embedder } = setUpBatch([errorLog(2, "same"), ...errorLogs(2)]);
  const [same, ...others] = await take();
  assert.ok(same);
  const call = held();
  embedder.plan(call.behaviour);
  const first = run([same]);
  await settled();
  const second = run([same, ...others]);
  await settled();
  assert.equal(embedder.calls.length, 2);
  assert.deepEqual(
    embedder.calls[1]?.map(({ logId }) => logId),
    ["log-1", "log-0"],
  );
  call.letGo();
  const results = await Promise.all([first, second]);
  // Both had read the same record: the one that writes second has read a version that is gone.
  const conflicted = results.map(({ outcomes }) => outcomes.conflicted);
  assert.deepEqual(
    conflicted.toSorted((a, b) => a - b),
    [0, 1],
  );
  const written = results.map(({ outcomes }) => vectorsWritten(outcomes));
  assert.equal(
    written.reduce((a, b) => a + b),
    3,
  );
});

test("two batches that each wait for a text of the other both end", async () => {
  const { run, take, embedder } = setUpBatch(
    ["a", "b", "b", "a"].map((text, i) => errorLog(10 - i, text)),
    { limits: { maxTextsPerRequest: 1 } },
  );
  const [a1, b1, b2, a2] = await take();
  assert.ok(a1 && b1 && b2 && a2);
  const call = held();
  embedder.plan(call.behaviour, call.behaviour);
  const first = run([a1]);
  const second = run([b2, a2]);
  const third = run([b1]);
  await settled();
  call.letGo();
  const results = await Promise.all([first, second, third]);
  assert.deepEqual(results.map(shown), [{ updated: 1 }, { updated: 1, reused: 1 }, { reused: 1 }]);
  assert.equal(embedder.calls.length, 2);
});

test("where the embedder is away, the waiting batch is deferred for that fault", async () => {
  const fault = new Fault("credentials", "fake: 401");
  const { first, second, letGo, embedder, told, inFlight } = await twoBatches(failWith(fault));
  letGo();
  for (const batch of [first, second]) {
    const result = await batch;
    assert.deepEqual(shown(result), { deferred: 1 });
    assert.equal(result.fault, fault);
    assert.equal(result.faultOf.size, 0);
  }
  assert.equal(embedder.calls.length, 1);
  assert.deepEqual(
    told.embedderFailed.map((one) => one.fault),
    [fault, fault],
  );
  assert.equal(inFlight.claim(["anything"]).others.size, 0);
});

test("an outage that outlasts the retries defers both batches, and nothing hangs", async () => {
  const fault = new Fault("outage", "fake: connection refused");
  const { first, second, letGo, embedder, clock } = await twoBatches(failWith(fault));
  embedder.always(failWith(fault));
  letGo();
  await clock.advance(60_000);
  for (const batch of [first, second]) {
    const result = await batch;
    assert.deepEqual([shown(result), result.fault], [{ deferred: 1 }, fault]);
  }
  // The tries, and a harmless text that shows that the embedder is away.
  assert.equal(embedder.calls.length, 1 + (FAULT_POLICIES.outage.retries?.max ?? 0) + 1);
  assert.equal(clock.sleepers, 0);
});

test("a refused text is quarantined in both batches, each record with its mark", async () => {
  const fault = new Fault("record", "fake: cannot read this");
  const { first, second, letGo, store, embedder } = await twoBatches(failWith(fault));
  letGo();
  for (const [result, key] of [
    [await first, "app_logs#uuid-1/log-2"],
    [await second, "app_logs#uuid-1/log-1"],
  ] as const) {
    assert.deepEqual(shown(result), { quarantined: 1 });
    assert.equal(result.faultOf.get(key), fault);
    assert.equal(result.fault, undefined);
  }
  // The second request is the harmless text that shows whether the embedder as such is in order.
  assert.equal(embedder.calls.length, 2);
  for (const id of ["log-1", "log-2"]) {
    const meta = store.read({ index: "app_logs", id })?.["log_vector_meta"];
    assert.partialDeepStrictEqual(meta, { skipped: "refused", attempts: 1 });
  }
});

test("an unusable answer defers both batches, and the next try pays again", async () => {
  const { first, second, letGo, run, embedder } = await twoBatches(({ answer }) => ({
    ...answer(),
    vectors: [null],
  }));
  letGo();
  assert.deepEqual([shown(await first), shown(await second)], [{ deferred: 1 }, { deferred: 1 }]);
  assert.deepEqual(shown(await run()), { updated: 1, reused: 1 });
  assert.equal(embedder.calls.length, 2);
});

test("an embedder that breaks ends its own batch; the waiting one is deferred, the text free", async () => {
  const { first, second, letGo, run } = await twoBatches(() => {
    throw new TypeError("a mistake of ours");
  });
  letGo();
  await assert.rejects(first, { name: "TypeError", message: "a mistake of ours" });
  const result = await second;
  assert.deepEqual([shown(result), result.fault], [{ deferred: 1 }, undefined]);
  assert.deepEqual(shown(await run()), { updated: 1, reused: 1 });
});

test("a stop in the middle of it defers both, without a fault", async () => {
  const { first, second, stop, letGo } = await twoBatches(hang);
  letGo();
  stop.request();
  stop.embedding();
  for (const batch of [first, second]) {
    const result = await batch;
    assert.deepEqual(shown(result), { deferred: 1 });
  }
});

/** A caller, with a stop of his own, whose text waits until other requests are answered. */
async function waitingCaller() {
  const setup = setUpBatch([errorLog(1, "same text"), errorLog(2, "text of its own")]);
  const call = held();
  setup.embedder.plan(...Array.from({ length: 4 }, () => call.behaviour));
  const ask = (text: string, stop = createManualStop()) =>
    embedText(setup, { text, logId: "asked" }, stop.signals);
  const busy = ["a", "b", "c", "d"].map((text) => ask(text));
  await settled();
  const leaving = createManualStop();
  const left = assert.rejects(ask("same text", leaving), { name: "Fault", kind: "outage" });
  await settled();
  assert.equal(setup.embedder.calls.length, 4);
  const answerAll = async () => {
    call.letGo();
    await Promise.all(busy);
  };
  return { ...setup, ask, answerAll, leave: () => leaving.request(), left };
}

test("a caller who leaves before his text was sent fails nobody who waits for the same text", async () => {
  const { ask, run, leave, left, answerAll, embedder } = await waitingCaller();
  const batch = run();
  const other = ask("same text");
  await settled();
  leave();
  await left;
  await answerAll();
  const [result, embedded] = await Promise.all([batch, other]);
  assert.deepEqual([shown(result), result.fault], [{ updated: 1, reused: 1 }, undefined]);
  assert.equal(embedded.use.requests, 1);
  const sent = embedder.calls.flat().filter(({ text }) => text === "same text");
  assert.equal(sent.length, 1, "one of them sends it for all");
});

test("a batch writes what is paid for before it sends the text of one who left", async () => {
  const setup = setUpBatch([errorLog(1, "same text"), errorLog(2, "text of its own")]);
  const { store, embedder } = setup;
  const found = Promise.withResolvers<void>();
  store.before("findVectors", (call) => (call === 1 ? found.promise : undefined));
  const leaving = createManualStop();
  const asked = embedText(setup, { text: "same text", logId: "asked" }, leaving.signals);
  const left = assert.rejects(asked, { name: "Fault", kind: "outage" });
  await settled();
  const written: number[] = [];
  embedder.always(({ answer }) => {
    written.push(store.writes.flat().length);
    return answer();
  });
  const batch = setup.run();
  await settled();
  leaving.request();
  found.resolve();
  await left;
  assert.deepEqual(shown(await batch), { updated: 2 });
  assert.deepEqual(written, [0, 1]);
});

test("a batch that is to stop does not take over the text of one that left", async () => {
  const { run, stop, leave, left, answerAll, embedder, inFlight } = await waitingCaller();
  const batch = run();
  await settled();
  stop.request();
  leave();
  await left;
  await answerAll();
  assert.deepEqual(shown(await batch), { deferred: 2 });
  assert.equal(embedder.calls.length, 4);
  assert.equal(inFlight.claim([textHash("same text")]).others.size, 0);
});

test("records that were looked at already are not looked at again", async () => {
  const { take, store, stop, ...deps } = setUpBatch([errorLog(1, "new text")]);
  const [record] = await take();
  assert.ok(record);
  const stale = { ...record, text: "old text", version: NO_VERSION };
  const looks = [{ state: "current" as const, changed: true, record }];
  const result = await runBatchOf({ ...deps, store }, [stale], looks, stop.signals);
  assert.deepEqual(shown(result), { updated: 1 });
  assert.equal(store.calls.readCurrent, 0);
  const source = store.read(record);
  assert.deepEqual(source?.["log_vector"], [...stubVector("new text", 8)]);
});
