import assert from "node:assert/strict";
import { test } from "node:test";
import { createBell } from "../../../../src/adapters/kafka/bell.ts";

test("a ring wakes all who wait, and nobody who comes later", async () => {
  const bell = createBell();
  const { signal } = new AbortController();
  bell.ring();
  let woken = 0;
  const waits = [1, 2].map(() => bell.wait(signal).then(() => (woken += 1)));
  await Promise.resolve();
  assert.equal(woken, 0);
  bell.ring();
  await Promise.all(waits);
  assert.equal(woken, 2);
});

test("a wait ends with its signal, and leaves nothing behind on it", async () => {
  const bell = createBell();
  const stop = new AbortController();
  const removed: string[] = [];
  const remove = stop.signal.removeEventListener.bind(stop.signal);
  stop.signal.removeEventListener = (type: string, listener: () => void) => {
    removed.push(type);
    remove(type, listener);
  };
  const rung = bell.wait(stop.signal);
  bell.ring();
  await rung;
  assert.deepEqual(removed, ["abort"]);
  const waiting = bell.wait(stop.signal);
  stop.abort();
  await waiting;
  await bell.wait(stop.signal);
});
