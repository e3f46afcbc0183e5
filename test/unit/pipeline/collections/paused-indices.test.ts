import assert from "node:assert/strict";
import { test } from "node:test";
import { createPausedIndices } from "../../../../src/pipeline/collections/paused-indices.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../../support/fakes/memory-state.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";

const { signal } = new AbortController();
const BLOCK = new Fault("index", "fake: write block");
const BUSY = new Fault("rate", "fake: queue full");

function setUp({ state = createMemoryState() } = {}) {
  const clock = createManualClock();
  const { events, told } = recordEvents();
  const probed: string[][] = [];
  const blocked = new Set<string>(["a"]);
  const busy = new Set<string>();
  const store = {
    probeWritable(indices: readonly string[]) {
      probed.push([...indices]);
      return Promise.resolve(
        indices.map((index) => {
          if (busy.has(index)) return { index, allowed: false, fault: BUSY };
          return blocked.has(index)
            ? { index, allowed: false, reason: "blocked" }
            : { index, allowed: true };
        }),
      );
    },
  };
  const paused = createPausedIndices({ store, state, clock, events });
  const among = (...indices: string[]) => paused.among(indices, signal);
  return { clock, told, probed, blocked, busy, paused, among };
}

test("an index that refused its updates is paused, the others are not", async () => {
  const { paused, among, told, probed } = setUp();
  paused.ended("a", BLOCK);
  paused.ended("b", undefined);
  assert.deepEqual(await among("a", "b"), new Set(["a"]));
  assert.deepEqual(await among("b"), new Set());
  assert.deepEqual(told.indexPaused, [{ index: "a", fault: BLOCK, waitMs: 30_000 }]);
  assert.deepEqual(probed, [], "before its time nobody asks");
});

test("after the wait it is asked, and goes on once it takes updates", async () => {
  const { paused, among, told, probed, clock, blocked } = setUp();
  paused.ended("a", BLOCK);
  paused.ended("b", undefined);
  clock.jump(30_000);
  assert.deepEqual(await among("a", "b"), new Set(["a"]));
  assert.deepEqual(probed, [["a"]]);
  blocked.clear();
  clock.jump(59_999);
  assert.deepEqual(await among("a"), new Set(["a"]), "the second wait is twice as long");
  clock.jump(1);
  assert.deepEqual(await among("a"), new Set());
  assert.equal(told.indexPaused.length, 1);
  assert.deepEqual(told.indexResumed, [{ index: "a" }]);
});

test("waits end at ten minutes", async () => {
  const { paused, among, probed, clock } = setUp();
  paused.ended("a", BLOCK);
  for (let minutes = 0; minutes < 120; minutes++) {
    clock.jump(60_000);
    await among("a");
  }
  // After 1, 2, 4, 8 and 16 minutes or so, then every ten.
  assert.ok(probed.length >= 12 && probed.length <= 16, String(probed.length));
});

test("one update that goes through ends the pause", async () => {
  const { paused, among, told } = setUp();
  paused.ended("a", BLOCK);
  paused.ended("a", undefined);
  assert.deepEqual(await among("a"), new Set());
  assert.deepEqual(told.indexResumed, [{ index: "a" }]);
  paused.ended("a", BLOCK);
  assert.equal(told.indexPaused[1]?.waitMs, 30_000);
});

test("an index that this process has not written to recently is probed before anything is paid for", async () => {
  const { among, told, probed, clock } = setUp();
  assert.deepEqual(await among("a", "b"), new Set(["a"]));
  assert.deepEqual(probed, [["a", "b"]]);
  assert.equal(told.indexPaused[0]?.fault.message, "blocked");
  await among("b");
  clock.jump(10 * 60_000);
  await among("b");
  assert.deepEqual(probed.slice(1), [["b"]]);
});

test("an index that is busy when it is asked is left out, and not paused", async () => {
  const { paused, among, told, busy } = setUp();
  busy.add("a");
  paused.ended("b", undefined);
  assert.deepEqual(await among("a", "b"), new Set(["a"]));
  await assert.rejects(() => among("a"), BUSY);
  busy.clear();
  assert.deepEqual(await among("c"), new Set());
  assert.deepEqual(told.indexPaused, []);
});

test("an index that no record waits for is not paused any more, and not said to take updates", async () => {
  const { paused, among, told, probed } = setUp();
  for (const index of ["a", "b"]) paused.ended(index, BLOCK);
  paused.waitedFor(new Set(["b", "c"]));
  assert.deepEqual(told.indexPauseDropped, [{ index: "a" }]);
  assert.deepEqual(told.indexResumed, []);
  assert.deepEqual(await among("a", "b"), new Set(["a", "b"]));
  assert.deepEqual(probed, [["a"]], "should it be back, it is asked first");
  assert.deepEqual(
    told.indexPaused.map(({ index }) => index),
    ["a", "b", "a"],
  );
});

test("batches that were under way together are one refusal, and lengthen no wait", async () => {
  const { paused, among, probed, clock } = setUp();
  for (let i = 0; i < 5; i++) paused.ended("a", BLOCK);
  clock.jump(30_000);
  await among("a");
  assert.deepEqual(probed, [["a"]]);
});

test("a clock that is set back lengthens no wait", async () => {
  const { paused, among, probed, clock } = setUp();
  paused.ended("a", BLOCK);
  clock.jump(-3_600_000);
  await among("a");
  clock.jump(30_000);
  await among("a");
  assert.deepEqual(probed, [["a"]]);
});

test("a new process asks an index that an earlier one paused, once, and does not wait for its time", async () => {
  const state = createMemoryState();
  const earlier = setUp({ state });
  earlier.paused.ended("a", BLOCK);
  await earlier.paused.save();

  const still = setUp({ state });
  assert.deepEqual(await still.among("a", "b"), new Set(["a"]));
  assert.deepEqual(await still.among("a"), new Set(["a"]));
  assert.deepEqual(still.probed, [["a", "b"]]);

  const later = setUp({ state });
  later.blocked.clear();
  assert.deepEqual(await later.among("a"), new Set());
});

test("a new process does not try before its time what only a write can tell", async () => {
  const state = createMemoryState();
  const earlier = setUp({ state });
  earlier.paused.ended("a", new Fault("configuration", "fake: byte vectors"));
  await earlier.paused.save();

  const later = setUp({ state });
  later.blocked.clear();
  assert.deepEqual(await later.among("a"), new Set(["a"]));
  assert.deepEqual(later.probed, []);
});
