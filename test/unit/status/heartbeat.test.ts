import assert from "node:assert/strict";
import { test } from "node:test";
import { HEARTBEAT_MS, readProcesses, runWithHeartbeat } from "../../../src/status/heartbeat.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { createFakeProcesses, leftBy } from "../../support/fakes/processes.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";

const used = { bytes: 181e6 };
const memory = { now: () => ({ usedBytes: used.bytes, limitBytes: 512e6 }) };

function setUp(work: (save: (changes: Record<string, unknown>) => Promise<void>) => Promise<void>) {
  const clock = createManualClock();
  const state = createMemoryState();
  const stop = createManualStop();
  const counted = { records: 0 };
  const beside = () => ({ consumed: { ...counted } });
  const deps = {
    role: "tail",
    state,
    clock,
    processes: createFakeProcesses(),
    memory,
    beside,
  } as const;
  const ended = runWithHeartbeat(deps, stop.signals, work);
  return { clock, state, stop, counted, ended };
}

test("it beats every half minute from the start on, with what is kept beside", async () => {
  const gate = Promise.withResolvers<void>();
  const { clock, state, stop, counted, ended } = setUp(() => gate.promise);
  await settled();
  assert.deepEqual(await leftBy(state, "tail"), {
    role: "tail",
    ...createFakeProcesses().self(),
    started_at: "2026-01-02T03:04:05.000Z",
    heartbeat_at: "2026-01-02T03:04:05.000Z",
    memory: { used_bytes: 181e6, limit_bytes: 512e6 },
    consumed: { records: 0 },
  });
  counted.records = 7;
  used.bytes = 205e6;
  await clock.advance(2 * HEARTBEAT_MS);
  assert.equal(state.saved.length, 3);
  assert.partialDeepStrictEqual(await leftBy(state, "tail"), {
    started_at: "2026-01-02T03:04:05.000Z",
    heartbeat_at: "2026-01-02T03:05:05.000Z",
    memory: { used_bytes: 205e6, limit_bytes: 512e6 },
    consumed: { records: 7 },
  });
  stop.request();
  gate.resolve();
  await ended;
});

test("values that the work saves stay through the next heartbeats", async () => {
  const gate = Promise.withResolvers<void>();
  const { clock, state, stop, ended } = setUp(async (save) => {
    await save({ last_cycle: 1 });
    await save({ last_error: "x" });
    await gate.promise;
  });
  await clock.advance(HEARTBEAT_MS);
  assert.partialDeepStrictEqual(await leftBy(state, "tail"), {
    last_cycle: 1,
    last_error: "x",
    heartbeat_at: "2026-01-02T03:04:35.000Z",
  });
  stop.request();
  gate.resolve();
  await ended;
});

test("a stop ends the beating at once; that it was stopped is written when the work has ended", async () => {
  const gate = Promise.withResolvers<void>();
  const { clock, state, stop, counted, ended } = setUp(() => gate.promise);
  await clock.advance(1000);
  stop.request();
  await settled();
  assert.equal(clock.sleepers, 0);
  assert.equal(JSON.stringify(await leftBy(state, "tail")).includes("stopped_at"), false);
  counted.records = 9;
  gate.resolve();
  await ended;
  assert.partialDeepStrictEqual(await leftBy(state, "tail"), {
    stopped_at: "2026-01-02T03:04:06.000Z",
    consumed: { records: 9 },
  });
});

test("work that fails is not said to have been stopped", async () => {
  const bug = new TypeError("x is not a function");
  const { state, stop, ended } = setUp(() => Promise.reject(bug));
  await assert.rejects(ended, bug);
  stop.request();
  await settled();
  assert.equal(JSON.stringify(await leftBy(state, "tail")).includes("stopped_at"), false);
});

test("two processes on one state directory each leave their own, and the stop of one is its own", async () => {
  const clock = createManualClock();
  const state = createMemoryState();
  const run = (pid: number, stop: ReturnType<typeof createManualStop>) => {
    const deps = {
      role: "daemon",
      state,
      clock,
      processes: createFakeProcesses(pid),
      memory,
    } as const;
    return runWithHeartbeat(deps, stop.signals, () =>
      stop.signals.requested.aborted
        ? Promise.resolve()
        : new Promise((end) => stop.signals.requested.addEventListener("abort", () => end())),
    );
  };
  const [one, other] = [createManualStop(), createManualStop()];
  const ended = run(1, one);
  await clock.advance(1000);
  const otherEnded = run(2, other);
  await clock.advance(1000);
  one.request();
  await ended;
  const left = async () => (await readProcesses(state)).map(({ pid, stopped_at: at }) => [pid, at]);
  assert.deepEqual(await left(), [
    [1, "2026-01-02T03:04:07.000Z"],
    [2, undefined],
  ]);
  await clock.advance(HEARTBEAT_MS);
  assert.deepEqual(await left().then((all) => all.length), 2);
  other.request();
  await otherEnded;
});

test("a process takes the place of those of its role that stopped or died before it, and of no others", async () => {
  const clock = createManualClock();
  const state = createMemoryState();
  const entry = (pid: number, changes: Record<string, unknown> = {}) => ({
    ...createFakeProcesses(pid).self(),
    role: "daemon",
    started_at: "2026-01-02T03:00:00.000Z",
    heartbeat_at: "2026-01-02T03:04:00.000Z",
    ...changes,
  });
  await state.save("processes", [
    entry(1, { stopped_at: "2026-01-02T03:04:00.000Z" }),
    entry(2),
    entry(3),
    entry(2, { role: "tail" }),
    entry(5, { heartbeat_at: "2026-01-01T03:04:04.000Z" }),
    "nonsense",
  ]);
  const processes = createFakeProcesses(6, { 2: "gone", 5: "unknown" });
  const stop = createManualStop();
  const deps = { role: "daemon", state, clock, processes, memory } as const;
  const ended = runWithHeartbeat(deps, stop.signals, () => Promise.resolve());
  await settled();
  stop.request();
  await ended;
  const left = (await readProcesses(state)).map(({ role, pid }) => [role, pid]);
  assert.deepEqual(left, [
    ["daemon", 3],
    ["tail", 2],
    ["daemon", 6],
  ]);
});
