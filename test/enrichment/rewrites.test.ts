import assert from "node:assert/strict";
import { test } from "node:test";
import { createRewrites } from "../../src/enrichment/rewrites.ts";
import { createManualClock } from "../support/manual-clock.ts";
import { createMemoryState } from "../support/memory-state.ts";

function setUp() {
  const clock = createManualClock();
  const state = createMemoryState();
  const open = (model = "m", dimensions = 8) => createRewrites(state, clock, { model, dimensions });
  return { clock, state, open };
}

test("what was written twice for the same text and is gone is a loop, and named", () => {
  const rewrites = setUp().open();
  for (let times = 0; times < 2; times++) {
    assert.equal(rewrites.problem("app/1", "hash"), undefined);
    rewrites.written("app/1", "hash");
  }
  const fault = rewrites.problem("app/1", "hash");
  assert.equal(fault?.kind, "record");
  assert.match(fault?.message ?? "", /written 2 times since 2026-01-02T03:04:05.000Z and is gone/);
  assert.match(fault?.hint ?? "", /removes its vector/);
});

test("another text in the same document, or the same text elsewhere, is no loop", () => {
  const rewrites = setUp().open();
  for (const text of ["one", "two", "three"]) rewrites.written("app/1", text);
  for (const key of ["app/2", "app/3", "app/4"]) rewrites.written(key, "one");
  for (const key of ["app/1", "app/2"]) assert.equal(rewrites.problem(key, "one"), undefined);
});

test("a day later all is forgotten", () => {
  const { open, clock } = setUp();
  const rewrites = open();
  rewrites.written("app/1", "hash");
  rewrites.written("app/1", "hash");
  clock.jump(24 * 3_600_000 + 1);
  assert.equal(rewrites.problem("app/1", "hash"), undefined);
});

test("a new process goes on counting where the last one was", async () => {
  const { open, state } = setUp();
  for (let run = 0; run < 2; run++) {
    const rewrites = open();
    await rewrites.load();
    assert.equal(rewrites.problem("app/1", "hash"), undefined);
    rewrites.written("app/1", "hash");
    await rewrites.save();
    await rewrites.save();
  }
  assert.equal(state.saved.length, 2, "saved only where something was written");
  const third = open();
  await third.load();
  assert.ok(third.problem("app/1", "hash"));
});

test("the same text in the same document by one model after the other is no loop", async () => {
  const { open } = setUp();
  const models = [
    ["small", 8],
    ["large", 8],
    ["large", 16],
  ] as const;
  for (const [model, dimensions] of models) {
    const rewrites = open(model, dimensions);
    await rewrites.load();
    assert.equal(rewrites.problem("app/1", "hash"), undefined);
    rewrites.written("app/1", "hash");
    await rewrites.save();
  }
  const again = open("small");
  await again.load();
  again.written("app/1", "hash");
  assert.ok(again.problem("app/1", "hash"), "each model's own count is kept");
});

test("a document that makes no sense is as good as none", async () => {
  const { open, state } = setUp();
  await state.save("rewrites", [["a"], 7]);
  const rewrites = open();
  await rewrites.load();
  assert.equal(rewrites.problem("a", "b"), undefined);
});
