import assert from "node:assert/strict";
import { test } from "node:test";
import { adoptStamps } from "../../../src/pipeline/adopt-stamps.ts";
import { digest } from "../../../src/pipeline/signer.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { createFakeLogStore, type SeedDocument } from "../../support/fakes/fake-log-store.ts";
import { errorLog } from "../../support/log-documents.ts";
import { signed, signer, textHash } from "../../support/fakes/signer.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";

const IN_FORCE = { model: "fake-model", dimensions: 8 };
const EMBEDDED_AT = "2025-01-01T00:00:00.000Z";
const INDEX = "app_logs";

/** As a version without signatures left it. */
function old(number: number, text: string, changes: Record<string, unknown> = {}): SeedDocument {
  const log = errorLog(number, text);
  const stamp = {
    ...IN_FORCE,
    text_hash: digest(text),
    embedded_at: EMBEDDED_AT,
    truncated: false,
    ...changes,
  };
  const vector = [...stubVector(text, IN_FORCE.dimensions)];
  return { ...log, source: { ...log.source, log_vector: vector, log_vector_meta: stamp } };
}

function setUp(documents: readonly SeedDocument[]) {
  const store = createFakeLogStore(documents, { inForce: IN_FORCE });
  const stop = createManualStop();
  const seen: number[] = [];
  const deps = {
    store,
    signer,
    toText: (message: string) => message,
    inForce: IN_FORCE,
    progress: (count: number) => void seen.push(count),
  };
  const metaOf = (number: number) =>
    Object(store.read({ index: INDEX, id: `log-${number}` })?.["log_vector_meta"]);
  return { store, stop, seen, metaOf, run: () => adoptStamps(deps, [INDEX], stop.signals) };
}

test("vectors of before that belong to their texts are signed, and are then found for equal texts", async () => {
  const { store, run, metaOf } = setUp([old(1, "disk full"), old(2, "no route")]);
  assert.deepEqual(await run(), { seen: 2, written: 2, left: 0, failed: 0 });
  const query = { textHashes: [textHash("disk full")], ...IN_FORCE, signer };
  const found = await store.findVectors(query, new AbortController().signal);
  assert.deepEqual([...found.keys()], [textHash("disk full")]);
  assert.equal(metaOf(1).embedded_at, EMBEDDED_AT);
  assert.deepEqual(await run(), { seen: 0, written: 0, left: 0, failed: 0 });
});

for (const [what, document] of [
  ["of another text", old(1, "disk full", { text_hash: digest("disk empty") })],
  ["of another model", old(1, "disk full", { model: "other-model" })],
  ["that says nothing of its text", old(1, "disk full", { text_hash: undefined })],
  ["whose stamp names another key", old(1, "disk full", { key: "0badc0de", mac: "0" })],
] as const) {
  test(`a vector ${what} is not signed`, async () => {
    const { store, run, metaOf } = setUp([document]);
    const before = metaOf(1);
    assert.equal((await run()).written, 0);
    assert.equal(store.calls.write, 0);
    assert.deepEqual(metaOf(1), before);
  });
}

test("a signed vector is neither read nor written again", async () => {
  const own = old(1, "disk full");
  const vector = [...stubVector("disk full", IN_FORCE.dimensions)];
  const stamp = {
    ...IN_FORCE,
    text_hash: textHash("disk full"),
    embedded_at: EMBEDDED_AT,
    truncated: false,
  };
  const meta = signed(stamp, vector);
  const { run, store } = setUp([{ ...own, source: { ...own.source, log_vector_meta: meta } }]);
  assert.equal((await run()).seen, 0);
  assert.equal(store.calls.readCurrent, 0);
});

test("it goes page by page, stops between two of them, and the next run goes on", async () => {
  const documents = Array.from({ length: 120 }, (_, i) => old(i, `error ${i}`));
  const { store, stop, seen, run } = setUp(documents);
  store.before("write", (call) => {
    if (call === 2) stop.request();
  });
  assert.deepEqual(await run(), { seen: 100, written: 100, left: 0, failed: 0 });
  assert.deepEqual(seen, [50, 100]);
  const again = createManualStop();
  const rest = await adoptStamps(
    {
      store,
      signer,
      toText: (message) => message,
      inForce: IN_FORCE,
      progress: () => undefined,
    },
    [INDEX],
    again.signals,
  );
  assert.deepEqual(rest, { seen: 20, written: 20, left: 0, failed: 0 });
});

test("where the store goes away it ends with what it has, and says why", async () => {
  const documents = Array.from({ length: 120 }, (_, i) => old(i, `error ${i}`));
  const { store, run } = setUp(documents);
  store.before("write", (call) => {
    if (call === 2) throw new Fault("outage", "fake: no answer");
  });
  const { written: done, fault } = await run();
  assert.deepEqual([done, fault?.message], [50, "fake: no answer"]);
});
