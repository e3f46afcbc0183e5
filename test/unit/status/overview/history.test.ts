import assert from "node:assert/strict";
import { test } from "node:test";
import { noOutcomes } from "../../../../src/domain/outcome.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import type { CycleSummary } from "../../../../src/domain/summary.ts";
import { openHistory } from "../../../../src/status/overview/history.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../../support/fakes/memory-state.ts";

const MINUTE = 60_000;
const TOTALS = { runs: 1, vectors: 1, errors: 0, average_rate: 1 };

function summaryOf(backlog: number, updated = 3, reused = 1): CycleSummary {
  return {
    cycle: 1,
    found: backlog + updated + reused,
    backlog,
    other_model: 0,
    skipped: 0,
    looping: 0,
    false_marks: 0,
    gaps: [],
    taken: updated + reused,
    outcomes: { ...noOutcomes(), updated, reused },
    embedding: { requests: 1, texts: updated, tokens: 30, cost_usd: 0.1 },
    duration_ms: 500,
    indices: { fit: 1, unfit: 0 },
  };
}

async function setUp(state = createMemoryState()) {
  const clock = createManualClock();
  const history = await openHistory({ role: "daemon", state, clock });
  const { listener } = history;
  const cycle = (number: number, { drain = false, summary = summaryOf(7) } = {}) => {
    listener.cycleStarted?.({ cycle: number, drain });
    clock.jump(500);
    listener.cycleEnded?.({ cycle: number, drain, summary, faults: { rate: 2 }, totals: TOTALS });
  };
  return { clock, history, listener, state, cycle };
}

test("a running cycle is shown, then it is one of the past", async () => {
  const { history, listener, cycle } = await setUp();
  listener.cycleStarted?.({ cycle: 1, drain: false });
  assert.deepEqual(history.running(), {
    cycle: 1,
    drain: false,
    started_at: "2026-01-02T03:04:05.000Z",
  });
  cycle(1);
  assert.equal(history.running(), undefined);
  assert.partialDeepStrictEqual(history.cycles(), [
    { cycle: 1, vectors: 4, reused: 1, faults: { rate: 2 }, backlog: 7, error: null, tokens: 30 },
  ]);
});

test("a cycle that could not begin is one of them too, with its reason and its kind", async () => {
  const { history, listener, clock } = await setUp();
  listener.cycleStarted?.({ cycle: 4, drain: false });
  clock.jump(2000);
  listener.cycleFailed?.({ cycle: 4, error: new Fault("outage", "OpenSearch: away") });
  assert.partialDeepStrictEqual(history.cycles(), [
    { cycle: 4, duration_ms: 2000, error: "OpenSearch: away", faults: { outage: 1 } },
  ]);
});

test("a drain tells how far it is", async () => {
  const { history, listener } = await setUp();
  listener.cycleStarted?.({ cycle: 1, drain: true });
  listener.drainProgress?.({
    done: 40,
    total: 100,
    recordsPerSecond: 20,
    secondsLeft: 3,
    costUsd: null,
  });
  assert.deepEqual(history.running()?.progress, {
    done: 40,
    total: 100,
    per_second: 20,
    seconds_left: 3,
  });
  assert.equal(history.backlog().at(-1)?.pending, 60);
});

test("the latest fifty outlive the process, with the backlog and the sums of the days", async () => {
  const { history, cycle, state, clock, listener } = await setUp();
  for (let i = 1; i <= 60; i++) {
    cycle(i);
    clock.jump(10 * MINUTE);
  }
  const ended = { source: "tail", outcomes: { updated: 3, reused: 1 }, faults: {} } as const;
  listener.recordsEnded?.(ended);
  listener.textsAnswered?.({ texts: ["a", "b", "c"], tokens: 9, costUsd: 0.3 });
  await history.kept();
  const { history: next } = await setUp(state);
  assert.deepEqual(
    next.cycles().map(({ cycle: number }) => number),
    Array.from({ length: 50 }, (_, i) => i + 11),
  );
  assert.deepEqual(next.backlog(), history.backlog());
  const day = { day: "2026-01-02", vectors: 4, reused: 1, texts: 3, cost_usd: 0.3 };
  assert.deepEqual(next.vectorsByDay(), [day]);
});

test("invalid entries in the state directory are left out, and the rest is read", async () => {
  const { state, history, cycle } = await setUp();
  cycle(1);
  await history.kept();
  const good = await state.load("history");
  assert.ok(
    typeof good === "object" && good !== null && "cycles" in good && Array.isArray(good.cycles),
  );
  await state.save("history", { cycles: [{ cycle: "x" }, ...good.cycles, null], backlog: "none" });
  const { history: next } = await setUp(state);
  assert.deepEqual(
    next.cycles().map(({ cycle: number }) => number),
    [1],
  );
  assert.deepEqual(next.backlog(), []);
  await state.save("history", 7);
  assert.deepEqual((await setUp(state)).history.cycles(), []);
});

test("the backlog is bounded, keeps its ends, and is finer the younger it is", async () => {
  const { history, clock } = await setUp();
  const began = clock.now();
  for (let i = 0; i < 5000; i++) {
    history.counted(i);
    clock.jump(MINUTE);
  }
  const points = history.backlog();
  assert.ok(points.length <= 1000, `${points.length} points`);
  assert.equal(points[0]?.at, new Date(began).toISOString());
  assert.equal(points.at(-1)?.pending, 4999);
  const gap = (i: number) =>
    Date.parse(points.at(i + 1)?.at ?? "") - Date.parse(points.at(i)?.at ?? "");
  assert.ok(gap(0) > gap(points.length - 3));
});

