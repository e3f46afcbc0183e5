import assert from "node:assert/strict";
import { test } from "node:test";
import type { IndexCoverage } from "../../../src/domain/coverage.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { createFakeLogStore } from "../../support/fakes/fake-log-store.ts";
import { errorLog } from "../../support/log-documents.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { otherModelsIn } from "../../support/other-models.ts";

const IN_FORCE = { model: "new", dimensions: 2 };

async function setUp(count: number, price: number | null = 1) {
  const clock = createManualClock();
  const documents = Array.from({ length: count }, (_, i) => {
    const { source, ...rest } = errorLog(i, "12345678");
    const stamp = { log_vector_meta: { model: "old", dimensions: 2 } };
    return { ...rest, source: { ...source, log_vector: [1, 2], ...stamp } };
  });
  const store = createFakeLogStore(documents, { now: clock.now, inForce: IN_FORCE });
  const { signal } = new AbortController();
  const rows = async (): Promise<IndexCoverage[]> =>
    (await store.coverage({ indices: ["app_logs"] }, signal)).rows;
  const readOthers = otherModelsIn({ store, clock, price });
  return { clock, store, read: async () => readOthers(await rows(), signal) };
}

test("the cost of new vectors is estimated from a sample", async () => {
  const { read, store } = await setUp(250);
  const others = await read();
  assert.equal(others?.records, 250);
  assert.deepEqual(others.models, [{ model: "old", dimensions: 2, records: 250 }]);
  const { tokens = 0, cost_usd: cost } = others.estimate ?? {};
  assert.ok(tokens > 0);
  assert.equal(cost, tokens / 1e6);
  assert.equal(store.calls.findOutdated, 1);
});

test("nothing is asked where every vector is of the model in force", async () => {
  const { read, store } = await setUp(0);
  assert.equal(await read(), null);
  assert.equal(store.calls.findOutdated, 0);
});

test("a page that looks each second takes a sample every ten minutes", async () => {
  const { read, store, clock } = await setUp(3);
  for (let i = 0; i < 60; i++) {
    await read();
    await clock.advance(1000);
  }
  assert.equal(store.calls.findOutdated, 1);
  await clock.advance(10 * 60_000);
  await read();
  assert.equal(store.calls.findOutdated, 2);
});

test("without a sample, or a price, the rest is still said", async () => {
  const { read, store } = await setUp(3);
  store.before("findOutdated", () => {
    throw new Fault("outage", "fake: away");
  });
  assert.deepEqual([(await read())?.records, (await read())?.estimate], [3, null]);
  const unpriced = await setUp(3, null);
  assert.equal((await unpriced.read())?.estimate?.cost_usd, null);
});
