import assert from "node:assert/strict";
import { test } from "node:test";
import { runReembed } from "../../../src/backfill/reembed.ts";
import { textHash } from "../../support/fakes/signer.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { createFakeLogStore, type SeedDocument } from "../../support/fakes/fake-log-store.ts";
import { errorLog } from "../../support/log-documents.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { setUpBackfill, sum, type BackfillSetup } from "./backfill-setup.ts";

const IN_FORCE = { model: "fake-model", dimensions: 8 };
const INDEX = "app_logs";
const OLD_VECTOR = [1, 0, 0, 0, 0, 0, 0, 0];

/** A record as the embedder before left it. */
function outdated(number: number, message = `error number ${number}`, index = INDEX): SeedDocument {
  const { source, ...document } = errorLog(number, message, index);
  const meta = { model: "old", dimensions: 8, text_hash: textHash(message), embedded_at: "then" };
  return { ...document, source: { ...source, log_vector: OLD_VECTOR, log_vector_meta: meta } };
}

function outdatedLogs(count: number, index = INDEX, first = 0): SeedDocument[] {
  return Array.from({ length: count }, (_, i) =>
    outdated(first + i, `error number ${first + i} in ${index}`, index),
  );
}

function newStore(documents: readonly SeedDocument[]) {
  const clock = createManualClock();
  const store = createFakeLogStore(documents, { now: clock.now, inForce: IN_FORCE });
  return { clock, store, state: createMemoryState() };
}

function setUp(documents: readonly SeedDocument[], options: BackfillSetup = {}) {
  const left = options.left ?? newStore(documents);
  const { store } = left;
  const setup = setUpBackfill([], { ...options, left });
  const run = async () => {
    const { signal } = new AbortController();
    const { fit, unfit } = await store.survey(signal);
    const query = {
      indices: fit.map(({ index }) => index),
      quarantinedKeys: setup.localQuarantine.keys(),
    };
    const { rows, gaps } = await store.coverage(query, signal);
    const indices = { fit: fit.length, unfit: unfit.length };
    setup.deps.embedderLimits.startRun();
    return runReembed(setup.deps, { rows, gaps, indices }, setup.stop.signals);
  };
  const modelOf = (id: string, index = INDEX) => {
    const { log_vector: vector, log_vector_meta: meta } = store.read({ index, id }) ?? {};
    assert.ok(Array.isArray(vector), `${id} lost its vector`);
    const model = typeof meta === "object" && meta && "model" in meta ? meta.model : undefined;
    const isOld = JSON.stringify(vector) === JSON.stringify(OLD_VECTOR);
    assert.equal(isOld, model === "old", "a vector and its stamp belong together");
    return model;
  };
  const textsSent = () => setup.embedder.calls.flat().map(({ text }) => text);
  return { ...setup, store, run, modelOf, textsSent };
}

test("each record gets a new vector in place of its old one, the newest first", async () => {
  const { run, textsSent, modelOf, store, told } = setUp(
    [...outdatedLogs(25, "a"), ...outdatedLogs(7, "b", 10), errorLog(90, "not embedded yet", "a")],
    { batchSize: 10 },
  );
  const { summary, reason, fault } = await run();
  assert.deepEqual([reason, fault], [undefined, undefined]);
  assert.partialDeepStrictEqual(summary, { found: 32, left: 0, taken: 32 });
  assert.equal(summary.outcomes.updated, 32);
  assert.equal(sum(summary.outcomes), summary.taken);
  const taken = store.looks.flat().map(({ timestamp }) => timestamp ?? "");
  assert.deepEqual(taken, taken.toSorted().toReversed());
  assert.equal(new Set(textsSent()).size, 32);
  assert.equal(modelOf("log-3", "a"), "fake-model");
  assert.equal(store.read({ index: "a", id: "log-90" })?.["log_vector"], undefined);
  assert.partialDeepStrictEqual(told.drainProgress.at(-1), { done: 32, total: 32 });
  assert.equal(told.recordsEnded.length, 4);
});

