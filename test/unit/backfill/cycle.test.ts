import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { setUpBackfill, sum } from "./backfill-setup.ts";

const OUTAGE = new Fault("outage", "fake: connection refused");

test("one cycle takes the newest hundred and says what remains", async () => {
  const { cycle, store, clock } = setUpBackfill(errorLogs(237));
  store.before("write", () => clock.jump(250));
  const { summary, fault } = await cycle();
  assert.equal(fault, undefined);
  assert.deepEqual(summary, {
    cycle: 1,
    found: 237,
    backlog: 137,
    taken: 100,
    outcomes: {
      updated: 100,
      reused: 0,
      already_vectorized: 0,
      empty: 0,
      missing: 0,
      conflicted: 0,
      quarantined: 0,
      deferred: 0,
    },
    embedding: summary.embedding,
    duration_ms: 250,
    indices: { fit: 1, unfit: 0 },
    other_model: 0,
    skipped: 0,
    looping: 0,
    false_marks: 0,
    gaps: [],
  });
  const { embedding } = summary;
  assert.deepEqual(Object.keys(embedding), ["requests", "texts", "tokens", "cost_usd"]);
  assert.equal(embedding.texts, 100);
  assert.equal(embedding.requests, 1);
  assert.ok(store.read({ index: "app_logs", id: "log-137" })?.["log_vector"]);
  assert.equal(store.read({ index: "app_logs", id: "log-136" })?.["log_vector"], undefined);
});

test("the summary has the keys that scripts rely on, in their order", async () => {
  const { cycle } = setUpBackfill(errorLogs(1));
  const { summary } = await cycle();
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(summary))), [
    "cycle",
    "found",
    "backlog",
    "taken",
    "outcomes",
    "embedding",
    "duration_ms",
    "indices",
    "other_model",
    "skipped",
    "looping",
    "false_marks",
    "gaps",
  ]);
});

test("an unknown price is null in the summary, not zero", async () => {
  const { cycle } = setUpBackfill(errorLogs(1), { pricePerMillionTokens: null });
  assert.equal((await cycle()).summary.embedding.cost_usd, null);
});

test("cycle after cycle the backlog goes to nothing, each record once", async () => {
  const { cycle, embedder } = setUpBackfill(errorLogs(25), { batchSize: 10 });
  const taken: number[] = [];
  for (let i = 0; i < 4; i++) taken.push((await cycle()).summary.taken);
  assert.deepEqual(taken, [10, 10, 5, 0]);
  assert.equal(embedder.calls.flat().length, 25);
});

test("a cycle that finds nothing asks and writes nothing", async () => {
  const { cycle, store, embedder } = setUpBackfill([]);
  const { summary } = await cycle();
  assert.deepEqual([summary.found, summary.taken, summary.backlog], [0, 0, 0]);
  const { findPending, readCurrent, write, makeVisible } = store.calls;
  assert.deepEqual(
    { findPending, readCurrent, write, makeVisible },
    { findPending: 0, readCurrent: 0, write: 0, makeVisible: 0 },
  );
  assert.equal(embedder.calls.length, 0);
});

test("written vectors are visible to searches when the cycle ends", async () => {
  const { cycle, store, recent } = setUpBackfill([...errorLogs(3, "a"), ...errorLogs(2, "b", 10)]);
  const { summary } = await cycle();
  assert.equal(summary.backlog, 0);
  assert.equal(store.calls.makeVisible, 1);
  assert.deepEqual(recent.keys(), []);
});

test("where no refresh is allowed, the next cycle does not take the same records again", async () => {
  const { cycle, store, told, embedder } = setUpBackfill(errorLogs(15), { batchSize: 10 });
  const refused = new Fault("credentials", "fake: no permission for refresh");
  store.before("makeVisible", () => {
    throw refused;
  });
  const first = await cycle();
  assert.equal(first.summary.outcomes.updated, 10);
  const second = await cycle();
  assert.equal(second.summary.taken, 5);
  assert.equal(second.summary.outcomes.updated, 5);
  assert.deepEqual((await cycle()).summary.taken, 0);
  assert.equal(embedder.calls.flat().length, 15);
  assert.deepEqual(told.refreshFailed, [{ fault: refused }, { fault: refused }]);
});

