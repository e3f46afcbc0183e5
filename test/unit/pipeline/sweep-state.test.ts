import assert from "node:assert/strict";
import { test } from "node:test";
import { noSweep } from "../../../src/backfill/sweep.ts";
import { openSweepState, readLastSweep } from "../../../src/pipeline/sweep-state.ts";
import type { Liveness } from "../../../src/ports/process-table.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { createFakeProcesses } from "../../support/fakes/processes.ts";

const LAST = { ended_at: "2026-01-02T03:34:05.000Z", reason: null, summary: noSweep(1) };

function setUp() {
  const state = createMemoryState();
  const clock = createManualClock();
  const open = (pid: number, states: Record<number, Liveness> = {}) =>
    openSweepState({ state, clock, processes: createFakeProcesses(pid, states) });
  return { state, clock, open };
}

test("one process sweeps at a time; the next one may once it has ended", async () => {
  const { open, state } = setUp();
  const [one, two] = [open(1), open(2)];
  assert.equal(await one.take(), true);
  assert.equal(await two.take(), false);
  assert.equal(await readLastSweep(state), undefined);
  await one.release(LAST);
  assert.deepEqual(await readLastSweep(state), LAST);
  assert.equal(await two.take(), true);
});

test("a process that died holds no lease, nor does one elsewhere that was silent for a quarter of an hour", async () => {
  const { open, clock } = setUp();
  await open(1).take();
  assert.equal(await open(2, { 1: "gone" }).take(), true);
  assert.equal(await open(3, { 2: "unknown" }).take(), false);
  await clock.advance(10 * 60_000);
  await open(2).reached("basis", "a", { ends: [] });
  await clock.advance(10 * 60_000);
  assert.equal(await open(3, { 2: "unknown" }).take(), false);
  await clock.advance(6 * 60_000);
  assert.equal(await open(3, { 2: "unknown" }).take(), true);
});

test("a process that was started again under its own id takes its lease over", async () => {
  const { open } = setUp();
  await open(1).take();
  assert.equal(await open(1).take(), true);
});

test("places are kept by index, for the basis that they rest on", async () => {
  const { open } = setUp();
  const one = open(1);
  assert.deepEqual(await one.places("basis", ["a", "b"]), new Map());
  await one.reached("basis", "a", { from: "7", ends: ["1"] });
  await one.reached("basis", "b", { ends: ["2", "3"] });
  const next = open(2);
  assert.deepEqual(
    await next.places("basis", ["a", "b"]),
    new Map([
      ["a", { from: "7", ends: ["1"] }],
      ["b", { ends: ["2", "3"] }],
    ]),
  );
  assert.deepEqual([...(await next.places("basis", ["b"])).keys()], ["b"]);
  assert.deepEqual([...(await next.places("basis", ["a", "b"])).keys()], ["b"], "a is gone");
  assert.equal((await next.places("another key", ["a", "b"])).size, 0);
  await next.reached("basis", "b", { ends: ["9"] });
  assert.equal((await next.places("another key", ["b"])).size, 0, "of an earlier basis");
});

for (const document of ["nonsense", 7, [], { holder: 3, places: [], last: "x" }, null]) {
  test(`a document of nonsense is none: ${JSON.stringify(document)}`, async () => {
    const { open, state } = setUp();
    await state.save("sweep", document);
    assert.equal(await readLastSweep(state), undefined);
    assert.equal(await open(1).take(), true);
    assert.deepEqual(await open(1).places("basis", ["a"]), new Map());
  });
}
