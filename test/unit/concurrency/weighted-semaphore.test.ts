import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as assertAlways, asyncProperty, integer, nat, record } from "fast-check";
import { createWeightedSemaphore } from "../../../src/search/limit-concurrent-searches.ts";
import { settled } from "../../support/fakes/manual-clock.ts";

const { signal } = new AbortController();

function setUp(total: number) {
  const slots = createWeightedSemaphore(total);
  const inside = new Map<string, () => void>();
  const take = async (name: string, amount: number, own = signal) => {
    const giveBack = await slots.acquire(amount, own);
    if (giveBack) inside.set(name, giveBack);
  };
  const leave = async (name: string) => {
    inside.get(name)?.();
    inside.delete(name);
    await settled();
  };
  return { take, leave, names: () => [...inside.keys()].join("") };
}

test("a caller that needs more than is free waits, and no later caller overtakes it", async () => {
  const { take, leave, names } = setUp(10);
  for (const [name, amount] of Object.entries({ a: 6, b: 3, c: 5, d: 1 })) void take(name, amount);
  await settled();
  assert.equal(names(), "ab");
  await leave("b");
  assert.equal(names(), "a");
  await leave("a");
  assert.equal(names(), "cd");
});

test("a caller that needs more than the capacity has all of it alone", async () => {
  const { take, leave, names } = setUp(10);
  for (const [name, amount] of Object.entries({ a: 1, b: 99, c: 1 })) void take(name, amount);
  await settled();
  assert.equal(names(), "a");
  await leave("a");
  assert.equal(names(), "b");
  await leave("b");
  assert.equal(names(), "c");
});

test("a caller that stops waiting lets the callers behind it in", async () => {
  const { take, names } = setUp(10);
  const gone = new AbortController();
  void take("a", 6);
  void take("b", 6, gone.signal);
  void take("c", 4);
  await settled();
  assert.equal(names(), "a");
  gone.abort();
  await settled();
  assert.equal(names(), "ac");
});

test("with any callers, never more than the capacity is taken, and at the end nothing", async () => {
  const steps = array(record({ amount: integer({ min: 1, max: 15 }), out: nat(9) }));
  await assertAlways(
    asyncProperty(steps, async (all) => {
      const slots = createWeightedSemaphore(10);
      const inside: { amount: number; giveBack: () => void }[] = [];
      const taken = () => inside.reduce((sum, { amount }) => sum + amount, 0);
      let came = 0;
      const take = async (amount: number) => {
        const giveBack = await slots.acquire(amount, signal);
        came++;
        if (giveBack) inside.push({ amount, giveBack });
      };
      for (const { amount, out } of all) {
        void take(amount);
        await settled();
        assert.ok(taken() <= 10 || inside.length === 1);
        inside.splice(out, 1)[0]?.giveBack();
        await settled();
      }
      while (inside.length > 0) {
        inside.shift()?.giveBack();
        await settled();
      }
      assert.equal(came, all.length);
    }),
  );
});