test("a record that was written and never became visible is read again after a while, and not paid for", async () => {
  const { cycle, store, clock, embedder } = setUpBackfill(errorLogs(3));
  store.before("makeVisible", () => {
    throw new Fault("credentials", "fake: no permission for refresh");
  });
  await cycle();
  await clock.advance(11 * 60_000);
  assert.equal((await cycle()).summary.outcomes.already_vectorized, 3);
  assert.equal(embedder.calls.length, 1);
});

test("quarantined records do not starve the others in the next cycle", async () => {
  const poison = Array.from({ length: 10 }, (_, i) => errorLog(100 + i, `poison ${i}`));
  const { cycle, embedder, clock } = setUpBackfill([...errorLogs(10), ...poison], {
    batchSize: 10,
  });
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text.startsWith("poison"))) throw new Fault("record", "poison");
    return answer();
  });
  const first = await cycle();
  assert.equal(first.summary.outcomes.quarantined, 10);
  assert.equal(first.summary.backlog, 10);
  const second = await cycle();
  assert.equal(second.summary.outcomes.updated, 10);
  assert.equal(second.summary.backlog, 0);
  assert.equal((await cycle()).summary.taken, 0);
  await clock.advance(61 * 60_000);
  assert.equal((await cycle()).summary.outcomes.quarantined, 10);
});

test("refused records leave the backlog, and come back to it when they are due", async () => {
  const { cycle, deps, stop, embedder, clock } = setUpBackfill([errorLog(1, "poison")]);
  embedder.always(failWith(new Fault("record", "poison")));
  // The second request is the harmless text that shows whether the embedder as such is in order.
  embedder.plan(failWith(new Fault("record", "poison")), ({ answer }) => answer());
  const { summary } = await cycle();
  assert.deepEqual([summary.outcomes.quarantined, summary.backlog], [1, 0]);
  const counts = async () => {
    const { rows } = await deps.store.coverage({ indices: ["app_logs"] }, stop.signals.everything);
    return [rows[0]?.pending, rows[0]?.quarantined];
  };
  assert.deepEqual(await counts(), [0, 1]);
  await clock.advance(60 * 60_000 + 1);
  assert.deepEqual(await counts(), [1, 0]);
  embedder.always(({ answer }) => answer());
  assert.equal((await cycle()).summary.outcomes.updated, 1);
  assert.deepEqual(await counts(), [0, 0]);
});

test("young records are left to the tail, and taken once they are old enough", async () => {
  const { cycle, store, clock } = setUpBackfill(errorLogs(2), { minAgeMs: 60_000 });
  const fresh = { "@timestamp": new Date(clock.now() - 5000).toISOString() };
  const young = errorLog(9, "fresh");
  store.seed([{ ...young, source: { ...young.source, ...fresh } }]);
  const { summary } = await cycle();
  assert.deepEqual([summary.found, summary.taken, summary.backlog], [3, 2, 1]);
  assert.equal(store.read(young)?.["log_vector"], undefined);
  await clock.advance(55_000);
  assert.equal((await cycle()).summary.outcomes.updated, 1);
});

test("deferred and conflicted records come again in the next cycle", async () => {
  const { cycle, store, embedder } = setUpBackfill(errorLogs(3));
  embedder.plan(failWith(new Fault("quota", "no money")), ({ answer }) => {
    store.change({ index: "app_logs", id: "log-1" }, { message: "changed" });
    return answer();
  });
  const first = await cycle();
  assert.equal(first.summary.outcomes.deferred, 3);
  assert.equal(first.fault?.kind, "quota");
  assert.equal(first.summary.backlog, 3);
  const second = await cycle();
  assert.deepEqual([second.summary.outcomes.updated, second.summary.outcomes.conflicted], [2, 1]);
  assert.equal(second.summary.backlog, 1);
  assert.equal((await cycle()).summary.outcomes.updated, 1);
});

test("nothing is refreshed where nothing was written", async () => {
  const { cycle, store, embedder } = setUpBackfill(errorLogs(3));
  embedder.always(failWith(new Fault("credentials", "401")));
  await cycle();
  assert.equal(store.calls.makeVisible, 0);
});

