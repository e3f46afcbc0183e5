import assert from "node:assert/strict";
import { test } from "node:test";
import { createAdaptiveLimit } from "../../../src/concurrency/adaptive-limit.ts";

const SIZE = 100;

/** Requests one after the other, each of so many milliseconds. */
function after(times: readonly number[], options = { start: 2, max: 8 }) {
  const limit = createAdaptiveLimit(options);
  let startedAt = 0;
  const slow = times.map((tookMs) => {
    const judged = limit.recordSuccess({ startedAt, tookMs, size: SIZE });
    startedAt += tookMs;
    return judged;
  });
  return { limit, slow, now: startedAt };
}

test("it begins where it is told, and never above the most", () => {
  assert.equal(createAdaptiveLimit({ start: 4, max: 8 }).current(), 4);
  assert.equal(createAdaptiveLimit({ start: 4, max: 1 }).current(), 1);
});

test("as long as nothing grows slow it grows by one for each round, up to the most", () => {
  assert.equal(after([50, 50, 50]).limit.current(), 3);
  assert.equal(after(Array.from({ length: 200 }, () => 50)).limit.current(), 8);
});

test("with a slow start it doubles in each round, until it shrinks for the first time", () => {
  const options = { start: 2, max: 64, slowStart: true };
  const { limit, now } = after([50, 50], options);
  assert.equal(limit.current(), 4);
  assert.equal(
    after(
      Array.from({ length: 100 }, () => 50),
      options,
    ).limit.current(),
    64,
  );
  limit.recordOverload(now, now);
  assert.equal(limit.current(), 2);
  limit.recordSuccess({ startedAt: now, tookMs: 50, size: SIZE });
  assert.equal(limit.current(), 2, "by one in each round from then on");
});

test("an answer three times slower than usual for its size lowers the limit by one, and never below one", () => {
  const { limit, slow } = after([50, 50, 50, 200]);
  assert.deepEqual(slow, [false, false, false, true]);
  assert.equal(limit.current(), 2);
  const usual = Array.from({ length: 20 }, () => 50);
  assert.equal(after([...usual, ...Array.from({ length: 9 }, () => 200)]).limit.current(), 1);
});

test("one that was very quick does not make all others slow", () => {
  const { limit } = after([10, ...Array.from({ length: 50 }, (_, i) => 80 + (i % 5) * 40)]);
  assert.equal(limit.current(), 8);
});

test("before it is known what is usual nothing is slow", () => {
  assert.deepEqual(after([10, 100, 1000]).slow, [false, false, false]);
});

test("small requests and large ones are judged by their own kind", () => {
  const { limit } = after([10, 10, 10]);
  assert.equal(limit.recordSuccess({ startedAt: 30, tookMs: 100, size: SIZE * 10 }), false);
  assert.equal(limit.recordSuccess({ startedAt: 130, tookMs: 100, size: SIZE }), true);
});

test("one that was too much halves it; others that were in flight then do not halve it again", () => {
  const { limit, now } = after(Array.from({ length: 200 }, () => 50));
  limit.recordOverload(now, now + 10);
  assert.equal(limit.current(), 4);
  limit.recordOverload(now + 5, now + 11);
  assert.equal(limit.current(), 4);
  limit.recordSuccess({ startedAt: now + 5, tookMs: 50, size: SIZE });
  assert.equal(limit.current(), 4);
  limit.recordOverload(now + 10, now + 20);
  assert.equal(limit.current(), 2);
});

test("a lasting slowdown becomes the new baseline in time", () => {
  const { limit } = after([50, ...Array.from({ length: 400 }, () => 200)]);
  assert.equal(limit.current(), 8);
});
