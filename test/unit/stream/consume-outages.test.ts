import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault, type FaultKind } from "../../../src/domain/faults.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { messageOf, messagesFrom, numbersFrom, setUpConsumer, shown } from "./consumer-setup.ts";

const OUTAGE = new Fault("outage", "fake: no answer");

for (const kind of [
  "outage",
  "rate",
  "quota",
  "credentials",
  "configuration",
] satisfies FaultKind[]) {
  test(`an embedder that fails for a minute (${kind}) pauses it once; nothing is committed before, nothing lost`, async (t) => {
    const { clock, produce, index, start, embedder, told, committed, hasVector } = setUpConsumer(t);
    const fault = new Fault(kind, `fake: ${kind}`);
    const { consumer } = start();
    index(...numbersFrom(1, 30));
    embedder.always(failWith(fault));
    produce(messagesFrom(1, 30));
    await clock.advance(60_000);
    assert.equal(committed(), 0);
    assert.equal(told.consumerPaused.length, 1);
    assert.deepEqual(told.consumerPaused[0], { role: "tail", fault, waitMs: 1000 });
    assert.deepEqual(told.consumerResumed, []);
    embedder.always(({ answer }) => answer());
    await clock.advance(65_000);
    assert.deepEqual(numbersFrom(1, 30).filter(hasVector), numbersFrom(1, 30));
    assert.equal(committed(), 30);
    assert.equal(told.consumerResumed.length, 1);
    assert.equal(told.consumerPaused.length, 1);
    assert.deepEqual(shown(consumer.tally().outcomes), { updated: 30 });
  });
}

test("OpenSearch away for a minute pauses it once, costs nothing, and loses nothing", async (t) => {
  const { clock, produce, index, start, store, embedder, told, committed } = setUpConsumer(t);
  const { consumer } = start();
  index(...numbersFrom(1, 30));
  await clock.advance(10);
  for (const method of ["survey", "locate", "write"] as const) {
    store.before(method, () => {
      throw OUTAGE;
    });
  }
  produce(messagesFrom(1, 30));
  await clock.advance(60_000);
  assert.equal(told.consumerPaused.length, 1);
  assert.equal(embedder.calls.length, 0);
  assert.equal(committed(), 0);
  for (const method of ["survey", "locate", "write"] as const) store.before(method, undefined);
  await clock.advance(65_000);
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 30 });
  assert.equal(told.consumerPaused.length, 1);
  assert.equal(told.consumerResumed.length, 1);
  assert.equal(committed(), 30);
});

test("a store that takes no writes for a while costs no text a second embedding", async (t) => {
  const { clock, produce, index, start, store, embedded, committed } = setUpConsumer(t);
  start();
  index(...numbersFrom(1, 10));
  store.before("write", (call) => {
    if (call < 4) throw OUTAGE;
  });
  produce(messagesFrom(1, 10));
  await clock.advance(30_000);
  assert.equal(committed(), 10);
  assert.equal(embedded().length, 10);
});

test("while the embedder is down, batches that need none of it do not end the pause", async (t) => {
  const { clock, produce, index, start, embedder, told } = setUpConsumer(t, { batchSize: 5 });
  start();
  index(...numbersFrom(1, 5));
  embedder.always(failWith(OUTAGE));
  produce(messagesFrom(1, 5));
  // Looked at again in the very moment of the first try.
  await clock.advance(500);
  produce(messagesFrom(50, 5));
  await clock.advance(4500);
  // Fresh logs whose documents are not there yet, second after second.
  for (let at = 0; at < 60; at++) {
    produce(messagesFrom(100 + at * 5, 5));
    await clock.advance(1000);
  }
  assert.equal(told.consumerPaused.length, 1);
  assert.deepEqual(told.consumerResumed, []);
  embedder.always(({ answer }) => answer());
  await clock.advance(65_000);
  assert.equal(told.consumerPaused.length, 1);
  assert.equal(told.consumerResumed.length, 1);
});

