import assert from "node:assert/strict";
import { test } from "node:test";
import { createMinuteCounts } from "../../../src/domain/minute-counts.ts";

test("each key and all together are counted until the minute of the clock is over", () => {
  let now = 125_000;
  const counts = createMinuteCounts(() => now, 10);
  for (const key of ["a", "a", "b"]) counts.add(key);
  assert.deepEqual([counts.of("a"), counts.of("b"), counts.of("c"), counts.all()], [2, 1, 0, 3]);
  assert.equal(counts.secondsLeft(), 55);
  now = 179_999;
  assert.deepEqual([counts.of("a"), counts.all(), counts.secondsLeft()], [2, 3, 1]);
  now = 180_000;
  assert.deepEqual([counts.of("a"), counts.all(), counts.secondsLeft()], [0, 0, 60]);
});

test("however many keys come, so many are kept, and all are counted", () => {
  const counts = createMinuteCounts(() => 0, 3);
  for (let key = 0; key < 100; key++) counts.add(String(key));
  assert.deepEqual([counts.of("0"), counts.of("99"), counts.all()], [0, 1, 100]);
});
