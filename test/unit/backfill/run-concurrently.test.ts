import assert from "node:assert/strict";
import { test } from "node:test";
import { runConcurrently } from "../../../src/backfill/run-concurrently.ts";
import { settled } from "../../support/fakes/manual-clock.ts";

/** Numbers from 1 to `count`, each at work until it is told to end. */
function setUp(count: number, concurrency = 3) {
  const ends = new Map<number, PromiseWithResolvers<void>>();
  const stop = new AbortController();
  let handedOut = 0;
  const ended = runConcurrently({
    next: async () => (handedOut < count ? ++handedOut : undefined),
    work(number) {
      const end = Promise.withResolvers<void>();
      ends.set(number, end);
      return end.promise;
    },
    concurrency,
    signal: stop.signal,
  });
  const started = async () => {
    await settled();
    return [...ends.keys()];
  };
  return { ends, stop, ended, started };
}

test("the first goes alone, then so many at once", async () => {
  const { ends, ended, started } = setUp(5);
  assert.deepEqual(await started(), [1]);
  ends.get(1)?.resolve();
  assert.deepEqual(await started(), [1, 2, 3, 4]);
  ends.get(3)?.resolve();
  assert.deepEqual(await started(), [1, 2, 3, 4, 5]);
  for (const end of ends.values()) end.resolve();
  await ended;
});

test("after a failure nothing more begins, and what is under way is waited for", async () => {
  const { ends, ended, started } = setUp(9);
  await started();
  ends.get(1)?.resolve();
  await started();
  ends.get(2)?.reject(new Error("first"));
  ends.get(3)?.reject(new Error("second"));
  assert.deepEqual(await started(), [1, 2, 3, 4]);
  let over = false;
  const told = ended.catch((error: unknown) => error).finally(() => (over = true));
  await settled();
  assert.equal(over, false);
  ends.get(4)?.resolve();
  assert.match(String(await told), /first/);
});

test("a stop lets what is under way end, and begins nothing more", async () => {
  const { ends, ended, started, stop } = setUp(9);
  await started();
  ends.get(1)?.resolve();
  await started();
  stop.abort();
  for (const end of ends.values()) end.resolve();
  await ended;
  assert.deepEqual(await started(), [1, 2, 3, 4]);
});

test("where there is nothing to do it ends at once", async () => {
  const { ended, started } = setUp(0);
  await ended;
  assert.deepEqual(await started(), []);
});

test("while those under way weigh too much none is fetched, however many places are free", async () => {
  const ends: (() => void)[] = [];
  const handedOut: number[] = [];
  const ended = runConcurrently({
    next: async () => {
      const one = [1, 8, 8, 20, 1][handedOut.length];
      if (one !== undefined) handedOut.push(one);
      return one;
    },
    work: () => new Promise<void>((resolve) => ends.push(resolve)),
    concurrency: 4,
    weightLimit: { most: 10, weigh: (one) => one },
    signal: new AbortController().signal,
  });
  const after = async (...end: number[]) => {
    for (const which of end) ends[which]?.();
    await settled();
    return handedOut.length;
  };
  assert.equal(await after(), 1);
  assert.equal(await after(0), 3);
  assert.equal(await after(1), 4);
  assert.equal(await after(2), 4);
  assert.equal(await after(3), 5);
  await after(4);
  await ended;
});