test("a batch that is only half embedded is a failure of the embedder, not its recovery", async (t) => {
  const limits = { maxTextsPerRequest: 5 };
  const { clock, produce, index, start, embedder, told, committed } = setUpConsumer(t, { limits });
  const { consumer } = start();
  index(...numbersFrom(1, 10));
  const fault = new Fault("quota", "fake: no money");
  embedder.plan(({ answer }) => answer(), failWith(fault));
  produce(messagesFrom(1, 10));
  await clock.advance(500);
  assert.equal(embedder.calls.length, 2);
  assert.deepEqual(told.consumerPaused, [{ role: "tail", fault, waitMs: 1000 }]);
  // So long nobody asks an embedder that takes no request at all.
  await clock.advance(59_000);
  assert.equal(embedder.calls.length, 2);
  await clock.advance(60_000);
  assert.equal(told.consumerPaused.length, 1);
  assert.equal(embedder.calls.length, 3);
  assert.equal(committed(), 10);
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 10 });
});

test("a write that one index refuses is left to the backfill and committed; the others are written", async (t) => {
  const { clock, produce, index, start, store, told, committed, hasVector } = setUpConsumer(t);
  const { consumer } = start();
  index(...numbersFrom(1, 5));
  store.seed([{ index: "blocked_logs", id: "log-9", source: { level: "ERROR", message: "nine" } }]);
  store.refuse(({ record }) =>
    record.index === "blocked_logs" ? new Fault("index", "fake: write block") : undefined,
  );
  produce([...messagesFrom(1, 5), messageOf(9)]);
  await clock.advance(2500);
  assert.deepEqual(numbersFrom(1, 5).filter(hasVector), numbersFrom(1, 5));
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 5, deferred: 1 });
  assert.deepEqual(told.leftToBackfill, [{ role: "tail", outcome: "deferred", records: 1 }]);
  assert.deepEqual(told.consumerPaused, []);
  assert.equal(committed(), 6);
});

test("a document in an index that is skipped is deferred, not paid for, not written", async (t) => {
  const { clock, produce, start, store, embedder, committed } = setUpConsumer(t);
  const { consumer } = start();
  store.seed([{ index: "odd", id: "log-1", source: { level: "ERROR", message: "one" } }]);
  store.define("odd", { mapped: false, refusesMapping: "a wrong type" });
  produce(messagesFrom(1, 1));
  await clock.advance(2500);
  assert.deepEqual(shown(consumer.tally().outcomes), { deferred: 1 });
  assert.equal(embedder.calls.length, 0);
  assert.equal(committed(), 1);
});

test("a text for which the embedder never has a usable vector holds up nobody for good", async (t) => {
  const setup = setUpConsumer(t);
  const { clock, produce, index, start, embedder, told, committed, hasVector } = setup;
  const { consumer } = start();
  index(...numbersFrom(1, 4));
  embedder.always(({ inputs, answer }) => {
    const { vectors, tokens } = answer();
    return {
      tokens,
      vectors: vectors.map((one, i) => (inputs[i]?.logId === "log-2" ? null : one)),
    };
  });
  produce(messagesFrom(1, 3));
  await clock.advance(60_000);
  produce(messagesFrom(4, 1));
  await clock.advance(5000);
  assert.deepEqual(numbersFrom(1, 4).filter(hasVector), [1, 3, 4]);
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 3, deferred: 1 });
  assert.deepEqual(told.consumerPaused, []);
  assert.equal(committed(), 4);
});

test("on a quiet tail a text without a usable vector does not leave a pause standing once it is left to the backfill", async (t) => {
  const { start, produce, clock, embedder, index, told, committed } = setUpConsumer(t);
  start();
  index(1, 2);
  embedder.always(({ inputs }) => ({ tokens: 1, vectors: inputs.map(() => null) }));
  produce(messagesFrom(1, 1));
  await clock.advance(10_000);
  produce(messagesFrom(2, 1));
  await clock.advance(10_000);
  assert.deepEqual([told.consumerPaused.length, told.consumerResumed.length], [1, 0]);
  await clock.advance(60_000);
  assert.equal(told.leftToBackfill.length, 2);
  assert.deepEqual([told.consumerPaused.length, told.consumerResumed.length], [1, 1]);
  assert.equal(committed(), 2);
});

test("a pause ends on a quiet tail once OpenSearch is back, though its only document never comes", async (t) => {
  const { start, produce, clock, store, told, committed } = setUpConsumer(t);
  start();
  store.before("locate", () => {
    throw new Fault("outage", "fake: down");
  });
  produce(messagesFrom(1, 1));
  await clock.advance(10_000);
  store.before("locate", undefined);
  await clock.advance(60_000);
  assert.equal(told.leftToBackfill.length, 1);
  assert.deepEqual([told.consumerPaused.length, told.consumerResumed.length], [1, 1]);
  assert.equal(committed(), 1);
});
