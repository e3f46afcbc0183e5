import assert from "node:assert/strict";
import { test } from "node:test";
import { createBulkLimiter } from "../../../../src/adapters/opensearch/bulk-limiter.ts";
import { createManualClock, settled } from "../../../support/fakes/manual-clock.ts";

const QUICK = { updates: 100, tookMs: 100 };
/** Until it is known what is usual. */
const USUALLY = Array.from({ length: 10 }, () => QUICK);
const SLOW = { updates: 100, tookMs: 1000 };

function setUp(settings = { max: 3, fullSpeed: false }) {
  const clock = createManualClock();
  const limiter = createBulkLimiter(settings, clock);
  const abort = new AbortController();
  const hurry = new AbortController();
  const ask = () => {
    const asked: { ended?: Awaited<ReturnType<typeof limiter.acquire>> } = {};
    void limiter.acquire(abort.signal, hurry.signal).then((ended) => {
      asked.ended = ended;
      return undefined;
    });
    return asked;
  };
  const inside = async () => {
    const asked = ask();
    await settled();
    assert.ok(asked.ended, "it waits");
    return asked.ended;
  };
  const waits = async () => {
    const asked = ask();
    await settled();
    assert.equal(asked.ended, undefined, "it does not wait");
    return asked;
  };
  /** One request after the other. */
  const send = async (...ends: Parameters<Awaited<ReturnType<typeof limiter.acquire>>>[0][]) => {
    for (const end of ends) {
      const ended = await inside();
      clock.jump(end.tookMs ?? 0);
      ended(end);
    }
  };
  return { clock, abort, hurry, inside, waits, send };
}

test("two go at once at first, the third in its turn", async () => {
  const { inside, waits } = setUp();
  const first = await inside();
  await inside();
  const third = await waits();
  first(QUICK);
  await settled();
  assert.ok(third.ended);
});

test("where the cluster stays quick as many go as may", async () => {
  const { inside, waits, send } = setUp();
  await send(QUICK, QUICK, QUICK);
  for (let i = 0; i < 3; i++) await inside();
  await waits();
});

test("where the cluster grows slow they go one by one, and it rests after each", async () => {
  const { clock, inside, waits, send } = setUp();
  await send(...USUALLY, SLOW, SLOW);
  const ended = await inside();
  const next = await waits();
  clock.jump(1000);
  ended(SLOW);
  await clock.advance(999);
  assert.equal(next.ended, undefined, "it does not rest");
  await clock.advance(1);
  assert.ok(next.ended);
});

test("role is in a hurry does not rest, and still waits for a turn", async () => {
  const { clock, hurry, inside, waits, send } = setUp();
  await send(...USUALLY, SLOW, SLOW);
  const ended = await inside();
  const next = await waits();
  hurry.abort();
  await settled();
  assert.equal(next.ended, undefined, "it goes beside the other");
  clock.jump(1000);
  ended(SLOW);
  await settled();
  assert.ok(next.ended);
});

test("a clock that is set back makes no rest longer", async () => {
  const { clock, inside, waits, send } = setUp();
  await send(...USUALLY, SLOW, SLOW);
  const ended = await inside();
  clock.jump(1000);
  ended(SLOW);
  clock.set(-3_600_000);
  const next = await waits();
  await clock.advance(1000);
  assert.ok(next.ended);
});

test("at full speed it never yields", async () => {
  const { inside, send, waits } = setUp({ max: 3, fullSpeed: true });
  await send(...USUALLY, SLOW, SLOW, SLOW);
  for (let i = 0; i < 3; i++) await inside();
  await waits();
});

test("a refusal for want of room halves what goes at once", async () => {
  const { inside, waits, send } = setUp();
  await send({ updates: 0, overloaded: true });
  await inside();
  await waits();
});

test("a stopped caller waits no longer", async () => {
  const { abort, inside, waits } = setUp({ max: 1, fullSpeed: false });
  await inside();
  const second = await waits();
  abort.abort();
  await settled();
  assert.ok(second.ended);
});
