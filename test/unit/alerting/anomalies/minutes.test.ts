import assert from "node:assert/strict";
import { test } from "node:test";
import { createMinutes } from "../../../../src/alerting/anomalies/anomalies.ts";

const MINUTE = 60_000;
const START = Date.parse("2026-01-02T03:04:00Z");

test("a minute is handed out once it is over: its middle, or its sum", () => {
  const [middle, sum] = [createMinutes("middle"), createMinutes("sum")];
  for (const [i, value] of [5, 900, 7].entries()) {
    middle.add(START + i * 1000, value);
    sum.add(START + i * 1000, value);
  }
  assert.deepEqual(middle.take(START + MINUTE - 1), []);
  assert.deepEqual(middle.take(START + MINUTE), [{ at: START, value: 7 }]);
  assert.deepEqual(sum.take(START + MINUTE), [{ at: START, value: 912 }]);
  assert.deepEqual(middle.take(START + 2 * MINUTE), [], "once");
});

test("minutes that nobody asked for in time are handed out one by one", () => {
  const minutes = createMinutes("middle");
  minutes.add(START, 1);
  minutes.add(START + MINUTE, 2);
  minutes.add(START + 5 * MINUTE, 3);
  assert.deepEqual(
    minutes.take(START + 5 * MINUTE).map(({ value }) => value),
    [1, 2],
  );
});

test("a clock that is set back loses nothing and holds nothing back", () => {
  const minutes = createMinutes("sum");
  minutes.add(START, 1);
  minutes.add(START - 10 * MINUTE, 2);
  assert.deepEqual(
    minutes.take(START).map(({ value }) => value),
    [1, 2],
  );
});
