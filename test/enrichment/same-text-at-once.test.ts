import assert from "node:assert/strict";
import { test } from "node:test";
import { enrich } from "../../src/enrichment/enrich.ts";
import { Fault } from "../../src/model/faults.ts";
import { failWith } from "../support/fake-embedder.ts";
import { errorLog } from "../support/log-documents.ts";
import { settled } from "../support/manual-clock.ts";
import { setUpEnrich, shown } from "./enrich-setup.ts";

/** Two batches over one text, the second begun while the first is embedded. */
async function twoBatches(options: { fail?: Fault; bug?: Error } = {}) {
  const setup = setUpEnrich([errorLog(1, "same"), errorLog(2, "same")], { maxEntries: 0 });
  const records = await setup.take();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  setup.embedder.always(async ({ answer }) => {
    await held;
    if (options.bug) throw options.bug;
    if (options.fail) throw options.fail;
    return answer();
  });
  const start = (i: number) => enrich(setup, records.slice(i, i + 1), setup.stop.signals);
  const first = start(0);
  await settled();
  const second = start(1);
  await settled();
  release();
  return { ...setup, first, second };
}

test("a text that two batches come upon at once is paid for once", async () => {
  const { first, second, embedder } = await twoBatches();
  assert.deepEqual(shown(await first), { updated: 1 });
  assert.deepEqual(shown(await second), { reused: 1 });
  assert.deepEqual(
    embedder.calls.map((call) => call.map(({ text }) => text)),
    [["same"]],
  );
});

test("where the embedder fails for one, the other is deferred for the same reason", async () => {
  const { first, second, embedder } = await twoBatches({ fail: new Fault("quota", "no money") });
  assert.deepEqual(shown(await first), { deferred: 1 });
  const other = await second;
  assert.deepEqual(shown(other), { deferred: 1 });
  assert.equal(other.fault?.kind, "quota");
  assert.equal(embedder.calls.length, 1);
});

test("a mistake in the first does not leave the second hanging", async () => {
  const { first, second } = await twoBatches({ bug: new TypeError("a bug") });
  await assert.rejects(first, /a bug/);
  assert.deepEqual(shown(await second), { deferred: 1 });
});

test("a text that is refused is refused for both, and both documents are marked", async () => {
  const setup = setUpEnrich([errorLog(1, "same"), errorLog(2, "same"), errorLog(3, "other")]);
  const { embedder, store, run } = setup;
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text === "same")) throw new Fault("record", "refused");
    return answer();
  });
  const result = await run();
  assert.deepEqual(shown(result), { updated: 1, quarantined: 2 });
  for (const id of ["log-1", "log-2"]) {
    assert.deepEqual(store.read({ index: "app_logs", id })?.["log_vector_meta"], {
      skipped: "refused",
      attempts: 1,
      error: "refused",
      next_try: "2026-01-02T04:04:05.000Z",
    });
    assert.equal(result.faultOf.get(`app_logs/${id}`)?.kind, "record");
  }
});

test("a document that takes no mark is quarantined all the same", async () => {
  const { embedder, store, run } = setUpEnrich([errorLog(1, "poison"), errorLog(2, "fine")]);
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text === "poison")) throw new Fault("record", "refused");
    return answer();
  });
  store.refuse((update) =>
    "mark" in update ? new Fault("index", "cluster_block_exception") : undefined,
  );
  assert.deepEqual(shown(await run()), { updated: 1, quarantined: 1 });
});

test("where the store refuses a write, its reason comes with the outcome", async () => {
  const { store, run } = setUpEnrich([errorLog(1, "a"), errorLog(2, "b")]);
  store.refuse(({ record }) =>
    record.id === "log-1" ? new Fault("index", "cluster_block_exception") : undefined,
  );
  const result = await run();
  assert.deepEqual(shown(result), { updated: 1, deferred: 1 });
  assert.equal(result.faultOf.get("app_logs/log-1")?.kind, "index");
  assert.equal(result.faultOf.size, 1);
});

test("an outage of the embedder is no record's own fault", async () => {
  const { embedder, run, clock } = setUpEnrich([errorLog(1, "a")]);
  embedder.always(failWith(new Fault("credentials", "wrong key")));
  const result = await run();
  assert.equal(result.faultOf.size, 0);
  assert.equal(result.fault?.kind, "credentials");
  assert.equal(clock.sleepers, 0);
});
