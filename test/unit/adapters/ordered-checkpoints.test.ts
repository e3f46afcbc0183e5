import assert from "node:assert/strict";
import { test } from "node:test";
import { createOrderedCheckpoints } from "../../../src/adapters/ordered-checkpoints.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";

const OUTAGE = new Fault("outage", "fake: no broker");
const lane = (name: string, stream = "logs") => ({ stream, lane: name });

/** Positions are letters, in the order of the alphabet. */
function setUp() {
  const clock = createManualClock();
  const stored = new Map<string, string>();
  const state: { fault?: unknown; unassigned?: boolean; stores: number } = { stores: 0 };
  const failed: unknown[] = [];
  const checkpoints = createOrderedCheckpoints<string>({
    compare: (a, b) => a.localeCompare(b),
    clock,
    observer: { checkpointFailed: (error) => failed.push(error) },
    async store(settled) {
      state.stores++;
      if (state.fault) throw state.fault;
      if (state.unassigned) return false;
      for (const one of settled) stored.set(`${one.stream}/${one.lane}`, one.position);
      return true;
    },
  });
  checkpoints.assign([lane("x"), lane("y"), lane("x", "other")]);
  return {
    clock,
    state,
    failed,
    checkpoints,
    track: (position: string, of = "x", stream = "logs") => checkpoints.track(stream, of, position),
    /** What is stored a second later. */
    async saved() {
      await clock.advance(1000);
      return Object.fromEntries(stored);
    },
  };
}

test("messages settled out of order move no checkpoint until the first is settled", async () => {
  const { track, saved } = setUp();
  const [first, second, third] = ["k", "l", "m"].map((position) => track(position));
  third?.settle();
  second?.settle();
  assert.deepEqual(await saved(), {});
  first?.settle();
  assert.deepEqual(await saved(), { "logs/x": "m" });
});

test("nothing is stored behind a message that is not settled", async () => {
  const { track, saved } = setUp();
  track("k")?.settle();
  track("l");
  track("m")?.settle();
  assert.deepEqual(await saved(), { "logs/x": "k" });
});

test("to settle twice is to settle once", async () => {
  const { track, saved } = setUp();
  const first = track("k");
  track("l");
  first?.settle();
  first?.settle();
  assert.deepEqual(await saved(), { "logs/x": "k" });
});

test("a stored checkpoint is not stored again until more messages are settled", async () => {
  const { track, saved, state } = setUp();
  track("k")?.settle();
  await saved();
  await saved();
  assert.equal(state.stores, 1);
  track("l")?.settle();
  assert.deepEqual(await saved(), { "logs/x": "l" });
});

test("lanes and streams move by themselves", async () => {
  const { track, saved } = setUp();
  track("k");
  track("k", "y")?.settle();
  track("a", "x", "other")?.settle();
  assert.deepEqual(await saved(), { "logs/y": "k", "other/x": "a" });
});

test("a message that comes again is known, settled or not", () => {
  const { track } = setUp();
  track("k")?.settle();
  track("l");
  assert.equal(track("k"), undefined);
  assert.equal(track("l"), undefined);
  assert.ok(track("l", "y"));
  assert.ok(track("m"));
});

test("a lane that is kept over a rebalance keeps what is open in it", async () => {
  const { checkpoints, track, saved } = setUp();
  const open = track("k");
  track("l")?.settle();
  checkpoints.assign([lane("x")]);
  assert.equal(open?.signal.aborted, false);
  assert.equal(track("k"), undefined);
  open?.settle();
  assert.deepEqual(await saved(), { "logs/x": "l" });
});

test("a lane that was taken is forgotten: its messages are told, nothing of it is stored, and it starts afresh", async () => {
  const { checkpoints, track, saved } = setUp();
  const lost = track("k");
  const done = track("l");
  checkpoints.assign([lane("y")]);
  assert.equal(lost?.signal.aborted, true);
  lost?.settle();
  done?.settle();
  assert.equal(track("m"), undefined);
  assert.deepEqual(await saved(), {});
  checkpoints.assign([lane("x"), lane("y")]);
  const again = track("k");
  assert.equal(again?.signal.aborted, false);
  assert.deepEqual(await saved(), {});
  again?.settle();
  assert.deepEqual(await saved(), { "logs/x": "k" });
});

test("a position before all that may come again is of a recreated stream: the lane starts again", async () => {
  for (const settles of [false, true]) {
    const { track, saved } = setUp();
    const old = track("m");
    if (settles) old?.settle();
    await saved();
    const first = track("a");
    old?.settle();
    assert.deepEqual(await saved(), settles ? { "logs/x": "m" } : {});
    assert.equal(track("a"), undefined);
    first?.settle();
    assert.deepEqual(await saved(), { "logs/x": "a" });
  }
});

test("a failure is told once, and again after a success; what was not stored is tried again", async () => {
  const { state, track, saved, failed } = setUp();
  state.fault = OUTAGE;
  track("k")?.settle();
  await saved();
  await saved();
  assert.deepEqual(failed, [OUTAGE]);
  state.fault = undefined;
  assert.deepEqual(await saved(), { "logs/x": "k" });
  const bug = new TypeError("x is not a function");
  state.fault = bug;
  track("l")?.settle();
  await saved();
  assert.deepEqual(failed, [OUTAGE, bug]);
});

test("while nothing can be stored it waits, and says nothing", async () => {
  const { state, track, saved, failed } = setUp();
  state.unassigned = true;
  track("k")?.settle();
  assert.deepEqual(await saved(), {});
  assert.deepEqual(failed, []);
  state.unassigned = false;
  assert.deepEqual(await saved(), { "logs/x": "k" });
});

test("its disposal stores what is settled by then, and ends the waiting", async () => {
  const { checkpoints, track, clock, state } = setUp();
  await clock.advance(100);
  track("k")?.settle();
  await checkpoints[Symbol.asyncDispose]();
  assert.equal(state.stores, 1);
  assert.equal(clock.sleepers, 0);
});
