import assert from "node:assert/strict";
import { test } from "node:test";
import { createDaemon, type Daemon } from "../../../src/backfill/daemon.ts";
import { createRunner } from "../../../src/backfill/runner.ts";
import { intervalSchedule } from "../../../src/backfill/schedule.ts";
import { HEARTBEAT_MS, runWithHeartbeat } from "../../../src/status/heartbeat.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { errorLogs } from "../../support/log-documents.ts";
import { settled } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { createFakeProcesses, leftBy } from "../../support/fakes/processes.ts";
import { setUpBackfill } from "./backfill-setup.ts";

const MINUTE = 60_000;

const memory = { now: () => ({ usedBytes: 181e6, limitBytes: 512e6 }) };

function setUp(count: number) {
  const setup = setUpBackfill(errorLogs(count), { batchSize: 10 });
  const { deps, clock, events, stop } = setup;
  const schedule = intervalSchedule(10, clock);
  const state = createMemoryState();
  const run = createRunner(deps, { drain: false, nextRun: () => schedule.next() });
  const heart = { role: "daemon" as const, state, clock, processes: createFakeProcesses(), memory };
  let daemon: Daemon | undefined;
  const start = () =>
    runWithHeartbeat(heart, stop.signals, (save) => {
      daemon = createDaemon({ run, schedule, clock, events, save }, stop.signals);
      return daemon.run();
    });
  const startCycle = () => daemon?.startCycle();
  return { ...setup, schedule, state, start, startCycle, stop: () => stop.request() };
}

test("the first cycle runs at once, the others on schedule", async () => {
  const { start, stop, clock, told } = setUp(25);
  const daemon = start();
  await settled();
  assert.equal(told.cycleEnded.length, 1);
  await clock.advance(10 * MINUTE - 1);
  assert.equal(told.cycleEnded.length, 1);
  await clock.advance(1);
  assert.equal(told.cycleEnded.length, 2);
  await clock.advance(10 * MINUTE);
  assert.deepEqual(
    told.cycleEnded.map(({ summary }) => summary.taken),
    [10, 10, 5],
  );
  stop();
  await daemon;
});

test("a wake-up during a cycle is passed over; cycles never overlap", async () => {
  const { start, stop, clock, told, embedder } = setUp(25);
  let release = () => {};
  embedder.plan(async ({ answer }) => {
    await new Promise<void>((resolve) => (release = resolve));
    return answer();
  });
  const daemon = start();
  await clock.advance(20 * MINUTE);
  assert.equal(told.cycleSkipped.length, 2);
  assert.equal(told.cycleStarted.length, 1);
  release();
  await clock.advance(10 * MINUTE);
  assert.equal(told.cycleStarted.length, 2);
  stop();
  await daemon;
});

test("a cycle out of turn starts at once, but not beside another, nor at the end", async () => {
  const { start, startCycle, stop, clock, told, embedder } = setUp(25);
  let release = () => {};
  embedder.plan(async ({ answer }) => {
    await new Promise<void>((resolve) => (release = resolve));
    return answer();
  });
  const daemon = start();
  await settled();
  assert.equal(startCycle(), "running");
  assert.equal(told.cycleSkipped.length, 0, "nobody was passed over");
  release();
  await settled();
  await settled();
  assert.equal(startCycle(), "started");
  await settled();
  assert.equal(told.cycleEnded.length, 2);
  await clock.advance(10 * MINUTE);
  assert.equal(told.cycleEnded.length, 3, "the schedule goes on as it was");
  stop();
  await daemon;
  assert.equal(startCycle(), "stopping");
});

test("a cycle that fails does not end the daemon, and is left in its state", async () => {
  const { start, stop, clock, told, store, state } = setUp(5);
  store.before("survey", (call) => {
    if (call === 1) throw new Fault("outage", "fake: connection refused");
  });
  const daemon = start();
  await settled();
  assert.equal(told.cycleFailed.length, 1);
  assert.partialDeepStrictEqual(await leftBy(state, "daemon"), {
    last_error: { at: "2026-01-02T03:04:05.000Z", message: "fake: connection refused" },
    next_run_at: "2026-01-02T03:14:05.000Z",
  });
  await clock.advance(10 * MINUTE);
  assert.equal(told.cycleEnded[0]?.summary.outcomes.updated, 5);
  stop();
  await daemon;
});

test("the state holds what status shows: last cycle, totals, next run", async () => {
  const { start, stop, state, told } = setUp(5);
  const daemon = start();
  await settled();
  const summary = told.cycleEnded[0]?.summary;
  assert.ok(summary);
  assert.deepEqual(await leftBy(state, "daemon"), {
    role: "daemon",
    ...createFakeProcesses().self(),
    started_at: "2026-01-02T03:04:05.000Z",
    heartbeat_at: "2026-01-02T03:04:05.000Z",
    memory: { used_bytes: 181e6, limit_bytes: 512e6 },
    totals: { runs: 1, vectors: 5, errors: 0, average_rate: 0 },
    last_cycle: { finished_at: "2026-01-02T03:04:05.000Z", summary: { ...summary } },
    next_run_at: "2026-01-02T03:14:05.000Z",
  });
  stop();
  await daemon;
});

test("its heart beats on through a cycle that takes long, and stops with it", async () => {
  const { start, stop, clock, state, embedder } = setUp(5);
  let release = () => {};
  embedder.plan(async ({ answer }) => {
    await new Promise<void>((resolve) => (release = resolve));
    return answer();
  });
  const daemon = start();
  await clock.advance(3 * HEARTBEAT_MS);
  assert.partialDeepStrictEqual(await leftBy(state, "daemon"), {
    heartbeat_at: new Date(clock.now()).toISOString(),
  });
  assert.equal(state.saved.length, 4);
  release();
  stop();
  await daemon;
  const beats = state.saved.length;
  await clock.advance(10 * HEARTBEAT_MS);
  assert.equal(state.saved.length, beats);
  assert.equal(clock.sleepers, 0);
});

test("a stop waits for the cycle under way, starts no other, and says when it stopped", async () => {
  const { start, stop, clock, state, embedder, told, store } = setUp(25);
  let release = () => {};
  embedder.plan(async ({ answer }) => {
    await new Promise<void>((resolve) => (release = resolve));
    return answer();
  });
  let ended = false;
  const daemon = start().then(() => (ended = true));
  await settled();
  stop();
  await clock.advance(20 * MINUTE);
  assert.equal(ended, false);
  release();
  await daemon;
  assert.equal(told.cycleEnded[0]?.summary.outcomes.updated, 10);
  assert.equal(store.calls.write, 1);
  assert.equal(told.cycleStarted.length, 1);
  assert.partialDeepStrictEqual(await leftBy(state, "daemon"), {
    stopped_at: new Date(clock.now()).toISOString(),
    last_cycle: { summary: { taken: 10 } },
  });
});

test("a daemon that is asked to stop before it starts takes nothing", async () => {
  const { start, stop, told, state } = setUp(5);
  stop();
  await start();
  assert.deepEqual(told.cycleStarted, []);
  assert.partialDeepStrictEqual(await leftBy(state, "daemon"), { pid: 4711 });
});

test("a heartbeat that is slow to be saved does not come after the word that it stopped", async () => {
  const { start, stop, state } = setUp(0);
  const { change } = state;
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  state.change = async (name, revise) => {
    state.change = change;
    await held;
    await change(name, revise);
  };
  const daemon = start();
  await settled();
  stop();
  await settled();
  release();
  await daemon;
  assert.partialDeepStrictEqual(await leftBy(state, "daemon"), {
    stopped_at: "2026-01-02T03:04:05.000Z",
  });
});