test("where nothing is of another model nothing is asked, paid or written", async () => {
  const { run, store, embedder } = setUp([errorLog(1, "not embedded yet")]);
  const { summary } = await run();
  assert.partialDeepStrictEqual(summary, { found: 0, left: 0, taken: 0 });
  const { findOutdated, readCurrent, write } = store.calls;
  assert.deepEqual([findOutdated, readCurrent, write, embedder.calls.length], [0, 0, 0, 0]);
});

test("equal texts are paid for once, also over runs", async () => {
  const documents = [1, 2, 3, 4].map((number) => outdated(number, "the same"));
  const { run, textsSent, store } = setUp(documents, { batchSize: 2 });
  const { summary } = await run();
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 1, reused: 3 });
  store.seed([outdated(5, "the same")]);
  assert.equal((await run()).summary.outcomes.reused, 1);
  assert.deepEqual(textsSent(), ["the same"]);
});

test("a budget ends it, old vectors stay, and the next run goes on without paying again", async () => {
  const setup = setUp(outdatedLogs(40), { batchSize: 10, allowed: { tokensPerCycle: 100 } });
  const first = await setup.run();
  assert.ok(first.fault?.selfImposed);
  assert.match(first.reason ?? "", /MAX_TOKENS_PER_CYCLE/);
  const { outcomes, left, taken } = first.summary;
  assert.equal(sum(outcomes), taken);
  assert.ok(outcomes.updated > 0 && left === 40 - outcomes.updated, JSON.stringify(first.summary));
  assert.equal(setup.modelOf("log-0"), "old");
  let runs = 1;
  for (; runs < 20; runs++) if ((await setup.run()).summary.left === 0) break;
  assert.ok(runs > 1);
  assert.equal(new Set(setup.textsSent()).size, 40);
  assert.equal(setup.textsSent().length, 40, "a text was paid for twice");
});

test("a process that was killed goes on where the store is, in another one", async () => {
  const setup = setUp(outdatedLogs(30), { batchSize: 5 });
  const killed = new Error("killed");
  setup.store.before("write", (call) => {
    if (call > 2) throw killed;
  });
  await assert.rejects(setup.run(), killed);
  setup.store.before("write", undefined);
  const { clock, store, state } = setup;
  const next = setUp([], { batchSize: 5, left: { clock, store, state } });
  await store.makeVisible([INDEX], new AbortController().signal);
  const { summary } = await next.run();
  assert.equal(summary.left, 0);
  assert.equal(summary.found, 20);
});

test("a stop ends it between two pages, and it says how many are left", async () => {
  const setup = setUp(outdatedLogs(30), { batchSize: 5 });
  setup.embedder.plan(({ answer }) => {
    setup.stop.request();
    return answer();
  });
  const { summary, reason } = await setup.run();
  assert.equal(reason, "stopped");
  assert.partialDeepStrictEqual(summary, { found: 30, taken: 5, left: 25 });
});

test("a text that is refused keeps its old vector and its stamp, has one turn, and is in quarantine", async () => {
  const setup = setUp([...outdatedLogs(8), outdated(90, "poison")], { batchSize: 3 });
  setup.embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text === "poison")) throw new Fault("record", "poison");
    return answer();
  });
  const { summary } = await setup.run();
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 8, quarantined: 1 });
  assert.equal(summary.left, 0, "what is in quarantine is not waited for");
  assert.equal(setup.modelOf("log-90"), "old");
  const meta = setup.store.read({ index: INDEX, id: "log-90" })?.["log_vector_meta"];
  assert.ok(typeof meta === "object" && meta && !("skipped" in meta));
  assert.deepEqual(
    setup.localQuarantine.all().map(({ id, attempts }) => [id, attempts]),
    [["log-90", 1]],
  );
  const again = await setup.run();
  assert.partialDeepStrictEqual(again.summary, { found: 0, taken: 0 });
  setup.localQuarantine.clear([`${INDEX}#uuid-1/log-90`]);
  setup.embedder.always(({ answer }) => answer());
  assert.equal((await setup.run()).summary.outcomes.updated, 1, "after quarantine retry");
  assert.equal(setup.modelOf("log-90"), "fake-model");
});

