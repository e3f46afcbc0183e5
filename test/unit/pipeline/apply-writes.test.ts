import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULT_POLICIES } from "../../../src/domain/fault-policy.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { settled } from "../../support/fakes/manual-clock.ts";
import { setUpBatch, shown } from "./batch-setup.ts";

const { signal } = new AbortController();
const NO_VECTOR = new Fault("record", "fake: mapper_parsing_exception");

test("a document that refuses its vector is given a mark instead", async () => {
  const { run, store, localQuarantine } = setUpBatch(errorLogs(2));
  store.refuse((update) =>
    "vector" in update && update.record.id === "log-0" ? NO_VECTOR : undefined,
  );
  const result = await run();
  assert.deepEqual(shown(result), { updated: 1, quarantined: 1 });
  assert.partialDeepStrictEqual(store.read({ index: "app_logs", id: "log-0" }), {
    log_vector_meta: { skipped: "refused", attempts: 1, error: NO_VECTOR.message },
  });
  assert.deepEqual(localQuarantine.all(), []);
});

test("a document that takes neither vector nor mark is quarantined locally, and taken again once due", async () => {
  const { run, store, localQuarantine, embedder, clock, state } = setUpBatch(errorLogs(2));
  store.refuse(({ record }) => (record.id === "log-0" ? NO_VECTOR : undefined));
  assert.deepEqual(shown(await run()), { updated: 1, quarantined: 1 });
  assert.deepEqual(localQuarantine.keys(), ["app_logs#uuid-1/log-0"]);
  assert.partialDeepStrictEqual(state.saved.at(-1), [{ id: "log-0", attempts: 1 }]);
  await store.makeVisible(["app_logs"], signal);

  assert.deepEqual(shown(await run()), { quarantined: 1 }, "before it is due nothing is done");
  assert.equal(store.calls.write, 2);
  assert.equal(embedder.calls.length, 1);

  store.refuse(undefined);
  clock.jump(3_600_000);
  assert.deepEqual(shown(await run()), { reused: 1 });
  assert.deepEqual(localQuarantine.all(), []);
  assert.deepEqual(state.saved.at(-1), []);
});

test("a refused text whose mark is refused too is quarantined locally with the embedder's reason", async () => {
  const { run, store, embedder, localQuarantine } = setUpBatch([
    errorLog(1, "poison"),
    errorLog(2, "good"),
  ]);
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text === "poison")) throw new Fault("record", "no such language");
    return answer();
  });
  store.refuse((update) => ("mark" in update ? new Fault("index", "blocked") : undefined));
  assert.deepEqual(shown(await run()), { updated: 1, quarantined: 1 });
  assert.deepEqual(
    localQuarantine.all().map(({ id, error }) => [id, error]),
    [["log-1", "no such language"]],
  );
});

test("a blank record whose mark is refused does not come up for ever", async () => {
  const { run, store, localQuarantine } = setUpBatch([errorLog(1, " ")]);
  store.refuse(() => new Fault("record", "strict_dynamic_mapping_exception"));
  assert.deepEqual(shown(await run()), { quarantined: 1 });
  assert.deepEqual(localQuarantine.keys(), ["app_logs#uuid-1/log-1"]);
});

test("a request that was carried out without an answer is not a conflict with somebody else", async () => {
  const { run, store, clock } = setUpBatch(errorLogs(3));
  const { write } = store;
  store.write = async (updates, stop) => {
    const results = await write(updates, stop);
    if (store.calls.write === 1) throw new Fault("outage", "fake: connection reset");
    return results;
  };
  const running = run();
  await clock.advance(600_000);
  assert.deepEqual(shown(await running), { updated: 3 });
  assert.equal(store.calls.write, 2);
});

test("a document that somebody else changed between two tries is a conflict", async () => {
  const { run, store, clock } = setUpBatch(errorLogs(2));
  store.before("write", (call) => {
    if (call > 1) return;
    store.change({ index: "app_logs", id: "log-0" }, { message: "another" });
    throw new Fault("outage", "fake: connection reset");
  });
  const running = run();
  await clock.advance(600_000);
  assert.deepEqual(shown(await running), { updated: 1, conflicted: 1 });
});

test("only what failed is written again", async () => {
  const { run, store, clock } = setUpBatch(errorLogs(3));
  store.refuse(({ record }) =>
    record.id === "log-1" && store.calls.write < 3 ? new Fault("rate", "queue full") : undefined,
  );
  const running = run();
  await clock.advance(600_000);
  assert.deepEqual(shown(await running), { updated: 3 });
  assert.deepEqual(
    store.writes.map((updates) => updates.length),
    [3, 1, 1],
  );
});

test("asked to stop, it is in a hurry with what it has still to write", async () => {
  const { run, store, stop } = setUpBatch(errorLogs(1));
  const { write } = store;
  const hurried: (boolean | undefined)[] = [];
  store.write = async (updates, everything, urgent) => {
    hurried.push(urgent?.aborted);
    stop.request();
    hurried.push(urgent?.aborted, everything.aborted);
    return write(updates, everything, urgent);
  };
  assert.deepEqual(shown(await run()), { updated: 1 });
  assert.deepEqual(hurried, [false, true, false]);
});

