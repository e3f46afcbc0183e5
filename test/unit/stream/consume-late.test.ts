import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogReader } from "../../../src/stream/read-log.ts";
import {
  INDEX,
  idOf,
  messageOf,
  messagesFrom,
  numbersFrom,
  setUpConsumer,
  shown,
  TOPIC,
} from "./consumer-setup.ts";

test("a document that Logstash brings 3 s late has its vector after the second look", async (t) => {
  const { clock, produce, index, start, hasVector, committed, store } = setUpConsumer(t);
  start();
  produce(messagesFrom(1, 1));
  await clock.advance(3000);
  index(1);
  assert.equal(hasVector(1), false);
  // The batch closed at 1 s, looks followed at 2 s and at 4 s.
  await clock.advance(1500);
  assert.equal(hasVector(1), true);
  assert.equal(store.located.length, 3);
  await clock.advance(1000);
  assert.equal(committed(), 1);
});

test("a clock that is set back makes no wait for a late document longer", async (t) => {
  const { clock, produce, index, start, hasVector } = setUpConsumer(t);
  start();
  produce(messagesFrom(1, 1));
  await clock.advance(1500);
  clock.set(-3_600_000);
  index(1);
  await clock.advance(500);
  assert.equal(hasVector(1), false);
  await clock.advance(2500);
  assert.equal(hasVector(1), true);
});

test("a late document holds up nobody else: their vectors are there at once, only the offset waits", async (t) => {
  const { clock, produce, index, start, hasVector, committed } = setUpConsumer(t);
  const { consumer } = start();
  index(...numbersFrom(2, 20));
  produce(messagesFrom(1, 21));
  await clock.advance(1500);
  assert.deepEqual(numbersFrom(1, 21).filter(hasVector), numbersFrom(2, 20));
  assert.equal(consumer.waiting(), 1);
  await clock.advance(2000);
  assert.equal(committed(), 0);
  index(1);
  await clock.advance(5000);
  assert.equal(committed(), 21);
  assert.equal(consumer.waiting(), 0);
});

test("30 s late is left to the backfill, which is told, and the commit moves on", async (t) => {
  const { clock, produce, index, start, hasVector, committed, told } = setUpConsumer(t);
  const { consumer } = start();
  index(2);
  produce(messagesFrom(1, 2));
  await clock.advance(15_900);
  assert.equal(committed(), 0);
  assert.deepEqual(told.leftToBackfill, []);
  await clock.advance(3000);
  assert.equal(committed(), 2);
  assert.deepEqual(told.leftToBackfill, [{ role: "tail", outcome: "missing", records: 1 }]);
  await clock.advance(11_000);
  index(1);
  await clock.advance(60_000);
  assert.equal(hasVector(1), false);
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 1, missing: 1 });
});

test("where the message names its index, a missing document is told with the index looked in", async (t) => {
  const indexTemplate = ["logs_", { field: "@timestamp", date: "yyyy_MM" }];
  const fields = { levels: ["ERROR"], messageField: "message", idField: "log_id", indexTemplate };
  const { clock, broker, start, told } = setUpConsumer(t, { read: createLogReader(fields) });
  start();
  const log = { log_id: "a", level: "ERROR", message: "m", "@timestamp": 1_795_989_427.123 };
  broker.produce(TOPIC, [{ value: JSON.stringify(log) }]);
  await clock.advance(20_000);
  assert.deepEqual(told.leftToBackfill, [
    { role: "tail", outcome: "missing", records: 1, lookedIn: ["logs_2026_11"] },
  ]);
});

test("a document that never comes costs no embedding", async (t) => {
  const { clock, produce, start, embedder, store } = setUpConsumer(t);
  start();
  produce(messagesFrom(1, 5));
  await clock.advance(60_000);
  assert.equal(embedder.calls.length, 0);
  assert.equal(store.writes.flat().length, 0);
  // One look when it came, and one after each of the four waits.
  assert.equal(store.located.length, 5);
});

test("a full waiting room leaves the oldest to the backfill, so memory stays flat", async (t) => {
  const { clock, produce, start, told } = setUpConsumer(t, { batchSize: 50 });
  const { consumer } = start();
  produce(messagesFrom(0, 1200));
  await clock.advance(0);
  assert.equal(consumer.waiting(), 1000);
  assert.equal(told.leftToBackfill.length, 200);
  assert.deepEqual(shown(consumer.tally().outcomes), { missing: 200 });
});

test("a message that left a full retry queue is committed, one that waits is not", async (t) => {
  const { clock, produce, start, committed } = setUpConsumer(t, {
    batchSize: 50,
    retryDelaysMs: [60_000],
  });
  start();
  produce(messagesFrom(0, 1200));
  await clock.advance(1500);
  assert.equal(committed(), 200);
});

test("the waiting room counts bytes as well: few long records fill it", async (t) => {
  const { clock, produce, start } = setUpConsumer(t);
  const { consumer } = start();
  const long = "x".repeat(1024 * 1024);
  produce(numbersFrom(0, 20).map((number) => messageOf(number, { message: long })));
  await clock.advance(1500);
  assert.equal(consumer.waiting(), 15);
  assert.deepEqual(shown(consumer.tally().outcomes), { missing: 5 });
});

test("a document that changes between look and write is looked at again, and gets the vector of its new text", async (t) => {
  const { clock, produce, index, start, store, committed, embedded } = setUpConsumer(t);
  const { consumer } = start();
  index(1);
  produce(messagesFrom(1, 1));
  store.before("write", (call) => {
    if (call === 1) store.change({ index: INDEX, id: idOf(1) }, { message: "another text" });
  });
  await clock.advance(1500);
  assert.equal(consumer.waiting(), 1);
  await clock.advance(2500);
  assert.deepEqual(embedded(), ["error number 1", "another text"]);
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 1 });
  assert.equal(committed(), 1);
});

test("one that changes each time is left to the backfill as conflicted", async (t) => {
  const { clock, produce, index, start, store, committed, told } = setUpConsumer(t);
  const { consumer } = start();
  index(1);
  produce(messagesFrom(1, 1));
  store.before("write", () => store.change({ index: INDEX, id: idOf(1) }, { touched: true }));
  await clock.advance(30_000);
  assert.deepEqual(shown(consumer.tally().outcomes), { conflicted: 1 });
  assert.deepEqual(told.leftToBackfill, [{ role: "tail", outcome: "conflicted", records: 1 }]);
  assert.equal(committed(), 1);
});

test("a worker waits for no document: a reference to one that is gone is done with", async (t) => {
  const { clock, produce, start, committed } = setUpConsumer(t, {
    role: "worker",
    retryDelaysMs: [],
  });
  const { consumer } = start();
  produce(messagesFrom(1, 3));
  await clock.advance(2500);
  assert.deepEqual(shown(consumer.tally().outcomes), { missing: 3 });
  assert.equal(committed(), 3);
});
