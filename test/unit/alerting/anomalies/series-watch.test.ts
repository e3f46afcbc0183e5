import assert from "node:assert/strict";
import { test } from "node:test";
import { createSeriesWatch, type Change } from "../../../../src/alerting/anomalies/series-watch.ts";
import { createRandom } from "../../../support/random.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse("2026-01-05T00:00:00Z");
const TIME = { soft: 20, leastSpread: 0.1 };

type Told = { at: number; change: Change };

/** A series that is fed a value every ten minutes, and what it said. */
function setUp(kept?: unknown) {
  const watch = createSeriesWatch(TIME, kept);
  const random = createRandom(3);
  const told: Told[] = [];
  let now = START;
  return {
    watch,
    told,
    now: () => now,
    go(ms: number, valueAt: (hour: number) => number) {
      for (const end = now + ms; now < end; now += 10 * MINUTE) {
        const noise = 0.9 + random.below(200) / 1000;
        const change = watch.observe(now, valueAt((now % DAY) / HOUR) * noise);
        if (change) told.push({ at: now, change });
      }
    },
  };
}

/** Slow by day, quick by night. */
const daily = (hour: number) => (hour >= 8 && hour < 20 ? 600 : 200);

test("a day that is slower than the night is no anomaly, the first one neither", () => {
  const { go, told } = setUp();
  go(10 * DAY, daily);
  assert.deepEqual(told, []);
});

test("a value that is usual by day is an anomaly by night", () => {
  const { go, told, watch } = setUp();
  go(5 * DAY + 2 * HOUR, daily);
  go(HOUR, () => 600);
  const [first] = told;
  assert.ok(first && "began" in first.change);
  const { since, usual, value } = first.change.began;
  assert.equal(new Date(since).toISOString(), "2026-01-10T02:00:00.000Z");
  assert.ok(first.at - since <= 20 * MINUTE, "three values are enough");
  assert.ok(usual[0] > 120 && usual[1] < 320, `usual ${usual.join(" to ")}`);
  assert.ok(value > 500 && value < 700, `value ${value}`);
  assert.deepEqual(watch.current()?.since, since);
});

test("it ends once it is back, and not by one good value", () => {
  const { go, told, watch } = setUp();
  go(5 * DAY, () => 300);
  go(HOUR, () => 2000);
  go(10 * MINUTE, () => 300);
  go(HOUR, () => 2000);
  assert.equal(told.length, 1, "one good value between bad ones");
  go(HOUR, () => 300);
  assert.equal(told.length, 2);
  const last = told[1]?.change;
  assert.ok(last && "ended" in last && last.how === "back");
  assert.equal(watch.current(), undefined);
});

test("one value, however far away, is none", () => {
  const { go, told } = setUp();
  go(5 * DAY, () => 300);
  for (let i = 0; i < 10; i++) {
    go(10 * MINUTE, () => 60_000);
    go(2 * HOUR, () => 300);
  }
  assert.deepEqual(told, []);
});

test("a change too small to matter is no anomaly, however large its ratio", () => {
  const { go, told } = setUp();
  go(5 * DAY, () => 2);
  go(DAY / 2, () => 6);
  assert.deepEqual(told, []);
});

test("quicker than usual is none", () => {
  const { go, told } = setUp();
  go(5 * DAY, () => 800);
  go(DAY / 2, () => 50);
  assert.deepEqual(told, []);
});

test("an anomaly that lasts a day becomes the usual value, and a further rise is found again", () => {
  const { go, told } = setUp();
  go(7 * DAY, daily);
  go(3 * DAY, (hour) => 3 * daily(hour));
  assert.deepEqual(
    told.map(({ change }) => ("ended" in change ? change.how : "began")),
    ["began", "accepted"],
  );
  assert.equal((told[1]?.at ?? 0) - (told[0]?.at ?? 0) <= DAY, true);
  go(6 * HOUR, (hour) => 9 * daily(hour));
  assert.equal(told.length, 3);
});

test("where nothing more is heard it ends as well, but not before a value is overdue", () => {
  const { go, told, watch, now } = setUp();
  go(5 * DAY, () => 300);
  go(HOUR, () => 2000);
  assert.equal(told.length, 1);
  assert.equal(watch.look(now() + HOUR), undefined);
  const change = watch.look(now() + 3 * HOUR);
  assert.ok(change && "ended" in change && change.how === "silent");
  assert.equal(watch.current(), undefined);
});

test("it goes on where the process before left off, also in the middle of an anomaly", () => {
  const before = setUp();
  before.go(5 * DAY, daily);
  before.go(HOUR, () => 2000);
  const kept: unknown = JSON.parse(JSON.stringify(before.watch.kept()));
  const after = createSeriesWatch(TIME, kept);
  assert.deepEqual(after.current(), before.watch.current());
  const ends: Change[] = [];
  for (let at = before.now(), i = 0; i < 6; i++, at += 10 * MINUTE) {
    const change = after.observe(at, 200);
    if (change) ends.push(change);
  }
  assert.equal(ends.length, 1);
});

test("an invalid saved state is replaced by an empty one", () => {
  for (const kept of [7, null, { hours: [{ hour: "x" }], open: 3 }, { values: [-1] }]) {
    const { told, go, watch } = setUp(kept);
    go(2 * DAY, () => 300);
    assert.equal(watch.current(), undefined);
    go(HOUR, () => 3000);
    assert.equal(told.length, 1);
  }
});

test("a clock that was a year ahead and was set back silences nothing for a year", () => {
  const { go, told, watch, now } = setUp();
  go(3 * DAY, () => 300);
  watch.observe(now() + 365 * DAY, 300);
  go(3 * DAY, () => 300);
  assert.deepEqual(told, []);
  go(HOUR, () => 3000);
  assert.equal(told.length, 1);
});

test("the saved state has a bound, however many values come", () => {
  const watch = createSeriesWatch(TIME);
  for (let at = START; at < START + 30 * DAY; at += 20_000) watch.observe(at, 123.456 + (at % 7));
  assert.ok(JSON.stringify(watch.kept()).length < 40_000);
});
