import assert from "node:assert/strict";
import { test } from "node:test";
import { createRetryQueue } from "../../../src/stream/batcher.ts";

const roomFor = (maxRecords: number, maxBytes = 1000) =>
  createRetryQueue<string>({ maxRecords, maxBytes });

test("due entries leave in the order of coming, and no more at once than asked", () => {
  const room = roomFor(10);
  room.add("a", 300, 1);
  room.add("b", 100, 1);
  room.add("c", 200, 1);
  assert.equal(room.nextDueAt(), 100);
  assert.deepEqual(room.takeDue(99, 10), []);
  assert.deepEqual(room.takeDue(300, 2), ["a", "b"]);
  assert.deepEqual(room.takeDue(300, 2), ["c"]);
  assert.equal(room.nextDueAt(), undefined);
  assert.equal(room.size, 0);
});

test("the one that has waited longest makes room", () => {
  const room = roomFor(2);
  assert.deepEqual(room.add("a", 900, 1), []);
  assert.deepEqual(room.add("b", 100, 1), []);
  assert.deepEqual(room.add("c", 500, 1), ["a"]);
  assert.equal(room.size, 2);
});

test("bytes fill it as well, and several leave for a long one", () => {
  const room = roomFor(10, 100);
  room.add("a", 1, 40);
  room.add("b", 1, 40);
  assert.deepEqual(room.add("c", 1, 90), ["a", "b"]);
  assert.deepEqual(room.takeDue(1, 10), ["c"]);
  assert.deepEqual(room.add("d", 1, 100), []);
});

test("one that is larger than the room does not stay", () => {
  const room = roomFor(10, 100);
  assert.deepEqual(room.add("a", 1, 101), ["a"]);
  assert.equal(room.size, 0);
  assert.deepEqual(room.add("b", 1, 100), []);
});

test("cleared, everybody leaves and nothing is left of their bytes", () => {
  const room = roomFor(10, 100);
  room.add("a", 1, 60);
  room.add("b", 1, 40);
  assert.deepEqual(room.clear(), ["a", "b"]);
  assert.deepEqual(room.add("c", 1, 100), []);
  assert.equal(room.size, 1);
});
