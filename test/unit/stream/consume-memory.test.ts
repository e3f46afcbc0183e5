import assert from "node:assert/strict";
import { test } from "node:test";
import { hang } from "../../support/fakes/fake-embedder.ts";
import { messageOf, messagesFrom, numbersFrom, setUpConsumer } from "./consumer-setup.ts";

test("with an embedder that hangs, reading stops at five batches of an endless source", async (t) => {
  const { clock, produce, index, start, embedder } = setUpConsumer(t, { batchSize: 50 });
  const { consumer } = start();
  index(...numbersFrom(0, 3000));
  embedder.always(hang);
  for (let at = 0; at < 30; at++) {
    produce(messagesFrom(at * 100, 100));
    await clock.advance(500);
  }
  // Four are worked at, the fifth waits for a place.
  assert.equal(consumer.tally().taken, 250);
  assert.equal(embedder.calls.length, 4);
});

test("with documents that never come, no more is held than the waiting room and the batches", async (t) => {
  const { clock, produce, start, committed, index } = setUpConsumer(t, { batchSize: 50 });
  const { consumer } = start();
  index(0);
  for (let at = 0; at < 10; at++) {
    produce(messagesFrom(at * 500, 500));
    await clock.advance(100);
    assert.ok(consumer.waiting() <= 1000);
  }
  assert.equal(consumer.tally().taken, 5000);
  await clock.advance(20_000);
  assert.equal(committed(), 5000);
});

test("a batch of long records closes early, by its bytes", async (t) => {
  const { clock, produce, index, start, store } = setUpConsumer(t, {
    batchSize: 50,
    batchTimeoutMs: 60_000,
  });
  start();
  index(...numbersFrom(0, 9));
  const long = "x".repeat(1024 * 1024);
  produce(numbersFrom(0, 9).map((number) => messageOf(number, { pad: long })));
  await clock.advance(0);
  assert.deepEqual(
    store.located.map(({ length }) => length),
    [4, 4],
  );
});

test("a batch that is not full waits for its time, and no longer", async (t) => {
  const { clock, produce, index, start, store } = setUpConsumer(t, { batchTimeoutMs: 250 });
  start();
  await clock.advance(10);
  index(1);
  produce(messagesFrom(1, 1));
  await clock.advance(240);
  assert.equal(store.calls.locate, 0);
  await clock.advance(20);
  assert.equal(store.calls.locate, 1);
});

test("a message keeps its own bytes, not the broker's whole answer", async (t) => {
  const seen: Buffer[] = [];
  const setup = setUpConsumer(t, {
    read: (value) => {
      if (value) seen.push(value);
      return { passedOver: 0, targets: [], problems: [{ code: "not_json", reason: "no" }] };
    },
  });
  const { clock, start, letters } = setup;
  start();
  setup.produce([Buffer.from("some bytes")]);
  await clock.advance(100);
  const [letter] = letters();
  assert.deepEqual(letter?.value, seen[0]);
  assert.notEqual(letter?.value, seen[0]);
});
