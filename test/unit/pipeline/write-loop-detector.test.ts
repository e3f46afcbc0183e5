import assert from "node:assert/strict";
import { test } from "node:test";
import { createWriteLoopDetector } from "../../../src/pipeline/write-loop-detector.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";

function setUp() {
  const clock = createManualClock();
  const state = createMemoryState();
  const open = (model = "m", dimensions = 8) =>
    createWriteLoopDetector(state, clock, { model, dimensions });
  return { clock, state, open };
}

/** `app/1` in the index `app`. */
function of(name: string, hash: string, indexUuid = "first") {
  const [index = "", id = ""] = name.split("/");
  return { record: { index, indexUuid, id }, hash };
}

test("a vector written twice for the same text and gone each time is a loop, and named", () => {
  const writeLoops = setUp().open();
  for (let times = 0; times < 2; times++) {
    assert.equal(writeLoops.check(of("app/1", "hash")), undefined);
    writeLoops.written(of("app/1", "hash"));
  }
  const fault = writeLoops.check(of("app/1", "hash"));
  assert.equal(fault?.kind, "record");
  assert.match(fault?.message ?? "", /written 2 times within a day and is gone each time/);
  assert.match(fault?.hint ?? "", /removes its vector/);
});

test("another text in the same document, or the same text elsewhere, is no loop", () => {
  const writeLoops = setUp().open();
  for (const text of ["one", "two", "three"]) writeLoops.written(of("app/1", text));
  for (const key of ["app/2", "app/3", "app/4"]) writeLoops.written(of(key, "one"));
  for (const key of ["app/1", "app/2"]) assert.equal(writeLoops.check(of(key, "one")), undefined);
});

test("a day later all is forgotten", () => {
  const { open, clock } = setUp();
  const writeLoops = open();
  writeLoops.written(of("app/1", "hash"));
  writeLoops.written(of("app/1", "hash"));
  clock.jump(24 * 3_600_000 + 1);
  assert.equal(writeLoops.check(of("app/1", "hash")), undefined);
});

test("a new process goes on counting where the last one was", async () => {
  const { open, state } = setUp();
  for (let run = 0; run < 2; run++) {
    const writeLoops = open();
    await writeLoops.load();
    assert.equal(writeLoops.check(of("app/1", "hash")), undefined);
    writeLoops.written(of("app/1", "hash"));
    await writeLoops.save();
    await writeLoops.save();
  }
  assert.equal(state.saved.length, 2, "saved only where something was written");
  const third = open();
  await third.load();
  assert.ok(third.check(of("app/1", "hash")));
});

test("the same text in the same document by one model after the other is no loop", async () => {
  const { open } = setUp();
  const models = [
    ["small", 8],
    ["large", 8],
    ["large", 16],
  ] as const;
  for (const [model, dimensions] of models) {
    const writeLoops = open(model, dimensions);
    await writeLoops.load();
    assert.equal(writeLoops.check(of("app/1", "hash")), undefined);
    writeLoops.written(of("app/1", "hash"));
    await writeLoops.save();
  }
  const again = open("small");
  await again.load();
  again.written(of("app/1", "hash"));
  assert.ok(again.check(of("app/1", "hash")), "each model's own count is kept");
});

test("a document that makes no sense is as good as none", async () => {
  const { open, state } = setUp();
  await state.save("rewrites", [["a"], 7]);
  const writeLoops = open();
  await writeLoops.load();
  assert.equal(writeLoops.check(of("a/1", "b")), undefined);
});

test("many records of an index that lose their vectors together were reloaded, and are no loop", () => {
  const { open } = setUp();
  const writeLoops = open();
  const all = Array.from({ length: 20 }, (_, i) => of(`app/${i}`, "hash"));
  for (let load = 0; load < 4; load++) {
    assert.deepEqual(writeLoops.lost(all).together, load === 0 ? [] : all);
    for (const one of all) {
      assert.equal(writeLoops.check(one), undefined);
      writeLoops.written(one);
    }
  }
});

test("of a small index half is enough, once there are five", () => {
  const { open } = setUp();
  for (const [lost, records, together] of [
    [5, 10, true],
    [5, 11, false],
    [4, 8, false],
  ] as const) {
    const writeLoops = open();
    writeLoops.counted([{ index: "app", records }]);
    const all = Array.from({ length: lost }, (_, i) => of(`app/${i}`, "hash"));
    for (const one of [...all, ...all]) writeLoops.written(one);
    assert.equal(writeLoops.lost(all).together.length > 0, together);
    assert.equal(
      all.every((one) => writeLoops.check(one) === undefined),
      together,
    );
  }
});

test("few at a time come together within the hour, also where each run is a process of its own", async () => {
  const { open, clock } = setUp();
  const all = Array.from({ length: 24 }, (_, i) => of(`app/${i}`, "hash"));
  let writeLoops = open();
  for (const one of [...all, ...all]) writeLoops.written(one);
  await writeLoops.save();
  for (let run = 0; run < 4; run++) {
    writeLoops = open();
    await writeLoops.load();
    const some = all.slice(run * 6, run * 6 + 6);
    const together = writeLoops.lost(some).together.length > 0;
    assert.equal(together, run === 3);
    await writeLoops.save();
    await clock.advance(600_000);
  }
});

test("an index that was recreated under its name has its own count, and its losses are noticed", () => {
  const writeLoops = setUp().open();
  const all = Array.from({ length: 20 }, (_, i) => `app/${i}`);
  for (const uuid of ["first", "second", "third"]) {
    const now = all.map((name) => of(name, "hash", uuid));
    assert.equal(writeLoops.lost(now).together.length, uuid === "first" ? 0 : 20);
    for (const one of now) {
      assert.equal(writeLoops.check(one), undefined);
      writeLoops.written(one);
    }
  }
});

test("many records that lose their vectors again and again are a loop in the end", () => {
  const writeLoops = setUp().open();
  const all = Array.from({ length: 20 }, (_, i) => of(`app/${i}`, "hash"));
  let writes = 0;
  while (writes < 100 && all.every((one) => writeLoops.check(one) === undefined)) {
    for (const one of all) writeLoops.written(one);
    writeLoops.lost(all);
    writes++;
  }
  assert.equal(writes, 24);
});

test("a load that comes up a few records at a time is none of loops, though the first of it looked like some", () => {
  const writeLoops = setUp().open();
  const names = Array.from({ length: 30 }, (_, i) => of(`app/${i}`, "hash"));
  for (const one of names) {
    writeLoops.written(one);
    writeLoops.written(one);
  }
  for (let at = 0; at < 20; at += 10) {
    const some = names.slice(at, at + 10);
    writeLoops.lost(some);
    // As the pipeline does with what it takes for loops.
    for (const one of some) if (writeLoops.check(one)) writeLoops.forget(one);
  }
  const last = names.slice(20);
  assert.equal(writeLoops.lost(last).together.length, 10);
  assert.ok(last.every((one) => writeLoops.check(one) === undefined));
});

test("a record released from the quarantine is counted from 0 again", () => {
  const writeLoops = setUp().open();
  const one = of("app/1", "hash");
  for (let times = 0; times < 2; times++) writeLoops.written(one);
  writeLoops.forget(one);
  for (let times = 0; times < 2; times++) {
    assert.equal(writeLoops.check(one), undefined);
    writeLoops.written(one);
  }
  assert.equal(writeLoops.check(one)?.kind, "record");
});
