import assert from "node:assert/strict";
import * as fc from "fast-check";
import { test } from "node:test";
import { createMinuteWindow } from "../../../src/limits/rate-limiter.ts";
import { steadyClock } from "../../../src/concurrency/steady-clock.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";

function setUp(limit: number) {
  const clock = createManualClock();
  return { clock, window: createMinuteWindow(limit, steadyClock(clock)) };
}

test("a request takes up room for a minute, and not longer", () => {
  const { clock, window } = setUp(100);
  window.take(60);
  clock.jump(30_000);
  window.take(40);
  assert.equal(window.left(), 0);
  assert.equal(window.waitMs(1), 30_000);
  assert.equal(window.waitMs(61), 60_000);
  clock.jump(29_999);
  assert.equal(window.left(), 0);
  clock.jump(1);
  assert.equal(window.left(), 60);
  assert.equal(window.waitMs(60), 0);
});

test("a request that turned out smaller frees room at once", () => {
  const { window } = setUp(100);
  const sent = window.take(100);
  sent.correct(10);
  assert.equal(window.left(), 90);
  sent.correct(0);
  assert.equal(window.waitMs(500), 0);
});

test("a request larger than the limit goes once a minute was empty", () => {
  const { clock, window } = setUp(100);
  assert.equal(window.waitMs(500), 0);
  window.take(1);
  assert.equal(window.waitMs(500), 60_000);
  clock.jump(60_000);
  assert.equal(window.waitMs(500), 0);
});

test("a machine whose clock is set back an hour does not stand still for it", () => {
  const { clock, window } = setUp(10);
  window.take(10);
  clock.jump(-3_600_000);
  assert.equal(window.waitMs(1), 60_000);
  clock.jump(60_000);
  assert.equal(window.left(), 10);
});

test("no limit is no wait", () => {
  const { window } = setUp(Infinity);
  window.take(1e9);
  assert.equal(window.left(), Infinity);
  assert.equal(window.waitMs(1e9), 0);
});

test("a caller that waits as long as told never exceeds the limit within any minute", () => {
  const asks = fc.array(
    fc.record({ pause: fc.nat(40_000), amount: fc.integer({ min: 1, max: 50 }) }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 50, max: 200 }), asks, (limit, all) => {
      const { clock, window } = setUp(limit);
      const sent: { at: number; amount: number }[] = [];
      for (const { pause, amount } of all) {
        clock.jump(pause);
        clock.jump(window.waitMs(amount));
        assert.ok(amount <= window.left());
        window.take(amount);
        sent.push({ at: clock.now(), amount });
        const within = sent.filter(({ at }) => at > clock.now() - 60_000);
        assert.ok(within.reduce((sum, one) => sum + one.amount, 0) <= limit);
      }
    }),
  );
});
