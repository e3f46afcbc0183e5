import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { createWakeup } from "../../../src/concurrency/wakeup.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";

function setUp() {
  const clock = createManualClock();
  const alarm = createWakeup(clock);
  const awake: string[] = [];
  const sleep = (name: string, ms: number | undefined, signal?: AbortSignal) =>
    alarm.sleep(ms, signal).then(() => awake.push(name));
  return { clock, alarm, awake, sleep };
}

test("it wakes every sleeper at once, and leaves none asleep in the clock", async () => {
  const { clock, alarm, awake, sleep } = setUp();
  void sleep("a", 1000);
  void sleep("b", undefined);
  await settled();
  assert.deepEqual(awake, []);
  alarm.notifyAll();
  await settled();
  assert.deepEqual(new Set(awake), new Set(["a", "b"]));
  assert.equal(clock.sleepers, 0);
});

test("a caller that begins to sleep after a notification sleeps on", async () => {
  const { clock, alarm, awake, sleep } = setUp();
  alarm.notifyAll();
  void sleep("a", 1000);
  await clock.advance(999);
  assert.deepEqual(awake, []);
  await clock.advance(1);
  assert.deepEqual(awake, ["a"]);
});

test("a stop wakes its own sleepers alone", async () => {
  const { alarm, awake, sleep } = setUp();
  const stop = new AbortController();
  void sleep("a", undefined, stop.signal);
  void sleep("b", undefined);
  stop.abort();
  await settled();
  assert.deepEqual(awake, ["a"]);
  void sleep("c", undefined, stop.signal);
  await settled();
  assert.deepEqual(awake, ["a", "c"]);
  alarm.notifyAll();
});

test("sleep after sleep leaves no listener behind", async () => {
  const { clock, alarm, sleep } = setUp();
  const stop = new AbortController();
  for (let i = 0; i < 5; i++) {
    void sleep("a", 10, stop.signal);
    await clock.advance(10);
    void sleep("b", undefined, stop.signal);
    alarm.notifyAll();
    await settled();
  }
  assert.equal(getEventListeners(stop.signal, "abort").length, 0);
});
