import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../../../src/adapters/process/system-clock.ts";

/** Whether a promise has resolved, as soon as it could have. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => (done = true));
  await Promise.resolve();
  await Promise.resolve();
  return done;
}

test("the time is that of the machine", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1234 });
  assert.equal(systemClock.now(), 1234);
});

test("a sleep lasts as long as it was asked to", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sleep = systemClock.sleep(1000);
  t.mock.timers.tick(999);
  assert.equal(await isDone(sleep), false);
  t.mock.timers.tick(1);
  assert.equal(await isDone(sleep), true);
});

test("an abort ends a sleep at once, without an error, and leaves no timer", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const stop = new AbortController();
  const sleep = systemClock.sleep(3_600_000, stop.signal);
  assert.equal(timers(), before + 1);
  stop.abort();
  await sleep;
  assert.equal(timers(), before);
});

test("sleep() returns at once for a signal that is already aborted", async () => {
  await systemClock.sleep(3_600_000, AbortSignal.abort());
});

test("a sleep that ended listens to its signal no longer", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  t.mock.method(signal, "addEventListener", (_: string, listener: unknown) => {
    listeners.add(listener);
  });
  t.mock.method(signal, "removeEventListener", (_: string, listener: unknown) => {
    listeners.delete(listener);
  });
  const sleep = systemClock.sleep(10, signal);
  assert.equal(listeners.size, 1);
  t.mock.timers.tick(10);
  await sleep;
  assert.equal(listeners.size, 0);
});

test("a time that has passed already is no time to wait", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sleep = systemClock.sleep(-5);
  t.mock.timers.tick(1);
  assert.equal(await isDone(sleep), true);
});
