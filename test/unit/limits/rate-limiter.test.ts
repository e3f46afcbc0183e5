import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { assertWaits, faultOf, permitOf, setUpGuard } from "./embedder-limits-setup.ts";

test("without limits everything goes at once", async () => {
  const { ask, clock } = setUpGuard();
  const permit = await permitOf(ask("backfill", 9e9, 9e9));
  assert.deepEqual(permit.texts, [0, 1]);
  assert.deepEqual(clock.slept, []);
});

test("where forty texts fit into what is left, forty are sent now, and the rest waits", async () => {
  const { ask, clock } = setUpGuard({ tokensPerMinute: 400 });
  const sizes = Array.from({ length: 100 }, () => 10);
  const first = await permitOf(ask("backfill", ...sizes));
  assert.equal(first.texts.length, 40);
  first.answered(400, undefined);
  const second = ask("backfill", ...sizes.slice(40));
  await clock.advance(59_999);
  await assertWaits(second);
  await clock.advance(1);
  assert.equal((await permitOf(second)).texts.length, 40);
});

test("a request billed for less than reserved leaves room for more at once", async () => {
  const { ask } = setUpGuard({ tokensPerMinute: 400 });
  const first = await permitOf(ask("backfill", 400));
  const second = ask("backfill", 300);
  await assertWaits(second);
  first.answered(100, undefined);
  await permitOf(second);
});

test("a refused request takes up no tokens; one that may have been carried out does", async () => {
  const { ask } = setUpGuard({ tokensPerMinute: 400 });
  (await permitOf(ask("backfill", 400))).failed(new Fault("record", "no"));
  const lost = new Fault("outage", "timeout", { possiblyBilled: true });
  (await permitOf(ask("backfill", 300))).failed(lost);
  await permitOf(ask("backfill", 100));
  await assertWaits(ask("backfill", 1));
});

test("requests are limited too, whatever came of them", async () => {
  const { ask, clock } = setUpGuard({ requestsPerMinute: 2 });
  for (let sent = 0; sent < 2; sent++) {
    (await permitOf(ask("backfill", 1))).failed(new Fault("record", "no"));
  }
  const third = ask("backfill", 1);
  await clock.advance(59_999);
  await assertWaits(third);
  await clock.advance(1);
  await permitOf(third);
});

test("a text that is larger than the whole limit goes once nothing else was sent for a minute", async () => {
  const { ask, clock } = setUpGuard({ tokensPerMinute: 100 });
  (await permitOf(ask("backfill", 1))).answered(1, undefined);
  const large = ask("backfill", 500, 1);
  await clock.advance(59_999);
  await assertWaits(large);
  await clock.advance(1);
  assert.deepEqual((await permitOf(large)).texts, [0]);
});

test("a waiting tail goes before the backfill that waited longer", async () => {
  const { ask, clock } = setUpGuard({ requestsPerMinute: 2 });
  (await permitOf(ask("backfill", 1))).answered(1, undefined);
  await clock.advance(10_000);
  (await permitOf(ask("backfill", 1))).answered(1, undefined);
  const backfill = ask("backfill", 1);
  await assertWaits(backfill);
  const tail = ask("tail", 1);
  await clock.advance(50_000);
  (await permitOf(tail)).answered(1, undefined);
  await assertWaits(backfill);
  await clock.advance(10_000);
  await permitOf(backfill);
});

test("a backfill that the tail overtakes has its own minute once it is its turn", async () => {
  const { ask, clock } = setUpGuard({ requestsPerMinute: 1 });
  (await permitOf(ask("tail", 1))).answered(1, undefined);
  const backfill = ask("backfill", 1);
  const tail = ask("tail", 1);
  await clock.advance(60_000);
  (await permitOf(tail)).answered(1, undefined);
  await clock.advance(59_999);
  await assertWaits(backfill);
  await clock.advance(1);
  await permitOf(backfill);
});

test("a caller first in the queue that waits more than a minute in vain gets a rate fault, for a later cycle", async () => {
  const { ask, clock } = setUpGuard({ requestsPerMinute: 2 });
  const underWay = await permitOf(ask("tail", 1));
  (await permitOf(ask("tail", 1))).answered(1, undefined);
  const [first, second] = [ask("backfill", 1), ask("backfill", 1)];
  await clock.advance(30_000);
  await assertWaits(first);
  underWay.answered(1, { requests: { remaining: 0, resetMs: 50_000 } });
  assert.equal((await faultOf(first)).kind, "rate");
  await assertWaits(second);
  await clock.advance(50_000);
  await permitOf(second);
});