test("a document that refuses its new vector keeps the old one, and no mark is tried", async () => {
  const setup = setUp(outdatedLogs(4));
  setup.store.refuse(({ record }) =>
    record.id === "log-2" ? new Fault("record", "mapper_parsing_exception") : undefined,
  );
  const { summary } = await setup.run();
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 3, quarantined: 1 });
  assert.equal(setup.modelOf("log-2"), "old");
  assert.ok(setup.store.writes.flat().every((update) => !("mark" in update)));
  assert.deepEqual(setup.localQuarantine.keys(), [`${INDEX}#uuid-1/log-2`]);
});

test("a record that another process updated first is not paid for", async () => {
  const documents = outdatedLogs(3);
  const { run, store, textsSent, modelOf } = setUp(documents);
  const text = "error number 1 in app_logs";
  const stamp = { ...IN_FORCE, text_hash: textHash(text), embedded_at: "now", truncated: false };
  store.change(
    { index: INDEX, id: "log-1" },
    { log_vector: [0, 1, 0, 0, 0, 0, 0, 0], log_vector_meta: stamp },
  );
  const { summary } = await run();
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 2, already_vectorized: 1 });
  assert.ok(!textsSent().includes(text));
  assert.equal(modelOf("log-1"), "fake-model");
});

test("a field that its owner changes in between does not cost a record its new vector", async () => {
  const setup = setUp(outdatedLogs(2));
  setup.embedder.plan(({ answer }) => {
    setup.store.change({ index: INDEX, id: "log-1" }, { note: "of its owner" });
    return answer();
  });
  const { summary } = await setup.run();
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 2, conflicted: 0 });
  assert.equal(setup.modelOf("log-1"), "fake-model");
  assert.equal(setup.store.read({ index: INDEX, id: "log-1" })?.["note"], "of its owner");
});

test("of two runs at the same records one ends", async () => {
  const setup = setUp(outdatedLogs(40), { batchSize: 20 });
  setup.embedder.plan(({ inputs, answer }) => {
    for (const { text } of inputs) {
      const id = `log-${/\d+/.exec(text)?.[0]}`;
      const meta = { ...IN_FORCE, text_hash: textHash(text), embedded_at: "now", truncated: false };
      const log_vector = [0, 1, 0, 0, 0, 0, 0, 0];
      setup.store.change({ index: INDEX, id }, { log_vector, log_vector_meta: meta });
    }
    return answer();
  });
  const { summary, reason } = await setup.run();
  assert.equal(reason, "another process is working on the same records");
  assert.deepEqual([summary.taken, summary.outcomes.conflicted], [20, 20]);
});

test("an index that takes no updates costs the others nothing, and is not paid for", async () => {
  const setup = setUp([...outdatedLogs(12, "open"), ...outdatedLogs(12, "shut", 20)], {
    batchSize: 4,
  });
  setup.store.refuse(({ record }) =>
    record.index === "shut" ? new Fault("index", "blocked") : undefined,
  );
  const { summary } = await setup.run();
  assert.equal(summary.outcomes.updated, 12);
  assert.equal(summary.left, 12);
  const ofShut = setup.textsSent().filter((text) => text.endsWith("in shut"));
  assert.equal(ofShut.length, 4, "one page, and no more");
});

test("more records of one time than a page holds have one turn each", async () => {
  const at = { "@timestamp": "2026-01-01T00:00:00.000Z" };
  const documents = outdatedLogs(23).map((one) => ({ ...one, source: { ...one.source, ...at } }));
  const setup = setUp(documents, { batchSize: 5 });
  const { summary } = await setup.run();
  assert.partialDeepStrictEqual(summary, { taken: 23, left: 0 });
  assert.equal(setup.textsSent().length, 23);
});

