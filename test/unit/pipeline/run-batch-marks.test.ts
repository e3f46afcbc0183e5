import assert from "node:assert/strict";
import { test } from "node:test";
import { textHash } from "../../support/fakes/signer.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { errorLog } from "../../support/log-documents.ts";
import { setUpBatch, shown } from "./batch-setup.ts";

const HOUR_MS = 3_600_000;
const BAD = { index: "app_logs", id: "log-1" };
const REFUSAL = new Fault("record", "fake: cannot read this");

/** One text that is refused, and one that is not. */
function setUp() {
  const setup = setUpBatch([errorLog(1, "poison"), errorLog(2, "text")]);
  const refusePoison = () =>
    setup.embedder.always(({ inputs, answer }) => {
      if (inputs.some(({ text }) => text === "poison")) throw REFUSAL;
      return answer();
    });
  refusePoison();
  const mark = () => setup.store.read(BAD)?.["log_vector_meta"];
  const refresh = () => setup.store.makeVisible(["app_logs"], new AbortController().signal);
  return { ...setup, mark, refresh };
}

test("a refused record bears a mark that says why and when it is tried again", async () => {
  const { run, mark, told, store } = setUp();
  const result = await run();
  assert.deepEqual(shown(result), { updated: 1, quarantined: 1 });
  assert.deepEqual([...result.faultOf], [["app_logs#uuid-1/log-1", REFUSAL]]);
  assert.deepEqual(mark(), {
    skipped: "refused",
    attempts: 1,
    error: "fake: cannot read this",
    field: "message",
    text_hash: textHash("poison"),
    refused_by: "fake-model",
    next_try: "2026-01-02T04:04:05.000Z",
  });
  assert.equal(store.read(BAD)?.["log_vector"], undefined);
  assert.deepEqual(told.recordsWritten, [{ written: 1, reused: 0, failed: 1, durationMs: 0 }]);
});

test("it is skipped until then, and tried less and less often", async () => {
  const { run, mark, refresh, clock } = setUp();
  await run();
  const attempts: unknown[] = [];
  for (const hours of [1, 6, 24]) {
    await refresh();
    await clock.advance(hours * HOUR_MS - 1);
    assert.deepEqual(shown(await run()), {});
    await clock.advance(1);
    assert.deepEqual(shown(await run()), { quarantined: 1 });
    attempts.push(mark());
  }
  assert.partialDeepStrictEqual(attempts, [{ attempts: 2 }, { attempts: 3 }, { attempts: 4 }]);
  await refresh();
  await clock.advance(1000 * HOUR_MS);
  assert.deepEqual(shown(await run()), {});
});

test("a vector takes the place of the mark once the text is taken", async () => {
  const { run, mark, refresh, clock, embedder } = setUp();
  await run();
  await refresh();
  await clock.advance(HOUR_MS);
  embedder.always(({ answer }) => answer());
  assert.deepEqual(shown(await run()), { updated: 1 });
  assert.partialDeepStrictEqual(mark(), {
    model: "fake-model",
    dimensions: 8,
    text_hash: textHash("poison"),
    embedded_at: "2026-01-02T04:04:05.000Z",
    truncated: false,
  });
  assert.equal(Object(mark()).skipped, undefined);
});

test("an outage counts nothing against a record that was refused before", async () => {
  const { run, mark, refresh, clock, embedder } = setUp();
  await run();
  const before = mark();
  await refresh();
  await clock.advance(HOUR_MS);
  embedder.always(() => {
    throw new Fault("quota", "fake: no money");
  });
  assert.deepEqual(shown(await run()), { deferred: 1 });
  assert.deepEqual(mark(), before);
});

test("a record stays refused where its mark cannot be written", async () => {
  const { run, mark, store, told } = setUp();
  const blocked = new Fault("index", "fake: write block");
  store.refuse((update) => ("mark" in update ? blocked : undefined));
  const result = await run();
  assert.deepEqual(shown(result), { updated: 1, quarantined: 1 });
  assert.equal(result.faultOf.get("app_logs#uuid-1/log-1"), REFUSAL);
  assert.equal(mark(), undefined);
  assert.deepEqual(
    told.recordFailed.map(({ id, outcome, fault }) => [id, outcome, fault]),
    [
      ["log-1", "quarantined", REFUSAL],
      ["log-1", "quarantined", blocked],
    ],
  );
});

test("a record that changes while it is refused is no longer the one that was refused", async () => {
  const { run, mark, store, embedder } = setUp();
  embedder.plan(() => {
    store.change(BAD, { message: "better text" });
    throw REFUSAL;
  });
  assert.deepEqual(shown(await run()), { updated: 1, conflicted: 1 });
  assert.equal(mark(), undefined);
});

test("a write that is refused leaves no mark: the text is in order", async () => {
  const { run, store, mark, embedder } = setUp();
  embedder.always(({ answer }) => answer());
  const fault = new Fault("record", "fake: mapper_parsing_exception");
  store.refuse(({ record }) => (record.id === "log-1" ? fault : undefined));
  const result = await run();
  assert.deepEqual(shown(result), { updated: 1, quarantined: 1 });
  assert.equal(result.faultOf.get("app_logs#uuid-1/log-1"), fault);
  assert.equal(mark(), undefined);
});

test("a record deferred by its index has the fault of its own write", async () => {
  const { run, store, embedder } = setUp();
  embedder.always(({ answer }) => answer());
  const blocked = new Fault("index", "fake: write block");
  store.refuse(({ record }) => (record.id === "log-1" ? blocked : undefined));
  const result = await run();
  assert.deepEqual(shown(result), { updated: 1, deferred: 1 });
  assert.deepEqual([...result.faultOf], [["app_logs#uuid-1/log-1", blocked]]);
});