test("an index without the mapping gets it before it is written to", async () => {
  const { cycle, store, names } = setUpBackfill(errorLogs(1, "a"));
  store.define("a", { mapped: false });
  store.define("idle", { mapped: false });
  store.before("write", async () => {
    const { fit } = await store.survey(new AbortController().signal);
    assert.deepEqual(
      fit.map(({ index, mapped }) => [index, mapped]),
      [
        ["idle", false],
        ["a", true],
      ],
    );
  });
  assert.equal((await cycle()).summary.outcomes.updated, 1);
  assert.ok(names.includes("mappingAdded"));
});

test("an index that takes no mapping is never written to, and told of once", async () => {
  const { cycle, store, told } = setUpBackfill([...errorLogs(2, "a", 10), ...errorLogs(2, "b")]);
  store.define("a", { mapped: false, refusesMapping: "strict" });
  const { summary } = await cycle();
  await cycle();
  assert.deepEqual(summary.indices, { fit: 1, unfit: 1 });
  assert.deepEqual([summary.found, summary.taken, summary.backlog], [2, 2, 0]);
  assert.ok(store.writes.flat().every(({ record }) => record.index === "b"));
  assert.deepEqual(told.indexUnfit, [{ index: "a", reason: "strict" }]);
});

test("unfit indices are counted and skipped", async () => {
  const { cycle, store } = setUpBackfill([...errorLogs(2, "a"), ...errorLogs(2, "b", 10)]);
  store.define("a", { unfit: "closed" });
  const { summary } = await cycle();
  assert.deepEqual(summary.indices, { fit: 1, unfit: 1 });
  assert.equal(summary.taken, 2);
});

test("blank records end as empty, and out of the backlog", async () => {
  const { cycle } = setUpBackfill([errorLog(1, " "), errorLog(2, "text")]);
  const { summary } = await cycle();
  assert.deepEqual([summary.outcomes.empty, summary.outcomes.updated], [1, 1]);
  assert.equal(summary.backlog, 0);
  assert.equal((await cycle()).summary.found, 0);
});

for (const method of ["survey", "coverage", "findPending", "readCurrent"] as const) {
  test(`a store that fails in ${method} ends the cycle, and nothing was paid for`, async () => {
    const { cycle, store, embedder } = setUpBackfill(errorLogs(3));
    store.before(method, () => {
      throw OUTAGE;
    });
    await assert.rejects(cycle(), OUTAGE);
    assert.equal(embedder.calls.length, 0);
    store.before(method, undefined);
    assert.equal((await cycle()).summary.outcomes.updated, 3);
  });
}

test("a store that goes away after the write still leaves a summary that adds up", async () => {
  const { cycle, store } = setUpBackfill(errorLogs(15), { batchSize: 10 });
  store.before("makeVisible", () => {
    store.before("coverage", () => {
      throw OUTAGE;
    });
    throw OUTAGE;
  });
  const { summary } = await cycle();
  assert.deepEqual([summary.found, summary.taken, summary.backlog], [15, 10, 5]);
});

test("a stop before the embedding leaves the records for another time", async () => {
  const { cycle, store, embedder, stop } = setUpBackfill(errorLogs(3));
  store.before("findPending", () => stop.request());
  const { summary } = await cycle();
  assert.equal(summary.taken, 0);
  assert.equal(summary.backlog, 3);
  assert.equal(sum(summary.outcomes), 0);
  assert.equal(embedder.calls.length, 0);
  assert.equal(store.calls.write, 0);
});

test("a stop during the embedding writes it, refreshes, and counts", async () => {
  const { cycle, store, embedder, stop } = setUpBackfill(errorLogs(5), { batchSize: 3 });
  embedder.plan(({ answer }) => {
    stop.request();
    return answer();
  });
  const { summary } = await cycle();
  assert.equal(summary.outcomes.updated, 3);
  assert.equal(summary.backlog, 2);
  assert.equal(store.calls.makeVisible, 1);
});

test("the steps are told in their order, with what was found", async () => {
  const { cycle, told, names, store, clock } = setUpBackfill(errorLogs(3));
  store.before("coverage", () => clock.jump(40));
  await cycle();
  assert.deepEqual(names, ["recordsFound", "textsEmbedded", "recordsWritten"]);
  assert.deepEqual(told.recordsFound, [
    { found: 3, partial: false, levels: ["ERROR"], durationMs: 40 },
  ]);
});