test("a count each second does not add a point each second", async () => {
  const { history, clock } = await setUp();
  for (let i = 0; i < 120; i++) {
    history.counted(i);
    clock.jump(1000);
  }
  assert.ok(history.backlog().length <= 6);
  assert.equal(history.backlog().at(-1)?.pending, 119);
});

test("vectors count once, whichever process writes them, and each costs nothing or as much as the others", async () => {
  const { history, listener, cycle } = await setUp();
  for (const source of ["backfill", "tail", "search"] as const) {
    listener.recordsEnded?.({ source, outcomes: { updated: 2, reused: 1, empty: 4 }, faults: {} });
  }
  listener.recordsEnded?.({ source: "worker", outcomes: { deferred: 9 }, faults: { rate: 9 } });
  // The log's lines on the same batches, and the summary of a drain, add nothing to that.
  listener.recordsWritten?.({ written: 3, reused: 1, failed: 0, durationMs: 1, source: "tail" });
  cycle(1, { drain: true, summary: summaryOf(0, 10, 5) });
  listener.textsAnswered?.({ texts: ["a", "b", "c", "d", "e", "f"], tokens: 60, costUsd: 0.12 });
  const day = { day: "2026-01-02", vectors: 9, reused: 3, texts: 6, cost_usd: 0.12 };
  assert.deepEqual(history.vectorsByDay(), [day]);
  assert.deepEqual(await history.saved("2026-01"), { vectors: 3, usd: 0.06 });
  assert.deepEqual(await history.saved("2026-02"), { vectors: 0, usd: null });
});

test("the savings are those of all processes that share the state directory; without a price they are a number of vectors", async () => {
  const { state, history, listener, clock } = await setUp();
  const tail = await openHistory({ role: "tail", state, clock });
  const ended = { source: "tail", outcomes: { updated: 1, reused: 4 }, faults: {} } as const;
  tail.listener.recordsEnded?.(ended);
  tail.listener.textsAnswered?.({ texts: ["a"], tokens: 10, costUsd: 0.5 });
  await tail.kept();
  assert.deepEqual(await history.saved("2026-01"), { vectors: 4, usd: 2 });
  listener.recordsEnded?.({ source: "backfill", outcomes: { reused: 2 }, faults: {} });
  assert.deepEqual(await history.saved("2026-01"), { vectors: 6, usd: 3 });
  listener.textsAnswered?.({ texts: ["b"], tokens: 10, costUsd: null });
  assert.deepEqual(await history.saved("2026-01"), { vectors: 6, usd: null });
});

test("days that an older version kept go on counting, and have no price", async () => {
  const { state } = await setUp();
  await state.save("history", { vectors_by_day: [{ day: "2026-01-01", vectors: 5, reused: 2 }] });
  const { history } = await setUp(state);
  assert.deepEqual(await history.saved("2026-01"), { vectors: 2, usd: null });
});

test("an issue that keeps records waiting is listed until it is over", async () => {
  const { history, listener, clock } = await setUp();
  const fault = new Fault("outage", "Kafka: away");
  listener.sourceLost?.({ role: "tail", fault, waitMs: 10 });
  clock.jump(MINUTE);
  listener.sourceLost?.({ role: "tail", fault, waitMs: 10 });
  listener.indexPaused?.({ index: "a", fault: new Fault("index", "blocked"), waitMs: 10 });
  listener.waiting?.({ fault: new Fault("rate", "slow down"), waitMs: 5000 });
  assert.deepEqual(
    history.reported().map(({ id, which, since }) => [id, which, since.slice(11, 19)]),
    [
      ["source", "tail", "03:04:05"],
      ["index", "a", "03:05:05"],
      ["limit", "", "03:05:05"],
    ],
  );
  clock.jump(5000);
  listener.sourceBack?.({ role: "tail" });
  listener.indexResumed?.({ index: "a" });
  assert.deepEqual(history.reported(), []);
  listener.indexPaused?.({ index: "a", fault: new Fault("index", "blocked"), waitMs: 10 });
  listener.indexPauseDropped?.({ index: "a" });
  assert.deepEqual(history.reported(), []);
});

test("a cycle's budget is new with the next cycle, the day's with the next day", async () => {
  const { history, listener, clock } = await setUp();
  const fault = new Fault("quota", "MAX_TOKENS_PER_CYCLE is reached", { selfImposed: true });
  listener.budgetReached?.({ fault, texts: 3 });
  listener.cycleStarted?.({ cycle: 2, drain: false });
  assert.deepEqual(history.reported(), []);
  const resumesAt = new Date(clock.now() + MINUTE);
  listener.budgetReached?.({ fault, texts: 3, resumesAt });
  listener.cycleStarted?.({ cycle: 3, drain: false });
  assert.equal(history.reported().length, 1);
  clock.jump(MINUTE);
  assert.deepEqual(history.reported(), []);
});

test("a state directory that cannot be written is reported until it can", async () => {
  const { history, listener } = await setUp();
  listener.stateUnwritable?.({ path: "/state", problem: "ENOSPC: no space left on device" });
  assert.deepEqual(
    history.reported().map(({ id, kind, message }) => [id, kind, message]),
    [
      [
        "state",
        "configuration",
        "State directory /state cannot be written (ENOSPC: no space left on device); state is kept in memory only",
      ],
    ],
  );
  listener.stateWritable?.({ path: "/state" });
  assert.deepEqual(history.reported(), []);
});
