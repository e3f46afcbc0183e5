import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { readDeadLetter } from "../../../src/stream/dead-letter.ts";
import { hang } from "../../support/fakes/fake-embedder.ts";
import { createMemoryStream } from "../../support/fakes/memory-stream.ts";
import {
  GROUP,
  LETTERS,
  TOPIC,
  messageOf,
  messagesFrom,
  numbersFrom,
  setUpConsumer,
  shown,
} from "./consumer-setup.ts";

const LANES = ["left", "right"];

/** The consumer on a stream with names for lanes, letters for positions, and no groups. */
function setUp(t: TestContext) {
  const setup = setUpConsumer(t);
  const memory = createMemoryStream(setup.clock);
  memory.createStream(TOPIC, LANES);
  memory.createStream(LETTERS, ["all"]);
  const streams = { stream: memory.stream, deadLetters: memory.deadLetters(LETTERS) };
  return {
    ...setup,
    memory,
    start: () => setup.start({ streams }),
    /** By turns into both lanes. */
    produce(values: readonly string[]) {
      values.forEach((value, i) => memory.produce(TOPIC, LANES[i % 2] ?? "", [value]));
    },
    /** The checkpoint of each lane is its last message. */
    allSettled() {
      const lasts = memory.messages(TOPIC).map(({ source }) => {
        return [`${source.stream}/${source.lane}`, source.position] as const;
      });
      assert.deepEqual(memory.checkpoints(GROUP), Object.fromEntries(lasts));
    },
  };
}

test("each message is settled once, whatever becomes of it", async (t) => {
  const { clock, index, start, produce, stopped, hasVector, memory, told, allSettled } = setUp(t);
  const running = start();
  index(...numbersFrom(1, 30));
  produce([...messagesFrom(1, 30), "not json", messageOf(99, { level: "INFO" })]);
  await clock.advance(5000);
  assert.deepEqual(numbersFrom(1, 30).filter(hasVector), numbersFrom(1, 30));
  allSettled();
  const [letter, ...others] = memory.messages(LETTERS);
  assert.deepEqual(others, []);
  const from = readDeadLetter(letter ?? assert.fail())?.from;
  assert.deepEqual(
    from,
    memory.messages(TOPIC).find(({ value }) => String(value) === "not json")?.source,
  );
  assert.deepEqual(told.deadLetterSent[0]?.from, from);
  const { outcomes, passed_over: passedOver, repeats } = await stopped(running);
  assert.deepEqual(shown(outcomes), { updated: 30, quarantined: 1 });
  assert.deepEqual({ passedOver, repeats }, { passedOver: 1, repeats: 0 });
});

test("killed in the middle, the next process reads from the checkpoints: nothing is lost, nothing settled is read again", async (t) => {
  const setup = setUp(t);
  const { clock, index, start, produce, embedder, hasVector, embedded, stopped, allSettled } =
    setup;
  const first = start();
  index(...numbersFrom(1, 40));
  produce(messagesFrom(1, 20));
  await clock.advance(5000);
  assert.equal(embedded().length, 20);
  // It hangs for good, as a process does that is killed: what it has taken it never settles.
  embedder.always(hang);
  produce(messagesFrom(21, 20));
  await clock.advance(5000);
  embedder.always(({ answer }) => answer());
  const second = start();
  await clock.advance(10_000);
  assert.deepEqual(numbersFrom(1, 40).filter(hasVector), numbersFrom(1, 40));
  allSettled();
  assert.equal(second.consumer.tally().taken, 20);
  const { outcomes } = await stopped(first);
  assert.deepEqual(shown(outcomes), { updated: 20, deferred: 20 });
});

test("a message that waits for a retry is left to the process that took the lane", async (t) => {
  const { clock, index, start, produce, stopped, store, hasVector, allSettled } = setUp(t);
  const first = start();
  produce(messagesFrom(1, 2));
  await clock.advance(2500);
  assert.equal(first.consumer.waiting(), 2);
  const second = start();
  await clock.advance(10);
  index(1, 2);
  await clock.advance(30_000);
  assert.deepEqual([1, 2].filter(hasVector), [1, 2]);
  allSettled();
  const located = store.calls.locate;
  assert.equal(first.consumer.waiting(), 0);
  const [{ outcomes: ours }, { outcomes: theirs }] = [await stopped(first), await stopped(second)];
  assert.deepEqual([shown(ours), shown(theirs)], [{ deferred: 2 }, { updated: 2 }]);
  assert.equal(store.calls.locate, located);
});
