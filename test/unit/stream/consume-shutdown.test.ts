import assert from "node:assert/strict";
import { test } from "node:test";
import type { JoinGroup } from "../../../src/adapters/kafka/group-member.ts";
import { createMessageStream } from "../../../src/adapters/kafka/message-stream.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { failWith, hang } from "../../support/fakes/fake-embedder.ts";
import { settled } from "../../support/fakes/manual-clock.ts";
import {
  GROUP,
  LETTERS,
  messageOf,
  messagesFrom,
  numbersFrom,
  setUpConsumer,
  shown,
} from "./consumer-setup.ts";

test("the open batch is flushed where the embedder answers in time; all is committed and the group left", async (t) => {
  const { clock, produce, index, start, committed, broker, told } = setUpConsumer(t, {
    batchTimeoutMs: 60_000,
  });
  const { consumer, stop, ended } = start();
  index(...numbersFrom(1, 5));
  produce(messagesFrom(1, 5));
  await clock.advance(100);
  stop.request();
  await ended;
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 5 });
  assert.equal(committed(), 5);
  assert.equal(broker.members(GROUP), 0);
  assert.equal(clock.sleepers, 0);
  assert.deepEqual(told.consumerEnded, [{ role: "tail", tally: consumer.tally() }]);
});

test("an answer that comes between the stop and the embedder's deadline is still written", async (t) => {
  const { clock, produce, index, start, committed, embedder } = setUpConsumer(t);
  const { stop, ended } = start();
  index(...numbersFrom(1, 10));
  const late = Promise.withResolvers<void>();
  embedder.plan(async ({ answer }) => {
    await late.promise;
    return answer();
  });
  produce(messagesFrom(1, 10));
  await clock.advance(100);
  stop.request();
  await settled();
  late.resolve();
  await ended;
  assert.equal(committed(), 10);
});

test("where the embedder hangs the batches are given up uncommitted, no failure is told, and the next start does them", async (t) => {
  const { clock, produce, index, start, committed, embedder, broker, told, hasVector } =
    setUpConsumer(t, { batchTimeoutMs: 60_000 });
  const { consumer, stop, ended } = start();
  index(...numbersFrom(1, 65));
  embedder.always(hang);
  produce(messagesFrom(1, 65));
  await clock.advance(100);
  stop.request();
  await settled();
  stop.embedding();
  await ended;
  assert.deepEqual(shown(consumer.tally().outcomes), { deferred: 50 });
  assert.equal(committed(), 0);
  assert.equal(broker.members(GROUP), 0);
  assert.equal(clock.sleepers, 0);
  assert.deepEqual(told.consumerPaused, []);
  embedder.always(({ answer }) => answer());
  start();
  await clock.advance(65_000);
  assert.deepEqual(numbersFrom(1, 65).filter(hasVector), numbersFrom(1, 65));
});

test("a message that waits for its document is given up at a stop, and comes again at the next start", async (t) => {
  const { clock, produce, index, start, stopped, committed, hasVector } = setUpConsumer(t, {
    retryDelaysMs: [60_000],
  });
  const first = start();
  index(1);
  produce(messagesFrom(1, 3));
  await clock.advance(2500);
  assert.equal(first.consumer.waiting(), 2);
  const { outcomes } = await stopped(first);
  assert.deepEqual(shown(outcomes), { updated: 1, deferred: 2 });
  assert.equal(committed(), 1);
  assert.equal(first.consumer.waiting(), 0);
  index(2, 3);
  start();
  await clock.advance(2500);
  assert.deepEqual([2, 3].filter(hasVector), [2, 3]);
  assert.equal(committed(), 3);
});

test("a batch that is held by an outage is given up at once, without another try", async (t) => {
  const { clock, produce, index, start, committed, embedder } = setUpConsumer(t);
  const { consumer, stop, ended } = start();
  index(...numbersFrom(1, 10));
  embedder.always(failWith(new Fault("quota", "fake: no money")));
  produce(messagesFrom(1, 10));
  await clock.advance(100);
  const calls = embedder.calls.length;
  stop.request();
  await ended;
  assert.equal(embedder.calls.length, calls);
  assert.deepEqual(shown(consumer.tally().outcomes), { deferred: 10 });
  assert.equal(committed(), 0);
  assert.equal(clock.sleepers, 0);
});

test("a dead letter that cannot be sent is given up uncommitted, and comes again", async (t) => {
  const { clock, produce, start, stopped, committed, broker, letters } = setUpConsumer(t);
  const first = start();
  broker.failPublish(LETTERS, new Fault("outage", "fake: no broker"));
  produce(["not json", messageOf(1, { level: "INFO" })]);
  await clock.advance(5000);
  const { outcomes } = await stopped(first);
  assert.deepEqual(shown(outcomes), { deferred: 1 });
  assert.equal(committed(), 0);
  broker.failPublish(LETTERS, undefined);
  start();
  await clock.advance(1500);
  assert.equal(letters().length, 1);
  assert.equal(committed(), 2);
});

test("stopped while the broker is away, it ends all the same", async (t) => {
  const { clock, start, stopped, broker } = setUpConsumer(t);
  const running = start();
  await clock.advance(10);
  broker.down();
  await clock.advance(5000);
  await stopped(running);
  assert.equal(clock.sleepers, 0);
});

test("stopped before it began, it takes nothing and leaves nothing", async (t) => {
  const { produce, start, index, embedder } = setUpConsumer(t);
  index(1);
  produce(messagesFrom(1, 1));
  const { consumer, stop, ended } = start();
  stop.request();
  await ended;
  assert.equal(embedder.calls.length, 0);
  assert.deepEqual(shown(consumer.tally().outcomes), {});
});

test("how the tail went is told before the group is left, however long that takes", async (t) => {
  const { produce, index, start, told, clock, kafka, streams, committed } = setUpConsumer(t);
  const leaving = Promise.withResolvers<void>();
  const join: JoinGroup = async (what, signal) => {
    const member = await kafka.join(what, signal);
    return {
      ...member,
      async [Symbol.asyncDispose]() {
        await leaving.promise;
        await member[Symbol.asyncDispose]();
      },
    };
  };
  const groups = { join, close: () => Promise.resolve() };
  const stream = createMessageStream({ groups, topics: kafka.topics, clock });
  const { stop, ended } = start({ streams: { ...streams, stream } });
  index(...numbersFrom(1, 5));
  produce(messagesFrom(1, 5));
  await clock.advance(100);
  stop.request();
  await settled();
  assert.equal(committed(), 5);
  assert.equal(told.consumerEnded.length, 1);
  leaving.resolve();
  await ended;
});
