import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeRate, newRate, type RateChange } from "../../../src/analysis/spikes.ts";

const WINDOW = 600_000;
const DAY_OF_WINDOWS = 144;

/** One count a window, each judged when the window is over. */
function changesOf(counts: readonly number[]): [window: number, change: string][] {
  let state = newRate(0, WINDOW);
  return counts.flatMap((count, window) => {
    const minutes = count > 0 ? [{ atMs: window * WINDOW, count }] : [];
    const judged = judgeRate(state, minutes, (window + 1) * WINDOW, WINDOW);
    ({ state } = judged);
    return judged.changes.map((change): [number, string] => [window, shown(change)]);
  });
}

function shown(change: RateChange): string {
  const { kind, sinceMs, usual } = change;
  const since = `since ${sinceMs / WINDOW}, usually ${usual}`;
  return kind === "spike_ended" && change.accepted ? `accepted, ${since}` : `${kind}, ${since}`;
}
const times = (count: number, windows: number) => Array.from({ length: windows }, () => count);

test("a spike begins with the second of three windows above the usual, and ends with the second that is not", () => {
  assert.deepEqual(changesOf([...times(5, 10), 50, 5, 50, 50, 5, 50, 5, 5, 5]), [
    [12, "spike, since 10, usually 5"],
    [16, "spike_ended, since 10, usually 5"],
  ]);
});

test("one window above the usual is told by nothing", () => {
  assert.deepEqual(changesOf([...times(5, 10), 500, ...times(5, 10)]), []);
});

test("a ratio without a step is no spike, nor a step without a ratio", () => {
  assert.deepEqual(changesOf([...times(1, 10), ...times(9, 5)]), []);
  assert.deepEqual(changesOf([...times(100, 10), ...times(250, 5)]), []);
});

test("the usual is frozen while a spike lasts", () => {
  const [, end] = changesOf([...times(5, 10), ...times(50, 60), ...times(5, 5)]);
  assert.deepEqual(end, [71, "spike_ended, since 10, usually 5"]);
});

test("what a spike does not reach does not become the usual of that spike, nor what it reaches of the next", () => {
  const waves = Array.from({ length: 20 }, () => [50, 50, 14]).flat();
  const changes = changesOf([...times(5, 15), ...waves, 30, 30, ...times(5, 3), 50, 50]);
  assert.deepEqual(
    changes.map(([, change]) => change.replace(/since \d+, /, "")),
    ["spike, usually 5", "spike_ended, usually 5", "spike, usually 5"],
  );
});

test("what has lasted a day is usual from then on, and told of no more", () => {
  const counts = [...times(5, 10), ...times(50, DAY_OF_WINDOWS + 30)];
  assert.deepEqual(changesOf(counts), [
    [11, "spike, since 10, usually 5"],
    [DAY_OF_WINDOWS + 9, "accepted, since 10, usually 5"],
  ]);
});

test("nothing is usual in the first six windows of a group", () => {
  assert.deepEqual(changesOf([1, 1, 1, 1, 50, 50, 50]), []);
});

test("windows without records count, also where nobody looked", () => {
  const first = judgeRate(newRate(0, WINDOW), [{ atMs: 0, count: 40 }], 10 * WINDOW, WINDOW);
  const burst = [100, 101].map((window) => ({ atMs: window * WINDOW, count: 20 }));
  const { changes } = judgeRate(first.state, burst, 102 * WINDOW, WINDOW);
  assert.deepEqual(changes.map(shown), ["spike, since 100, usually 0"]);
});

test("what is kept of a group stays small after a long silence and many windows", () => {
  const minutes = Array.from({ length: 5000 }, (_, i) => ({ atMs: i * WINDOW, count: 1 }));
  const { state } = judgeRate(newRate(0, WINDOW), minutes, 4990 * WINDOW, WINDOW);
  assert.equal(state.usual.length, 36);
  assert.equal(Object.keys(state.open).length, 10);
});
