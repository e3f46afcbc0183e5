import assert from "node:assert/strict";
import { test } from "node:test";
import { runConcurrently } from "../../../src/backfill/run-concurrently.ts";
import { settled } from "../../support/fakes/manual-clock.ts";

/** Numbers from 1 to `count`, each at work until it is told to end, three at most. */
function setUp(count: number, firstAlone = true) {
  const ends = new Map<number, PromiseWithResolvers<void>>();
  const stop = new AbortController();
  let handedOut = 0;
  const working = new Set<number>();
  let freed = Promise.withResolvers<void>();
  const ended = runConcurrently({
    next: async () => (handedOut < count ? ++handedOut : undefined),
    async work(number: number) {
      const end = Promise.withResolvers<void>();
      ends.set(number, end);
      working.add(number);
      try {
        await end.promise;
      } finally {
        working.delete(number);
        freed.resolve();
      }
    },
    async room() {
      while (working.size === 3 && !stop.signal.aborted) {
        freed = Promise.withResolvers();
        await freed.promise;
      }
    },
    firstAlone,
    signal: stop.signal,
  });
  const started = async () => {
    await settled();
    return [...ends.keys()];
  };
  return { ends, stop, ended, started };
}

test("none has to go alone where that was shown before", async () => {
  const { ends, ended, started } = setUp(2, false);
  assert.deepEqual(await started(), [1, 2]);
  for (const end of ends.values()) end.resolve();
  await ended;
});

test("the first goes alone, then as many as there is room for", async () => {
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
