import assert from "node:assert/strict";
import { test } from "node:test";
import { roundRobin, shareOf } from "../../../src/backfill/select.ts";

const SHARES: [pending: number[], room: number, share: number][] = [
  [[350, 20], 100, 80],
  [[350, 350], 100, 50],
  [[350, 350, 350], 100, 34],
  [[5, 10, 1000], 100, 85],
  [[5, 10], 100, 10],
  [[1000], 100, 100],
  [[1, 1, 1], 2, 1],
  [[], 100, 1],
];

for (const [pending, room, share] of SHARES) {
  test(`of ${pending.join(", ")} pending records ${share} of an index at most fill ${room} places`, () => {
    assert.equal(shareOf(pending, room), share);
    const taken = pending.reduce((sum, most) => sum + Math.min(most, share), 0);
    const all = pending.reduce((sum, most) => sum + most, 0);
    assert.ok(taken >= Math.min(room, all), "places are left empty");
  });
}

test("records of several indices take turns, each index in its own order", () => {
  const of = (index: string, id: number) => ({ index, id });
  assert.deepEqual(
    roundRobin([of("a", 1), of("a", 2), of("b", 3), of("a", 4), of("c", 5), of("c", 6)]),
    [of("a", 1), of("b", 3), of("c", 5), of("a", 2), of("c", 6), of("a", 4)],
  );
});
