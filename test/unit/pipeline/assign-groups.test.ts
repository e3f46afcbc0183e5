import assert from "node:assert/strict";
import { test } from "node:test";
import { groupOf } from "../../../src/domain/group.ts";
import { assignGroups } from "../../../src/pipeline/assign-groups.ts";
import { createFakeLogStore, type SeedDocument } from "../../support/fakes/fake-log-store.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { errorLog } from "../../support/log-documents.ts";

const INDEX = "app_logs";
const STAMP = { model: "m", dimensions: 8, text_hash: "0".repeat(64), truncated: false };

function enriched(number: number, text: string, stamp: Record<string, unknown> = {}): SeedDocument {
  const log = errorLog(number, text);
  const vector = [...stubVector(text, 8)];
  const meta = { ...STAMP, ...stamp };
  return { ...log, source: { ...log.source, log_vector: vector, log_vector_meta: meta } };
}

function setUp(documents: readonly SeedDocument[]) {
  const store = createFakeLogStore(documents);
  const stop = createManualStop();
  const toText = (message: string) => message.replaceAll("hunter2", "<secret>");
  const deps = { store, toText, progress: () => undefined };
  const metaOf = (number: number): unknown =>
    store.read({ index: INDEX, id: `log-${number}` })?.["log_vector_meta"];
  return { store, stop, metaOf, run: () => assignGroups(deps, [INDEX], stop.signals) };
}

test("records that name no group get the one that new records of their text get, and keep the rest of the stamp", async () => {
  const { run, metaOf, store } = setUp([
    enriched(1, "disk 7 full of hunter2"),
    enriched(2, "no route", { group: "0123456789abcdef" }),
    errorLog(3, "pending"),
  ]);
  assert.deepEqual(await run(), { seen: 1, written: 1, left: 0, failed: 0 });
  const { group } = groupOf({ text: "disk 7 full of <secret>" });
  assert.deepEqual(metaOf(1), { ...STAMP, group });
  assert.deepEqual(metaOf(2), { ...STAMP, group: "0123456789abcdef" });
  assert.equal(metaOf(3), undefined);
  const { calls } = store;
  assert.deepEqual(await run(), { seen: 0, written: 0, left: 0, failed: 0 });
  assert.equal(calls.write, 1);
});

test("a record that changes meanwhile is not written, and another run comes to it", async () => {
  const { run, store, metaOf } = setUp([enriched(1, "disk full"), enriched(2, "no route")]);
  store.before("write", () => {
    store.before("write", undefined);
    store.change({ index: INDEX, id: "log-1" }, { message: "disk empty" });
  });
  assert.deepEqual(await run(), { seen: 2, written: 1, left: 0, failed: 1 });
  assert.deepEqual(metaOf(1), STAMP);
  await store.makeVisible([INDEX], new AbortController().signal);
  assert.deepEqual(await run(), { seen: 1, written: 1, left: 0, failed: 0 });
  assert.deepEqual(metaOf(1), { ...STAMP, group: groupOf({ text: "disk empty" }).group });
});

test("a run that is stopped goes on where it was", async () => {
  const documents = Array.from({ length: 1200 }, (_, i) => enriched(i, `error ${i}`));
  const { run, store, stop } = setUp(documents);
  store.before("write", () => stop.request());
  const { written } = await run();
  assert.ok(written > 0 && written < 1200, String(written));
  const rest = setUp([]).stop;
  const deps = { store, toText: (message: string) => message, progress: () => undefined };
  store.before("write", undefined);
  const second = await assignGroups(deps, [INDEX], rest.signals);
  assert.deepEqual(second, { seen: 1200 - written, written: 1200 - written, left: 0, failed: 0 });
});
