import assert from "node:assert/strict";
import { test } from "node:test";
import { createSharedAnswer } from "../../../src/http/shared-answer.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";

function setUp(read: () => Promise<number>) {
  const clock = createManualClock();
  return { clock, ask: createSharedAnswer(read, { maxAgeMs: 1000, clock }) };
}

test("callers during a read share its answer, however long that takes", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  let reads = 0;
  const { ask, clock } = setUp(() => {
    reads++;
    return promise;
  });
  const asked = [ask(), ask()];
  clock.jump(60_000);
  asked.push(ask());
  resolve(7);
  assert.deepEqual(await Promise.all(asked), [7, 7, 7]);
  assert.equal(reads, 1);
});

test("its age counts from when it was there; a clock that is set back does not keep it for ever", async () => {
  let reads = 0;
  const { ask, clock } = setUp(() => Promise.resolve(++reads));
  assert.equal(await ask(), 1);
  clock.jump(999);
  assert.equal(await ask(), 1);
  clock.jump(1);
  assert.equal(await ask(), 2);
  clock.jump(-3_600_000);
  assert.equal(await ask(), 3);
});

test("a failure is shared likewise, and forgotten likewise", async () => {
  let reads = 0;
  const { ask, clock } = setUp(() => {
    if (reads++ > 0) return Promise.resolve(7);
    return Promise.reject(new Error("away"));
  });
  await assert.rejects(ask(), /away/);
  await assert.rejects(ask(), /away/);
  assert.equal(reads, 1);
  clock.jump(1000);
  assert.equal(await ask(), 7);
});