test("thousands without a time do not make the queries ever longer", async () => {
  const documents = outdatedLogs(6000).map((one) => ({
    ...one,
    source: { ...one.source, "@timestamp": null },
  }));
  const setup = setUp(documents, { batchSize: 500 });
  let most = 0;
  const { findOutdated } = setup.deps.store;
  setup.deps.store.findOutdated = (query, signal) => {
    most = Math.max(most, query.excludeKeys.length);
    return findOutdated(query, signal);
  };
  const { summary } = await setup.run();
  assert.partialDeepStrictEqual(summary, { taken: 6000, left: 0 });
  assert.ok(most < 5000, `${most} keys were left out at once`);
});

test("a store that goes away ends it with what it has; before anything was done it is thrown", async () => {
  const away = new Fault("outage", "fake: connection refused");
  const setup = setUp(outdatedLogs(30), { batchSize: 5 });
  setup.store.before("findOutdated", (call) => {
    if (call > 1) throw away;
  });
  const { summary, fault } = await setup.run();
  assert.equal(fault, away);
  assert.equal(summary.taken, 5);
  setup.store.before("findOutdated", () => {
    throw away;
  });
  await assert.rejects(setup.run(), away);
});

test("records on a failing shard are reported as unseen", async () => {
  const setup = setUp(outdatedLogs(3));
  setup.store.define(INDEX, { partial: "1 of 5 shards failed" });
  const { reason, summary } = await setup.run();
  assert.equal(summary.outcomes.updated, 3);
  const gaps = [{ index: INDEX, reason: "1 of 5 shards failed" }];
  assert.partialDeepStrictEqual(summary, { found: null, left: null, gaps });
  assert.match(String(reason), /keep their old vectors: app_logs: 1 of 5 shards failed$/);
});

test("a record whose text is blank by now is marked so, and no run comes upon it again", async () => {
  const setup = setUp([outdated(1, " "), outdated(2)]);
  const { summary } = await setup.run();
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 1, empty: 1 });
  assert.equal(summary.left, 0);
  assert.equal((await setup.run()).summary.taken, 0);
});

test("texts for which nothing usable comes are asked for one page of an index, and not for ever", async () => {
  const setup = setUp([...outdatedLogs(12, "a"), ...outdatedLogs(12, "b", 20)], { batchSize: 4 });
  setup.embedder.always(({ inputs, answer }) => {
    const { vectors, tokens } = answer();
    return {
      vectors: inputs.map(({ text }, i) => (text.endsWith("in b") ? null : (vectors[i] ?? null))),
      tokens,
    };
  });
  const { summary } = await setup.run();
  assert.equal(summary.outcomes.updated, 12);
  assert.equal(summary.left, 12);
  assert.equal(new Set(setup.textsSent().filter((text) => text.endsWith("in b"))).size, 4);
  assert.equal(setup.modelOf("log-20", "b"), "old");
});

test("an outage in the middle is outlived: each record gets its new vector, and no text is paid for twice", async () => {
  const setup = setUp(outdatedLogs(30), { batchSize: 5, patienceMs: 600_000 });
  const away = new Fault("outage", "fake: connection refused");
  let isAway = false;
  for (const method of ["write", "readCurrent", "findOutdated", "survey"] as const) {
    setup.store.before(method, (call) => {
      if (method === "write" && call === 3) {
        isAway = true;
        void setup.clock.sleep(90_000).then(() => (isAway = false));
      }
      if (isAway) throw away;
    });
  }
  const ended = { is: false };
  const running = setup.run().finally(() => (ended.is = true));
  while (!ended.is) await setup.clock.advance(500);
  const { summary, reason, fault } = await running;
  assert.equal(fault, undefined);
  assert.equal(reason, undefined);
  assert.partialDeepStrictEqual(summary, { found: 30, left: 0, taken: 30 });
  assert.equal(summary.outcomes.updated + summary.outcomes.reused, 30);
  assert.equal(setup.textsSent().length, 30);
  assert.equal(setup.told.drainResumed.length, 1);
});
