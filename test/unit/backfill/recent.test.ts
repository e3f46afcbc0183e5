import assert from "node:assert/strict";
import { test } from "node:test";
import { createRecentRecords } from "../../../src/backfill/recent.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";

test("each record is remembered for as long as it was said", async () => {
  const clock = createManualClock();
  const recent = createRecentRecords(clock);
  recent.remember("short", 1000);
  recent.remember("long", 5000);
  assert.deepEqual(recent.keys().toSorted(), ["long", "short"]);
  await clock.advance(1001);
  assert.deepEqual(recent.keys(), ["long"]);
  await clock.advance(4000);
  assert.deepEqual(recent.keys(), []);
});

test("a forgotten record is gone at once", () => {
  const recent = createRecentRecords(createManualClock());
  recent.remember("a", 1000);
  recent.remember("b", 1000);
  recent.forget(["a", "never seen"]);
  assert.deepEqual(recent.keys(), ["b"]);
});

test("no more than a thousand records go into a query, the latest", () => {
  const recent = createRecentRecords(createManualClock());
  for (let i = 0; i < 1200; i++) recent.remember(`id-${i}`, 1000);
  const keys = recent.keys();
  assert.equal(keys.length, 1000);
  assert.ok(keys.includes("id-1199"));
  assert.ok(!keys.includes("id-199"));
});
