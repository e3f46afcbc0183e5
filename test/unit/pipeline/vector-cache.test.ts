import assert from "node:assert/strict";
import { test } from "node:test";
import { createVectorCache } from "../../../src/pipeline/vector-cache.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";

const SETTINGS = { model: "m", dimensions: 2, maxEntries: 2, ttlMs: 1000 };
const ENTRY = { vector: Float32Array.of(1, 2), truncated: true };

test("gives back what was set, until its time is up", async () => {
  const clock = createManualClock();
  const cache = createVectorCache(SETTINGS, clock);
  assert.equal(cache.get("a"), undefined);
  cache.set("a", ENTRY);
  await clock.advance(999);
  assert.deepEqual(cache.get("a"), ENTRY);
  await clock.advance(2);
  assert.equal(cache.get("a"), undefined);
});

test("drops what was not used for longest when it is full", () => {
  const cache = createVectorCache(SETTINGS, createManualClock());
  cache.set("a", ENTRY);
  cache.set("b", ENTRY);
  cache.get("a");
  cache.set("c", ENTRY);
  assert.deepEqual(
    ["a", "b", "c"].map((hash) => cache.get(hash) !== undefined),
    [true, false, true],
  );
});

test("keeps nothing where it may hold no entries", () => {
  const cache = createVectorCache({ ...SETTINGS, maxEntries: 0 }, createManualClock());
  cache.set("a", ENTRY);
  assert.equal(cache.get("a"), undefined);
});

test("a paid vector is not evicted before it is written, and is like the others afterwards", () => {
  const cache = createVectorCache(SETTINGS, createManualClock());
  cache.hold("paid", ENTRY);
  for (const hash of ["a", "b", "c"]) cache.set(hash, ENTRY);
  assert.deepEqual(cache.get("paid"), ENTRY);
  cache.release("paid");
  assert.deepEqual(cache.get("paid"), ENTRY);
  for (const hash of ["d", "e"]) cache.set(hash, ENTRY);
  assert.equal(cache.get("paid"), undefined);
  cache.release("never held");
  assert.equal(cache.get("never held"), undefined);
});

test("all that a drain has in flight is held, whatever is recent", () => {
  const cache = createVectorCache({ ...SETTINGS, dimensions: 1536 }, createManualClock());
  const entry = { vector: new Float32Array(1536), truncated: false };
  const hashes = Array.from({ length: 5000 }, (_, i) => String(i));
  for (const hash of hashes) cache.hold(hash, entry);
  assert.ok(hashes.every((hash) => cache.get(hash) === entry));
});

for (const maxEntries of [0, 9])
  test(`a vector that no document has yet outlives the hour, and no day (${maxEntries})`, () => {
    const clock = createManualClock();
    const cache = createVectorCache({ model: "m", dimensions: 1, maxEntries, ttlMs: 1000 }, clock);
    const entry = { vector: Float32Array.of(1), truncated: false };
    cache.hold("hash", entry);
    clock.jump(23 * 3_600_000);
    assert.equal(cache.get("hash"), entry);
    clock.jump(3_600_001);
    assert.equal(cache.get("hash"), undefined);
  });
