import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../../src/domain/version.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { createLocalQuarantine } from "../../../../src/pipeline/quarantine/local-quarantine.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../../support/fakes/memory-state.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";

const HOUR_MS = 3_600_000;
const REFUSED = { textHash: "hash", fault: new Fault("record", "cannot be read") };

const VERSION = { version: asVersion("7:1") };
const named = (number: number) => ({ index: "logs", id: `${number}`, ...VERSION });
/** An entry of the file. */
const KEPT = {
  version: "7:1",
  text_hash: "hash",
  attempts: 1,
  error: "cannot be read",
};

function setUp({ maxEntries = 100 } = {}) {
  const clock = createManualClock();
  const state = createMemoryState();
  const { events, told } = recordEvents();
  const open = () => createLocalQuarantine({ state, clock, events, maxEntries });
  return { clock, state, told, open, kept: open() };
}

test("a record is skipped until its next try is due, each time for longer, then for good", async () => {
  const { clock, kept } = setUp();
  for (const [attempts, hours] of [
    [1, 1],
    [2, 6],
    [3, 24],
  ] as const) {
    kept.add(named(1), REFUSED);
    assert.partialDeepStrictEqual(kept.all(), [{ attempts, error: "cannot be read" }]);
    await clock.advance(hours * HOUR_MS - 1);
    assert.deepEqual([kept.has("logs/1"), kept.keys()], [true, ["logs/1"]]);
    await clock.advance(1);
    assert.deepEqual([kept.has("logs/1"), kept.keys()], [false, []]);
  }
  kept.add(named(1), REFUSED);
  await clock.advance(10_000 * HOUR_MS);
  assert.equal(kept.has("logs/1"), true);
  assert.equal(kept.all()[0]?.next_try, undefined);
});

test("the newest come first, and one that is refused again is new", () => {
  const { kept } = setUp();
  for (const number of [1, 2, 3, 1]) kept.add(named(number), REFUSED);
  assert.deepEqual(kept.keys(), ["logs/1", "logs/3", "logs/2"]);
  assert.deepEqual(
    kept.all().map(({ id }) => id),
    ["1", "3", "2"],
  );
});

test("a later success ends it, and the count starts again from 0", () => {
  const { kept } = setUp();
  kept.add(named(1), REFUSED);
  kept.add(named(1), REFUSED);
  kept.clear(["logs/1", "logs/2"]);
  assert.deepEqual([kept.has("logs/1"), kept.all()], [false, []]);
  kept.add(named(1), REFUSED);
  assert.equal(kept.all()[0]?.attempts, 1);
});

test("given up, it is never tried again, and its count and reason stay", async () => {
  const { clock, kept } = setUp();
  kept.add(named(1), REFUSED);
  kept.giveUp(["logs/1", "logs/2"]);
  await clock.advance(1000 * HOUR_MS);
  assert.deepEqual(kept.all(), [{ index: "logs", id: "1", ...KEPT }]);
  assert.deepEqual(kept.keys(), ["logs/1"]);
});

test("it outlives the process, with the log's own time", async () => {
  const { kept, open } = setUp();
  const timestamp = "2026-01-02T03:04:05.000Z";
  kept.add({ ...named(1), timestamp }, REFUSED);
  await kept.keep();
  const next = open();
  await next.sync();
  assert.deepEqual(next.all(), kept.all());
  assert.equal(next.all()[0]?.timestamp, timestamp);
});

test("two processes on one state directory lose nothing of each other's", async () => {
  const { kept: a, open } = setUp();
  const b = open();
  await Promise.all([a.sync(), b.sync()]);
  for (let i = 0; i < 10; i++) {
    a.add({ ...named(i), index: "a" }, REFUSED);
    b.add({ ...named(i), index: "b" }, REFUSED);
    await Promise.all([a.keep(), b.keep()]);
  }
  await Promise.all([a.sync(), b.sync()]);
  assert.equal(a.all().length, 20);
  assert.deepEqual(new Set(a.keys()), new Set(b.keys()));
});