test("asked to stop, it tries once more at once and then lets go", async () => {
  const { run, store, stop } = setUpBatch(errorLogs(3));
  store.before("write", () => {
    throw new Fault("outage", "fake: connection refused");
  });
  const running = run();
  await settled();
  assert.equal(store.calls.write, 1);
  stop.request();
  assert.deepEqual(shown(await running), { deferred: 3 });
  assert.equal(store.calls.write, 2);
  assert.ok((FAULT_POLICIES.outage.retries?.max ?? 0) > 1);
});

for (const kind of ["index", "credentials", "configuration"] as const) {
  test(`an index that refuses every update (${kind}) is paused, one that takes some is not`, async () => {
    const documents = [...errorLogs(3, "closed"), ...errorLogs(3, "half"), ...errorLogs(3, "open")];
    const { run, store, paused, told } = setUpBatch(documents);
    store.refuse(({ record: { index, id } }) =>
      index === "closed" || (index === "half" && id === "log-0")
        ? new Fault(kind, "fake: no")
        : undefined,
    );
    assert.deepEqual(shown(await run()), { updated: 5, deferred: 4 });
    assert.deepEqual(await paused.among(["closed", "half", "open"], signal), new Set(["closed"]));
    assert.equal(told.indexPaused.length, 1);
  });
}

test("a record that loses its vector again and again is named, quarantined and paid for no more", async () => {
  const { run, store, embedder, localQuarantine, told } = setUpBatch([errorLog(1, "one")], {
    maxEntries: 0,
  });
  const wipe = () => store.seed([errorLog(1, "one")]);
  for (let cycle = 0; cycle < 2; cycle++) {
    assert.deepEqual(shown(await run()), { updated: 1 });
    wipe();
  }
  for (let cycle = 0; cycle < 3; cycle++) {
    assert.deepEqual(shown(await run()), { quarantined: 1 });
    wipe();
  }
  assert.equal(embedder.calls.length, 2);
  assert.deepEqual(localQuarantine.keys(), ["app_logs#uuid-1/log-1"]);
  assert.equal(told.recordFailed.length, 1);
  assert.match(
    told.recordFailed[0]?.fault.message ?? "",
    /written 2 times .* and is gone each time/,
  );
  localQuarantine.clear(["app_logs#uuid-1/log-1"]);
  assert.deepEqual(shown(await run()), { updated: 1 }, "what removed it is mended, somebody says");
});

test("a document of which another field changes while it is embedded gets its vector all the same", async () => {
  const { run, store, embedder } = setUpBatch(errorLogs(2));
  embedder.plan(({ answer }) => {
    store.change({ index: "app_logs", id: "log-0" }, { note: "seen" });
    return answer();
  });
  assert.deepEqual(shown(await run()), { updated: 2 });
  const { note, log_vector: vector } = store.read({ index: "app_logs", id: "log-0" }) ?? {};
  assert.equal(note, "seen");
  assert.ok(Array.isArray(vector));
});

test("a document whose message changes while it is embedded gets no vector of the old one", async () => {
  const { run, store, embedder } = setUpBatch(errorLogs(2));
  embedder.plan(({ answer }) => {
    store.change({ index: "app_logs", id: "log-0" }, { message: "another" });
    return answer();
  });
  assert.deepEqual(shown(await run()), { updated: 1, conflicted: 1 });
  assert.equal(store.read({ index: "app_logs", id: "log-0" })?.["log_vector"], undefined);
});

test("a record that cannot be read is not paid for, and its index is paused", async () => {
  const { run, store, embedder, paused, told } = setUpBatch([
    ...errorLogs(2, "closed"),
    ...errorLogs(2, "open"),
  ]);
  const { readCurrent } = store;
  const fault = new Fault("index", "fake: index_closed_exception");
  store.readCurrent = async (records, stop) =>
    (await readCurrent(records, stop)).map((one, i) =>
      records[i]?.index === "closed" ? { state: "unreadable", fault } : one,
    );
  const result = await run();
  assert.deepEqual(shown(result), { updated: 2, deferred: 2 });
  assert.equal(result.faultOf.get("closed#uuid-1/log-0"), fault);
  assert.equal(embedder.calls.flat().length, 2);
  assert.deepEqual(told.indexPaused, [{ index: "closed", fault, waitMs: 30_000 }]);
  assert.deepEqual(await paused.among(["closed", "open"], signal), new Set(["closed"]));
});

test("the vectors of the first request are written before another request is paid for", async () => {
  const { run, store, embedder } = setUpBatch(errorLogs(6), { limits: { maxTextsPerRequest: 2 } });
  const writtenBefore: number[] = [];
  embedder.always(({ answer }) => {
    writtenBefore.push(store.writes.flat().length);
    return answer();
  });
  assert.deepEqual(shown(await run()), { updated: 6 });
  assert.deepEqual(writtenBefore, [0, 2, 2]);
});

test("where nothing can be written nothing more is paid for", async () => {
  const { run, store, embedder, clock, told } = setUpBatch(errorLogs(6), {
    limits: { maxTextsPerRequest: 2 },
  });
  const fault = new Fault("outage", "fake: connection refused");
  store.before("write", () => {
    throw fault;
  });
  const running = run();
  await clock.advance(600_000);
  const result = await running;
  assert.deepEqual([shown(result), result.fault], [{ deferred: 6 }, fault]);
  assert.equal(embedder.calls.length, 1);
  assert.deepEqual(told.embedderFailed, []);
});
