import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { vectorsWritten } from "../../../src/domain/outcome.ts";
import {
  INDEX,
  GROUP,
  TOPIC,
  log,
  messageOf,
  messagesFrom,
  numbersFrom,
  setUpConsumer,
  shown,
} from "./consumer-setup.ts";

const OUTAGE = new Fault("outage", "fake: no broker");

test("a message of another level is skipped, counted and committed", async (t) => {
  const { clock, produce, start, committed, store } = setUpConsumer(t);
  const { consumer } = start();
  const list = [log(2, { level: "WARN" }), log(3, { level: "DEBUG" })];
  produce([messageOf(1, { level: "INFO" }), JSON.stringify(list)]);
  await clock.advance(1500);
  assert.equal(committed(), 2);
  assert.equal(store.calls.locate, 0);
  const { passed_over: passedOver, taken } = consumer.tally();
  assert.deepEqual({ passedOver, taken }, { passedOver: 3, taken: 0 });
});

test("a document that has its vector already is neither paid for nor written", async (t) => {
  const { clock, produce, index, start, stopped, embedder, store, committed } = setUpConsumer(t);
  const first = start();
  index(1);
  produce([messageOf(1)]);
  await clock.advance(1500);
  await stopped(first);
  const { consumer } = start();
  produce([messageOf(1), messageOf(1)]);
  await clock.advance(2500);
  assert.equal(embedder.calls.length, 1);
  assert.equal(store.writes.flat().length, 1);
  assert.deepEqual(shown(consumer.tally().outcomes), { already_vectorized: 2 });
  assert.equal(committed(), 3);
});

test("a vector that search does not see yet shows that its index takes vectors, and the others get theirs", async (t) => {
  const { clock, produce, index, start, stopped, store, hasVector } = setUpConsumer(t);
  store.define(INDEX, { foreign: true });
  const first = start();
  index(1);
  produce([messageOf(1)]);
  await clock.advance(1500);
  await stopped(first);
  const { consumer } = start();
  index(2, 3);
  produce([messageOf(1), messageOf(2), messageOf(3)]);
  await clock.advance(2500);
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 2, already_vectorized: 1 });
  assert.deepEqual([1, 2, 3].filter(hasVector), [1, 2, 3]);
});

test("the same record twice in one batch is one update and one that is there already", async (t) => {
  const { clock, produce, index, start, store } = setUpConsumer(t);
  const { consumer } = start();
  index(1);
  produce([messageOf(1), messageOf(1)]);
  await clock.advance(1500);
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 1, already_vectorized: 1 });
  assert.equal(store.writes.flat().length, 1);
});

test("the same record in two batches at once is paid for once and written once", async (t) => {
  const { clock, produce, index, start, embedded } = setUpConsumer(t, { batchSize: 1 });
  const { consumer } = start();
  index(1);
  produce([messageOf(1), messageOf(1)]);
  await clock.advance(10_000);
  const { outcomes } = consumer.tally();
  assert.equal(vectorsWritten(outcomes), 1);
  assert.equal(outcomes.already_vectorized, 1);
  assert.equal(embedded().length, 1);
});

test("messages that come again after a rebalance are known, and free", async (t) => {
  const { clock, produce, index, start, broker, store, committed } = setUpConsumer(t, {
    retryDelaysMs: [60_000],
  });
  const { consumer } = start();
  index(...numbersFrom(2, 19));
  produce(messagesFrom(1, 20));
  await clock.advance(2500);
  assert.equal(committed(), 0);
  const states = store.located.flat().length;
  broker.rebalance(GROUP);
  await clock.advance(2500);
  const { taken, repeats } = consumer.tally();
  assert.deepEqual({ taken, repeats }, { taken: 20, repeats: 20 });
  assert.equal(store.located.flat().length, states);
  index(1);
  await clock.advance(60_000);
  assert.equal(committed(), 20);
});

test("a partition that was lost and comes back starts from its committed offset", async (t) => {
  const { clock, produce, index, start, stopped, committed, hasVector, broker } = setUpConsumer(t, {
    partitions: 2,
    retryDelaysMs: [60_000],
  });
  start();
  await clock.advance(10);
  index(...numbersFrom(1, 5));
  produce(messagesFrom(1, 5), 1);
  produce(messagesFrom(90, 1), 1);
  await clock.advance(2500);
  assert.equal(committed(1), 5);
  const second = start();
  await clock.advance(10);
  assert.equal(broker.members(GROUP), 2);
  await stopped(second);
  index(6, 90);
  produce(messagesFrom(6, 1), 1);
  await clock.advance(2500);
  assert.equal(hasVector(90), true, "its message came again, for its new holder had given it up");
  assert.equal(hasVector(6), true);
  assert.equal(committed(1), 7);
});

