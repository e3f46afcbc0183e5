import assert from "node:assert/strict";
import { test } from "node:test";
import { growth, growthWindowMs } from "../../../../src/status/issues/backlog-growth.ts";
import { createBacklogHistory } from "../../../../src/status/overview/backlog-history.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BEGIN = Date.parse("2026-01-02T00:00:00Z");

type World = { everyMs: number; comePerHour: number; taken: number; days: number };

/** Counted every five minutes and after each cycle; what every look then says. */
function readCurrent({ everyMs, comePerHour, taken, days }: World) {
  const line = createBacklogHistory(undefined);
  const said: ReturnType<typeof growth>[] = [];
  let pending = 0;
  for (let ms = 0; ms < days * 24 * HOUR; ms += 5 * MINUTE) {
    const now = BEGIN + ms;
    pending += (comePerHour * 5) / 60;
    line.add(pending, now);
    if (ms % everyMs === 0) {
      pending = Math.max(0, pending - taken);
      line.add(pending, now + MINUTE);
    }
    if (ms % (20 * MINUTE) === 0)
      said.push(growth(line.points(), now + 2 * MINUTE, growthWindowMs(everyMs)));
  }
  return said;
}

for (const [what, everyMs] of [
  ["ten minutes", 10 * MINUTE],
  ["90 minutes", 90 * MINUTE],
  ["six hours", 6 * HOUR],
  ["a day", 24 * HOUR],
] as const) {
  test(`cycles every ${what} that empty a backlog let none grow`, () => {
    const said = readCurrent({ everyMs, comePerHour: 300, taken: Infinity, days: 9 });
    const grown = said.filter((one) => typeof one === "object");
    assert.deepEqual(grown, []);
    assert.equal(said.at(-1), "none");
  });
}

for (const [what, everyMs, taken] of [
  ["ten minutes", 10 * MINUTE, 40],
  ["90 minutes", 90 * MINUTE, 400],
] as const) {
  test(`cycles every ${what} that take less than comes are seen to fall behind`, () => {
    const said = readCurrent({ everyMs, comePerHour: 300, taken, days: 2 });
    assert.equal(typeof said.at(-1), "object");
  });
}

test("where nobody counted for a quarter of the time, growth is unknown", () => {
  const at = (minutes: number, pending: number) => ({
    at: new Date(BEGIN + minutes * MINUTE).toISOString(),
    pending,
  });
  const points = [at(-5, 1), at(10, 2), at(25, 3), at(40, 4), at(55, 5)];
  const now = BEGIN + HOUR;
  assert.deepEqual(growth(points, now, HOUR), { from: 1, to: 5 });
  assert.equal(growth(points.toSpliced(2, 1), now, HOUR), "unknown");
  assert.equal(growth(points, now + 20 * MINUTE, HOUR), "unknown");
  assert.equal(growth([...points, at(59, 3)], now, HOUR), "none");
  assert.equal(growth([], now, HOUR), "unknown");
});
