import assert from "node:assert/strict";
import { test } from "node:test";
import { createBatcher } from "../../../src/stream/batcher.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";

const LIMITS = { maxRecords: 3, maxBytes: 100, maxAgeMs: 1000 };

/** `hold`: nothing finds its place until `release`. */
function setUp({ hold = false } = {}) {
  const clock = createManualClock();
  const batches: string[] = [];
  let place = Promise.withResolvers<void>();
  const batcher = createBatcher<string>(LIMITS, clock, async (batch) => {
    batches.push(batch.join(""));
    if (hold) await place.promise;
  });
  const release = () => {
    const { resolve } = place;
    place = Promise.withResolvers<void>();
    resolve();
  };
  return { clock, batches, batcher, release };
}

test("a batch closes when it is full", async () => {
  const { batches, batcher, clock } = setUp();
  for (const letter of "abcdefg") await batcher.add(letter, 1);
  assert.deepEqual(batches, ["abc", "def"]);
  await batcher.flush();
  assert.deepEqual(batches, ["abc", "def", "g"]);
  await settled();
  assert.equal(clock.sleepers, 0);
});

test("a batch closes by its bytes", async () => {
  const { batches, batcher } = setUp();
  await batcher.add("a", 60);
  await batcher.add("b", 40);
  await batcher.add("c", 99);
  await batcher.add("d", 500);
  assert.deepEqual(batches, ["ab", "cd"]);
});

test("a batch closes by its age, from its first record on", async () => {
  const { batches, batcher, clock } = setUp();
  await batcher.add("a", 1);
  await clock.advance(900);
  await batcher.add("b", 1);
  await clock.advance(99);
  assert.deepEqual(batches, []);
  await clock.advance(1);
  assert.deepEqual(batches, ["ab"]);
});

test("the age of a batch that closed early does not close the next one", async () => {
  const { batches, batcher, clock } = setUp();
  await batcher.add("a", 1);
  await clock.advance(900);
  await batcher.add("b", 1);
  await batcher.add("c", 1);
  await batcher.add("d", 1);
  await clock.advance(500);
  assert.deepEqual(batches, ["abc"]);
  await clock.advance(500);
  assert.deepEqual(batches, ["abc", "d"]);
});

test("while a batch finds no place, one more gathers and nothing else is taken", async () => {
  const { batches, batcher, release } = setUp({ hold: true });
  const added: string[] = [];
  const adding = (async () => {
    for (const letter of "abcdefghi") {
      await batcher.add(letter, 1);
      added.push(letter);
    }
  })();
  await settled();
  assert.deepEqual(batches, ["abc"]);
  assert.deepEqual(added, ["a", "b"]);
  release();
  await settled();
  assert.deepEqual(batches, ["abc", "def"]);
  release();
  await settled();
  release();
  await adding;
  assert.deepEqual(batches, ["abc", "def", "ghi"]);
});

test("a batch that grew old while the one before found no place follows as soon as that has one", async () => {
  const { batches, batcher, clock, release } = setUp({ hold: true });
  void batcher.add("a", 500);
  await settled();
  void batcher.add("b", 1);
  await clock.advance(5000);
  assert.deepEqual(batches, ["a"]);
  release();
  await settled();
  assert.deepEqual(batches, ["a", "b"]);
  release();
});

test("a batch that closed full while the one before found no place does not hurry the next one", async () => {
  const { batches, batcher, clock, release } = setUp({ hold: true });
  void batcher.add("a", 500);
  await settled();
  void batcher.add("b", 1);
  release();
  await settled();
  assert.deepEqual(batches, ["a"]);
  await clock.advance(1000);
  assert.deepEqual(batches, ["a", "b"]);
  release();
});

test("flushed with nothing gathered, nothing is handed on", async () => {
  const { batches, batcher } = setUp();
  await batcher.flush();
  assert.deepEqual(batches, []);
});
