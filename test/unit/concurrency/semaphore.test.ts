import assert from "node:assert/strict";
import { test } from "node:test";
import { createSemaphore } from "../../../src/concurrency/semaphore.ts";
import { settled } from "../../support/fakes/manual-clock.ts";

const never = new AbortController().signal;

test("callers wait when all permits are taken, and get them in the order of coming", async () => {
  const slots = createSemaphore(1);
  const giveBack = await slots.acquire(never);
  const order: string[] = [];
  const waiting = ["a", "b"].map(async (name) => {
    const back = await slots.acquire(never);
    order.push(name);
    return back;
  });
  await settled();
  assert.deepEqual(order, []);
  giveBack?.();
  await settled();
  assert.deepEqual(order, ["a"]);
  (await waiting[0])?.();
  await waiting[1];
  assert.deepEqual(order, ["a", "b"]);
});

test("a place that is given back twice is one place", async () => {
  const slots = createSemaphore(1);
  const giveBack = await slots.acquire(never);
  giveBack?.();
  giveBack?.();
  assert.ok(await slots.acquire(never));
  let came = false;
  void slots.acquire(never).then(() => (came = true));
  await settled();
  assert.equal(came, false);
});

test("a caller that stops waiting gets no permit and keeps none from the next", async () => {
  const slots = createSemaphore(1);
  const giveBack = await slots.acquire(never);
  const stop = new AbortController();
  const gone = slots.acquire(stop.signal);
  const next = slots.acquire(never);
  stop.abort();
  assert.equal(await gone, undefined);
  giveBack?.();
  assert.ok(await next);
});

test("a stop after the place was given changes nothing", async () => {
  const slots = createSemaphore(1);
  const giveBack = await slots.acquire(never);
  const stop = new AbortController();
  const second = slots.acquire(stop.signal);
  giveBack?.();
  stop.abort();
  const back = await second;
  assert.ok(back);
  back();
  assert.ok(await slots.acquire(never));
});

test("stopped before, there is no place even where one is free", async () => {
  assert.equal(await createSemaphore(1).acquire(AbortSignal.abort()), undefined);
});