test("a record that another process released stays released", async () => {
  const { kept: a, open } = setUp();
  a.add(named(1), REFUSED);
  await a.keep();
  const b = open();
  await b.sync();
  b.clear(["logs/1"]);
  await b.keep();
  a.add(named(2), REFUSED);
  await a.keep();
  assert.deepEqual(a.keys(), ["logs/2"]);
});

test("a record refused during a save is kept with the next save", async () => {
  const { kept, open } = setUp();
  kept.add(named(1), REFUSED);
  const saving = kept.keep();
  kept.add(named(2), REFUSED);
  await saving;
  assert.deepEqual(kept.keys(), ["logs/2", "logs/1"]);
  await kept.keep();
  const next = open();
  await next.sync();
  assert.deepEqual(next.keys(), ["logs/2", "logs/1"]);
});

test("nothing is saved where nothing changed", async () => {
  const { kept, state } = setUp();
  await kept.sync();
  kept.clear(["logs/1"]);
  kept.giveUp(["logs/1"]);
  await kept.keep();
  assert.deepEqual(state.saved, []);
});

test("of too many the oldest leave, which is told once", async () => {
  const { kept, told, open } = setUp({ maxEntries: 3 });
  for (let i = 0; i < 5; i++) kept.add(named(i), REFUSED);
  assert.deepEqual(kept.keys(), ["logs/4", "logs/3", "logs/2"]);
  await kept.keep();
  const next = open();
  await next.sync();
  assert.equal(next.all().length, 3);
  assert.deepEqual(told.quarantineFull, [{ entries: 3 }]);
});

test("an invalid entry in the file does not affect the others", async () => {
  const { kept, state } = setUp();
  await state.save("quarantine", [{ index: "logs" }, { index: "logs", id: "1", ...KEPT }, 7]);
  await kept.sync();
  assert.deepEqual(kept.keys(), ["logs/1"]);
  for (const broken of [null, "text", {}]) {
    await state.save("quarantine", broken);
    await kept.sync();
    assert.deepEqual(kept.keys(), []);
  }
});

test("an entry of an earlier version has no proof, and its record is tried again", async () => {
  const { kept, state } = setUp();
  await state.save("quarantine", [
    { index: "logs", id: "1", attempts: 4, error: "cannot be read" },
  ]);
  await kept.sync();
  assert.deepEqual([kept.all(), kept.has("logs/1")], [[], false]);
});

test("a record of the same name in a recreated index is not the one that was refused", async () => {
  const { kept, open } = setUp();
  kept.add({ ...named(1), indexUuid: "first" }, REFUSED);
  await kept.keep();
  const next = open();
  await next.sync();
  assert.deepEqual(next.keys(), ["logs#first/1"]);
  assert.deepEqual([next.has("logs#first/1"), next.has("logs#second/1")], [true, false]);
});

test("another text in the same document is not the one that was refused, and is counted from 0", () => {
  const { kept } = setUp();
  kept.add(named(1), REFUSED);
  kept.add(named(1), REFUSED);
  assert.deepEqual([kept.has("logs/1", "hash"), kept.has("logs/1", "another")], [true, false]);
  kept.add(named(1), { ...REFUSED, textHash: "another" });
  assert.equal(kept.all()[0]?.attempts, 1);
});

test("an entry of an earlier version, with two numbers for a version and a routing, is read", async () => {
  const { state, kept } = setUp();
  const { version: _, ...rest } = KEPT;
  const before = { ...rest, index: "logs", id: "1", seq_no: 7, primary_term: 1, routing: "r" };
  await state.save("quarantine", [before]);
  await kept.sync();
  assert.deepEqual(
    kept.all().map(({ id, version, shard_key }) => ({ id, version, shard_key })),
    [{ id: "1", ...VERSION, shard_key: "r" }],
  );
});