test("commits that fail are told once and tried again; the position never gets ahead of what is finished", async (t) => {
  const { clock, produce, index, start, committed, broker, told } = setUpConsumer(t, {
    retryDelaysMs: [30_000],
  });
  start();
  broker.failCommit(OUTAGE);
  index(1, 3);
  produce(messagesFrom(1, 3));
  await clock.advance(10_000);
  assert.equal(committed(), 0);
  assert.deepEqual(told.commitFailed, [{ role: "tail", fault: OUTAGE }]);
  broker.failCommit(undefined);
  await clock.advance(1500);
  assert.equal(committed(), 1);
  broker.failCommit(OUTAGE);
  await clock.advance(40_000);
  broker.failCommit(undefined);
  await clock.advance(1500);
  assert.equal(committed(), 3);
  assert.equal(told.commitFailed.length, 2);
});

test("a broker that goes away is told once, and once that it is back; nothing is lost or taken twice", async (t) => {
  const { clock, produce, index, start, broker, told, committed } = setUpConsumer(t);
  const { consumer } = start();
  index(...numbersFrom(1, 20));
  produce(messagesFrom(1, 10));
  await clock.advance(100);
  broker.down();
  await clock.advance(60_000);
  assert.equal(told.sourceLost.length, 1);
  assert.deepEqual(told.sourceBack, []);
  broker.up();
  produce(messagesFrom(11, 10));
  await clock.advance(40_000);
  assert.equal(told.sourceLost.length, 1);
  assert.deepEqual(told.sourceBack, [{ role: "tail" }]);
  assert.equal(committed(), 20);
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 20 });
});

test("a bug in reading is told, and the stream is read on, also when it meets the try after an outage", async (t) => {
  const { clock, produce, index, start, streams, told, hasVector } = setUpConsumer(t);
  const bugs: unknown[] = [OUTAGE, new TypeError("x is not a function")];
  const open: typeof streams.stream.open = (...args) => {
    const reader = streams.stream.open(...args);
    return {
      read: (signal) => (bugs.length > 0 ? Promise.reject(bugs.shift()) : reader.read(signal)),
      [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
    };
  };
  start({ streams: { ...streams, stream: { ...streams.stream, open } } });
  index(1);
  produce(messagesFrom(1, 1));
  await clock.advance(10_000);
  assert.equal(told.failedUnexpectedly.length, 1);
  assert.equal(hasVector(1), true);
  assert.deepEqual(told.sourceBack, [{ role: "tail" }]);
});

test("a topic that is deleted and recreated is read from its beginning, and committed", async (t) => {
  const { clock, produce, index, start, broker, committed, hasVector } = setUpConsumer(t);
  start();
  index(...numbersFrom(1, 30));
  produce(messagesFrom(1, 20));
  await clock.advance(5000);
  assert.equal(committed(), 20);
  broker.deleteTopic(TOPIC);
  await clock.advance(5000);
  broker.createTopic(TOPIC);
  produce(messagesFrom(21, 5));
  await clock.advance(40_000);
  assert.equal(hasVector(21), true);
  assert.equal(hasVector(25), true);
  assert.equal(committed(), 5);
});

test("each partition's offsets move by themselves", async (t) => {
  const { clock, produce, index, start, committed } = setUpConsumer(t, {
    partitions: 2,
    retryDelaysMs: [60_000],
  });
  start();
  index(2);
  produce(messagesFrom(1, 1), 0);
  produce(messagesFrom(2, 1), 1);
  await clock.advance(2500);
  assert.deepEqual([committed(0), committed(1)], [0, 1]);
});

test("the assigned partitions are reported at the start, at each rebalance and at the end", async (t) => {
  const { clock, start, stopped, told, names } = setUpConsumer(t, { partitions: 2 });
  const running = start();
  await clock.advance(10);
  await stopped(running);
  assert.deepEqual(told.consumerStarted, [{ role: "tail", streams: [TOPIC], group: GROUP }]);
  assert.deepEqual(told.lanesAssigned, [
    {
      role: "tail",
      lanes: [
        { stream: TOPIC, lane: "0" },
        { stream: TOPIC, lane: "1" },
      ],
    },
  ]);
  assert.equal(names.at(-1), "consumerEnded");
});