test("however long the line is, it is waited in for as long as it moves", async () => {
  const { ask, clock } = setUpGuard({ requestsPerMinute: 1 });
  const line = Array.from({ length: 10 }, () => ask("backfill", 1));
  for (const one of line) {
    (await permitOf(one)).answered(1, undefined);
    await clock.advance(60_000);
  }
  assert.equal(clock.sleepers, 0);
});

test("a slow embedder that takes one at a time keeps nobody from his turn", async () => {
  const { ask, clock } = setUpGuard({ maxConcurrentRequests: 1 });
  const line = Array.from({ length: 10 }, () => ask("backfill", 1));
  for (const one of line) {
    const permit = await permitOf(one);
    await clock.advance(50_000);
    permit.answered(1, undefined);
  }
});

test("a stop ends the wait, with nothing sent", async () => {
  const { ask, stop, clock } = setUpGuard({ requestsPerMinute: 1 });
  await permitOf(ask("backfill", 1));
  const [first, second] = [ask("backfill", 1), ask("tail", 1)];
  await assertWaits(second);
  stop.abort();
  await Promise.all([first.ended, second.ended]);
  assert.deepEqual([first.got, second.got], ["nothing", "nothing"]);
  assert.equal(clock.sleepers, 0);
});

test("a long wait is told, but not each of many in a row", async () => {
  const { ask, clock, told } = setUpGuard({ tokensPerMinute: 20 });
  (await permitOf(ask("backfill", 10))).answered(10, undefined);
  await clock.advance(10_000);
  (await permitOf(ask("backfill", 10))).answered(10, undefined);
  for (const waitMs of [50_000, 10_000, 50_000, 10_000]) {
    const asked = ask("backfill", 10);
    await clock.advance(waitMs - 1);
    await assertWaits(asked);
    await clock.advance(1);
    (await permitOf(asked)).answered(10, undefined);
  }
  assert.deepEqual(
    told.waiting.map(({ waitMs }) => waitMs),
    [50_000, 50_000],
  );
  assert.match(told.waiting[0]?.fault.message ?? "", /RATE_LIMIT_TOKENS_PER_MINUTE/);
});

test("the remaining allowance that the embedder reports is not exceeded", async () => {
  const { ask, clock } = setUpGuard();
  const tokens = { remaining: 25, resetMs: 20_000 };
  (await permitOf(ask("backfill", 10))).answered(10, { tokens });
  const shrunk = await permitOf(ask("backfill", 10, 10, 10));
  assert.deepEqual(shrunk.texts, [0, 1]);
  shrunk.answered(20, undefined);
  const third = ask("tail", 10);
  await clock.advance(19_999);
  await assertWaits(third);
  await clock.advance(1);
  await permitOf(third);
});

test("the embedder's reported allowance does not include requests in flight", async () => {
  const { ask } = setUpGuard();
  const [first] = [await permitOf(ask("backfill", 10)), await permitOf(ask("tail", 10))];
  first.answered(10, { requests: { remaining: 1, resetMs: 20_000 } });
  await assertWaits(ask("tail", 1));
});

test("where it takes nothing for an hour, that is the fault at once, and nothing is sent", async () => {
  const { ask, clock } = setUpGuard();
  const requests = { remaining: 0, resetMs: 3_600_000 };
  (await permitOf(ask("backfill", 10))).answered(10, { requests });
  const { kind, retryAfterMs } = await faultOf(ask("backfill", 10));
  assert.deepEqual([kind, retryAfterMs], ["rate", 3_600_000]);
  await clock.advance(3_600_000);
  await permitOf(ask("backfill", 10));
});

test("a Retry-After keeps every caller from asking before", async () => {
  const { ask, clock } = setUpGuard();
  (await permitOf(ask("backfill", 1))).failed(new Fault("rate", "429", { retryAfterMs: 5000 }));
  const [tail, backfill] = [ask("tail", 1), ask("backfill", 1)];
  await clock.advance(4999);
  await assertWaits(tail);
  await assertWaits(backfill);
  await clock.advance(1);
  (await permitOf(tail)).answered(1, undefined);
  await permitOf(backfill);
});
