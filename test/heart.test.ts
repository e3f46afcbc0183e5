import assert from "node:assert/strict";
import { test } from "node:test";
import { HEARTBEAT_MS, runWithHeart } from "../src/heart.ts";
import { createManualClock, settled } from "./support/manual-clock.ts";
import { createMemoryState } from "./support/memory-state.ts";
import { createManualStop } from "./support/stop-signals.ts";

function setUp(work: (save: (changes: Record<string, unknown>) => Promise<void>) => Promise<void>) {
  const clock = createManualClock();
  const state = createMemoryState();
  const stop = createManualStop();
  const counted = { records: 0 };
  const beside = () => ({ consumed: { ...counted } });
  const deps = { role: "tail", state, clock, pid: 42, beside } as const;
  const ended = runWithHeart(deps, stop.signals, work);
  return { clock, state, stop, counted, ended };
}

test("it beats every half minute from the start on, with what is kept beside", async () => {
  const gate = Promise.withResolvers<void>();
  const { clock, state, stop, counted, ended } = setUp(() => gate.promise);
  await settled();
  assert.deepEqual(await state.load("tail"), {
    pid: 42,
    started_at: "2026-01-02T03:04:05.000Z",
    heartbeat_at: "2026-01-02T03:04:05.000Z",
    consumed: { records: 0 },
  });
  counted.records = 7;
  await clock.advance(2 * HEARTBEAT_MS);
  assert.equal(state.saved.length, 3);
  assert.partialDeepStrictEqual(await state.load("tail"), {
    started_at: "2026-01-02T03:04:05.000Z",
    heartbeat_at: "2026-01-02T03:05:05.000Z",
    consumed: { records: 7 },
  });
  stop.request();
  gate.resolve();
  await ended;
});

test("what the work keeps stays through the next beats", async () => {
  const gate = Promise.withResolvers<void>();
  const { clock, state, stop, ended } = setUp(async (save) => {
    await save({ last_cycle: 1 });
    await save({ last_error: "x" });
    await gate.promise;
  });
  await clock.advance(HEARTBEAT_MS);
  assert.partialDeepStrictEqual(await state.load("tail"), {
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
  assert.equal(JSON.stringify(await state.load("tail")).includes("stopped_at"), false);
  counted.records = 9;
  gate.resolve();
  await ended;
  assert.partialDeepStrictEqual(await state.load("tail"), {
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
  assert.equal(JSON.stringify(await state.load("tail")).includes("stopped_at"), false);
});
