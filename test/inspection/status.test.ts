import assert from "node:assert/strict";
import { test } from "node:test";
import { readStatus } from "../../src/inspection/status.ts";
import { createFakeLogStore } from "../support/fake-log-store.ts";
import { errorLog, errorLogs } from "../support/log-documents.ts";
import { createMemoryState } from "../support/memory-state.ts";

function vectorized(number: number, index: string) {
  const document = errorLog(number, "text", index);
  return { ...document, source: { ...document.source, log_vector: [1, 2] } };
}

function setUp() {
  const store = createFakeLogStore([
    ...errorLogs(1, "a"),
    vectorized(10, "a"),
    vectorized(11, "a"),
    vectorized(12, "a"),
    errorLog(13, null, "a"),
    ...errorLogs(4, "b"),
  ]);
  const state = createMemoryState();
  const read = () => readStatus({ store, state }, new AbortController().signal);
  return { store, state, read };
}

test("coverage and backlog per index, and in all", async () => {
  const { read, store } = setUp();
  store.define("c", { unfit: "closed" });
  const status = await read();
  assert.deepEqual(status, {
    indices: [
      {
        index: "b",
        records: 4,
        vectorized: 0,
        pending: 4,
        quarantined: 0,
        without_text: 0,
        coverage: 0,
        search: "graph",
      },
      {
        index: "a",
        records: 5,
        vectorized: 3,
        pending: 1,
        quarantined: 0,
        without_text: 1,
        coverage: 0.75,
        search: "graph",
      },
    ],
    total: {
      records: 9,
      vectorized: 3,
      pending: 5,
      quarantined: 0,
      without_text: 1,
      coverage: 0.375,
    },
    unfit: [{ index: "c", reason: "closed" }],
    failed_shards: 0,
    kafka: null,
    daemon: null,
    tail: null,
    worker: null,
  });
});

test("the daemon's state comes with it as it was left", async () => {
  const { read, state } = setUp();
  await state.save("daemon", { pid: 1 });
  assert.deepEqual((await read()).daemon, { pid: 1 });
});

test("refused records are neither backlog nor without text, and lower the coverage", async () => {
  const { read, store } = setUp();
  const { source, ...refused } = errorLog(14, "poison", "a");
  const mark = { skipped: "refused", attempts: 4, error: "cannot be read" };
  store.seed([{ ...refused, source: { ...source, log_vector_meta: mark } }]);
  const { indices, total } = await read();
  const row = { records: 6, vectorized: 3, pending: 1, quarantined: 1, without_text: 1 };
  assert.deepEqual(indices[1], { index: "a", ...row, coverage: 0.6, search: "graph" });
  assert.equal(total.quarantined, 1);
});

test("failed shards are owned up to", async () => {
  const { read, store } = setUp();
  store.define("a", { failedShards: 2 });
  assert.equal((await read()).failed_shards, 2);
});

test("where there are no indices, all is covered", async () => {
  const deps = { store: createFakeLogStore(), state: createMemoryState() };
  const status = await readStatus(deps, new AbortController().signal);
  assert.deepEqual(status.indices, []);
  assert.equal(status.total.coverage, 1);
});