test("an incomplete search is reported, and counts as neither found nor left", async () => {
  const { cycle, store, told } = setUpBackfill(errorLogs(3, "a"));
  store.define("a", { partial: "1 of 5 shards failed" });
  const { summary, fault } = await cycle();
  assert.deepEqual(
    told.answerPartial.map(({ during }) => during),
    ["the counting of records", "the query for pending records"],
  );
  assert.partialDeepStrictEqual(told.recordsFound, [{ found: 3, partial: true }]);
  assert.equal(fault, undefined);
  const gaps = [{ index: "a", reason: "1 of 5 shards failed" }];
  const unknown = { found: null, backlog: null, other_model: null };
  assert.partialDeepStrictEqual(summary, { ...unknown, taken: 3, gaps });
});

test("texts for which the embedder has nothing usable do not keep the others from their turn", async () => {
  const { cycle, embedder } = setUpBackfill(errorLogs(6), { batchSize: 2 });
  const odd = new Set(["error number 5 in app_logs", "error number 4 in app_logs"]);
  embedder.always(({ inputs, answer }) => ({
    ...answer(),
    vectors: answer().vectors.map((vector, i) => (odd.has(inputs[i]?.text ?? "") ? null : vector)),
  }));
  const updated: number[] = [];
  for (let i = 0; i < 5; i++) updated.push((await cycle()).summary.outcomes.updated);
  assert.deepEqual(updated, [0, 0, 2, 2, 0]);
});

test("a text that the embedder fails at with 500 each time keeps no other from its vector, nor from its turn", async () => {
  const { cycle, embedder, clock, told, store } = setUpBackfill(errorLogs(8), { batchSize: 4 });
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ logId }) => logId === "log-6")) throw new Fault("outage", "fake: 500");
    return answer();
  });
  const updated: number[] = [];
  for (let i = 0; i < 4; i++) {
    const running = cycle();
    await clock.advance(60_000);
    const { summary, fault } = await running;
    updated.push(summary.outcomes.updated);
    assert.deepEqual([summary.outcomes.quarantined, fault], [0, undefined]);
  }
  assert.deepEqual(updated, [3, 3, 1, 0]);
  assert.equal(told.recordFailed[0]?.id, "log-6");
  const bare = store.read({ index: "app_logs", id: "log-6" });
  assert.deepEqual([bare?.["log_vector"], bare?.["log_vector_meta"]], [undefined, undefined]);
});

test("where one answer has no room for the whole batch, the cycle takes it in parts, each written before the next is read", async () => {
  const { cycle, store, embedder } = setUpBackfill(errorLogs(25), { batchSize: 20 });
  store.room(6);
  const { summary } = await cycle();
  assert.deepEqual([summary.taken, summary.outcomes.updated, summary.backlog], [20, 20, 5]);
  assert.deepEqual(
    store.writes.map(({ length }) => length),
    [6, 6, 6, 2],
  );
  assert.equal(embedder.calls.flat().length, 20);
});

test("records are selected while the indices are asked whether they take updates", async () => {
  const { cycle, store } = setUpBackfill(errorLogs(3));
  const { promise: selected, resolve } = Promise.withResolvers<void>();
  store.before("findPending", () => resolve());
  store.before("probeWritable", () => selected);
  const { summary } = await cycle();
  assert.equal(summary.outcomes.updated, 3);
});

test("an index that is found to take no updates has no share of what was selected meanwhile", async () => {
  const setup = setUpBackfill([...errorLogs(150, "bad"), ...errorLogs(150, "good", 10_000)]);
  const { store, embedder } = setup;
  setup.deps.store.probeWritable = (indices) =>
    Promise.resolve(indices.map((index) => ({ index, allowed: index !== "bad" })));
  const { summary } = await setup.cycle();
  assert.deepEqual([summary.taken, summary.outcomes.updated], [100, 100]);
  assert.ok(store.writes.flat().every(({ record }) => record.index === "good"));
  assert.equal(embedder.calls.flat().length, 100);
});

test("where the selection fails that was made meanwhile, the cycle fails as it did", async () => {
  const { cycle, store, embedder } = setUpBackfill(errorLogs(3));
  store.before("findPending", () => {
    throw OUTAGE;
  });
  await assert.rejects(cycle(), { kind: "outage" });
  assert.equal(embedder.calls.length, 0);
});
