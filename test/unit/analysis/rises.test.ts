import assert from "node:assert/strict";
import { test } from "node:test";
import { liftOf, reachOf, roseWith, windowsOf } from "../../../src/analysis/rises.ts";

const MINUTE = 60_000;
const surroundings = { fromMs: 100 * MINUTE, nowMs: 200 * MINUTE, reachMs: 10 * MINUTE };
/** One record in each of these minutes, so many times. */
const each = (from: number, to: number, count = 1) =>
  Array.from({ length: to - from }, (_, i) => ({ atMs: (from + i) * MINUTE, count }));

test("a rare group that appears rises more than a frequent one that grows a little", () => {
  const rose = roseWith(
    surroundings,
    [
      { group: "frequent", minutes: [...each(70, 90, 50), ...each(90, 110, 60)] },
      { group: "rare", minutes: each(100, 105) },
      { group: "steady", minutes: each(70, 110, 50) },
    ],
    10,
  );
  assert.deepEqual(
    rose.map(({ group, during, before }) => [group, during, before]),
    [
      ["rare", 5, 0],
      ["frequent", 1200, 1000],
    ],
  );
});

test("three records of what was never seen rose, two did not", () => {
  const rises = (during: number) =>
    liftOf({ during, before: 0, duringMs: MINUTE, beforeMs: MINUTE }).atLeast > 1;
  assert.deepEqual([rises(2), rises(3)], [false, true]);
});

test("the lift is the shrunk ratio of rates", () => {
  // 4 in 10 minutes would have been 2 in 5: (10 + ½) / (2 + ½).
  const { lift } = liftOf({
    during: 10,
    before: 4,
    duringMs: 5 * MINUTE,
    beforeMs: 10 * MINUTE,
  });
  assert.equal(lift, 4.2);
});

test("the time that is still to come is not compared as if it were silent", () => {
  const begun = { ...surroundings, nowMs: 102 * MINUTE };
  assert.deepEqual(windowsOf(begun), {
    during: [90 * MINUTE, 102 * MINUTE],
    before: [70 * MINUTE, 90 * MINUTE],
  });
  const [rise] = roseWith(begun, [{ group: "g", minutes: each(100, 110, 10) }], 10);
  assert.equal(rise?.during, 20);
});

test("what rose is at most as much as asked for, the surest first", () => {
  const others = ["a", "b", "c"].map((group, i) => ({ group, minutes: each(95, 105, i + 1) }));
  assert.deepEqual(
    roseWith(surroundings, others, 2).map(({ group }) => group),
    ["c", "b"],
  );
});

test("an episode reaches no further than the silence that divides it from others", () => {
  assert.deepEqual([reachOf(360 * MINUTE), reachOf(3 * MINUTE)], [10 * MINUTE, 3 * MINUTE]);
});
