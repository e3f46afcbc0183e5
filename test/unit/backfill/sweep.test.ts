import assert from "node:assert/strict";
import { test } from "node:test";
import { runSweep, type SweepOptions } from "../../../src/backfill/sweep.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { sweepSummaryShape } from "../../../src/domain/summary.ts";
import { digest } from "../../../src/pipeline/signer.ts";
import { createFakeLogStore, type SeedDocument } from "../../support/fakes/fake-log-store.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { signed, textHash } from "../../support/fakes/signer.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { createTokens } from "../../support/fakes/token-counter.ts";
import { errorLog } from "../../support/log-documents.ts";
import { setUpBackfill, sum, type BackfillSetup } from "./backfill-setup.ts";

const IN_FORCE = { model: "fake-model", dimensions: 8 };
const INDEX = "app_logs";

type Stamp = Record<string, unknown>;

/** A record with the vector of its message, or of the one that it had. */
function embedded(
  number: number,
  message: string,
  {
    before = message,
    stamp = {},
    index = INDEX,
  }: { before?: string; stamp?: Stamp; index?: string } = {},
): SeedDocument {
  const { source, ...document } = errorLog(number, message, index);
  const vector = stubVector(before, 8);
  const own = {
    ...IN_FORCE,
    text_hash: textHash(before),
    embedded_at: "2026-01-01T00:00:00.000Z",
    truncated: false,
  };
  const meta = { ...signed(own, vector), ...stamp };
  return { ...document, source: { ...source, log_vector: [...vector], log_vector_meta: meta } };
}

/** So many whose message changed, each to a text of its own. */
function changed(count: number, index = INDEX): SeedDocument[] {
  return Array.from({ length: count }, (_, i) =>
    embedded(i, `new text ${i}`, { before: `old text ${i}`, index }),
  );
}

function setUp(documents: readonly SeedDocument[], options: BackfillSetup = {}) {
  const clock = createManualClock();
  const store =
    options.left?.store ?? createFakeLogStore(documents, { now: clock.now, inForce: IN_FORCE });
  const left = options.left ?? { clock, store, state: createMemoryState() };
  const setup = setUpBackfill([], { ...options, left });
  const { signer, toText, deps } = setup;
  const pricing = {
    toText,
    tokens: createTokens().tokens,
    maxTokensPerText: 100,
    pricePerMillionTokens: 1,
  };
  const look = {
    store: setup.store,
    signer,
    toText,
    inForce: IN_FORCE,
    pricing,
    clock: left.clock,
  };
  const run = async (more: SweepOptions = {}) => {
    deps.embedderLimits.startRun();
    const result = await runSweep({ ...look, backfill: deps }, more, setup.stop.signals);
    sweepSummaryShape.parse(result.summary);
    assertAddsUp(result.summary);
    return result;
  };
  const read = (number: number, index = INDEX) =>
    setup.store.read({ index, id: `log-${number}` }) ?? {};
  return {
    ...setup,
    run,
    read,
    dryRun: () => runSweep(look, {}, setup.stop.signals),
    /** A vector stands beside the stamp of its text, or there is neither. */
    assertOwn(number: number, index = INDEX) {
      const { message, log_vector: vector, log_vector_meta: meta } = read(number, index);
      assert.deepEqual(vector, [...stubVector(String(message), 8)]);
      assert.partialDeepStrictEqual(meta, { text_hash: textHash(String(message)) });
    },
    textsSent: () => setup.embedder.calls.flat().map(({ text }) => text),
  };
}

type Summary = Awaited<ReturnType<typeof runSweep>>["summary"];

function assertAddsUp(summary: Summary): void {
  const { looked_at: all, current, text_changed: stale, taken, outcomes } = summary;
  const { other_model: model, other_text_version: version, other_key: key, unsigned } = summary;
  assert.equal(all, current + stale + model + version + key + unsigned);
  assert.equal(sum(outcomes), taken);
}

test("a vector of an earlier text is replaced; one of its text is left, unread and unpaid", async () => {
  const documents = [
    embedded(1, "as it was"),
    embedded(2, "new text", { before: "old text" }),
    embedded(3, "as it was too"),
    errorLog(4, "pending"),
  ];
  const { run, assertOwn, textsSent, store, read, told } = setUp(documents);
  const { summary, reason, fault } = await run();
  assert.deepEqual([reason, fault], [undefined, undefined]);
  assert.partialDeepStrictEqual(summary, {
    looked_at: 3,
    current: 2,
    text_changed: 1,
    taken: 1,
    failed: 0,
  });
  assert.equal(summary.outcomes.updated, 1);
  assert.deepEqual(textsSent(), ["new text"]);
  for (const number of [1, 2, 3]) assertOwn(number);
  assert.equal(read(4)["log_vector"], undefined);
  assert.deepEqual(
    store.looks.flat().map(({ id }) => id),
    ["log-2"],
  );
  assert.equal(told.recordsEnded.length, 1);
  assert.partialDeepStrictEqual((await run()).summary, { looked_at: 3, current: 3, taken: 0 });
});

test("equal texts are paid for once, and not at all where a vector of that text stands somewhere", async () => {
  const documents = [
    embedded(1, "known"),
    embedded(2, "known", { before: "a" }),
    embedded(3, "new", { before: "b" }),
    embedded(4, "new", { before: "c" }),
  ];
  const { run, textsSent, assertOwn } = setUp(documents, { batchSize: 2 });
  const { summary } = await run();
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 1, reused: 2 });
  assert.deepEqual(textsSent(), ["new"]);
  for (const number of [1, 2, 3, 4]) assertOwn(number);
});

test("a vector that does not prove a changed message is counted with its cost, and left", async () => {
  const before = "old";
  const others = [
    embedded(1, "a".repeat(40), { before, stamp: { text: "otherrul" } }),
    embedded(2, "b".repeat(40), { before, stamp: { model: "other" } }),
    embedded(3, "c", { before, stamp: { key: "00000000" } }),
    embedded(4, "d", {
      before,
      stamp: { mac: undefined, key: undefined, text: undefined, text_hash: digest("old") },
    }),
    embedded(5, "e", {
      stamp: { mac: undefined, key: undefined, text: undefined, text_hash: digest("e") },
    }),
    embedded(6, "f", { stamp: { text: "otherrul" } }),
  ];
  const { run, store, embedder } = setUp(others);
  const { summary, reason } = await run();
  assert.partialDeepStrictEqual(summary, {
    looked_at: 6,
    current: 2,
    text_changed: 0,
    other_text_version: 1,
    other_model: 1,
    other_key: 1,
    unsigned: 1,
    failed: 0,
  });
  assert.deepEqual(summary.estimates, {
    text_changed: null,
    other_text_version: { tokens: 10, cost_usd: 0.00001 },
    other_model: { tokens: 10, cost_usd: 0.00001 },
  });
  const { readCurrent, write } = store.calls;
  assert.deepEqual([reason, readCurrent, write, embedder.calls.length], [undefined, 0, 0, 0]);
});

test("a dry run reads, and writes and pays nothing", async () => {
  const { dryRun, store, embedder } = setUp(changed(3));
  const { summary } = await dryRun();
  assert.partialDeepStrictEqual(summary, { looked_at: 3, text_changed: 3, taken: 0, failed: 0 });
  assert.equal(summary.estimates.text_changed?.tokens, 9);
  const { readCurrent, write, makeVisible } = store.calls;
  assert.deepEqual([readCurrent, write, makeVisible, embedder.calls.length], [0, 0, 0, 0]);
});

test("a message that is blank or gone has no vector any more", async () => {
  const documents = [
    embedded(1, " ", { before: "old" }),
    embedded(2, "x", { before: "old" }),
    embedded(3, "as it was"),
  ];
  const { run, read, store, embedder } = setUp(documents);
  store.change({ index: INDEX, id: "log-2" }, { message: null });
  await store.makeVisible([INDEX], new AbortController().signal);
  const { summary } = await run();
  assert.equal(summary.outcomes.empty, 2);
  for (const number of [1, 2]) {
    assert.equal(read(number)["log_vector"], null);
    assert.partialDeepStrictEqual(read(number), { log_vector_meta: { skipped: "empty" } });
  }
  assert.equal(embedder.calls.length, 0);
  assert.partialDeepStrictEqual((await run()).summary, { looked_at: 1, current: 1 });
});

test("a budget is kept: what gets no vector loses the old one, and a cycle finds it", async () => {
  const setup = setUp(changed(40), { batchSize: 10, allowed: { tokensPerCycle: 60 } });
  const { summary, fault } = await setup.run();
  assert.ok(fault?.selfImposed);
  const { updated, deferred } = summary.outcomes;
  assert.ok(updated > 0 && deferred > 0 && updated + deferred === 40, JSON.stringify(summary));
  assert.equal(summary.failed, deferred);
  let runs = 0;
  for (; runs < 20; runs++) if ((await setup.cycle()).summary.backlog === 0) break;
  assert.ok(runs > 0);
  for (let number = 0; number < 40; number++) setup.assertOwn(number);
  assert.equal(setup.textsSent().length, 40, "a text was paid for twice");
  assert.partialDeepStrictEqual((await setup.run()).summary, { current: 40, text_changed: 0 });
});

test("a text that the embedder refuses gets a mark in place of the earlier text's vector", async () => {
  const { run, read, embedder } = setUp(changed(2));
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text === "new text 1")) throw new Fault("record", "refused");
    return answer();
  });
  const { summary } = await run();
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 1, quarantined: 1 });
  assert.equal(read(1)["log_vector"], null);
  assert.partialDeepStrictEqual(read(1), { log_vector_meta: { skipped: "refused" } });
});

test("a document that was deleted, changed again or done meanwhile ends as that", async () => {
  const { run, store, read, assertOwn } = setUp(changed(4));
  store.before("readCurrent", (call) => {
    if (call > 1) return;
    store.remove({ index: INDEX, id: "log-0" });
    store.change({ index: INDEX, id: "log-1" }, { message: "changed again" });
    const done = embedded(2, "new text 2").source;
    store.change({ index: INDEX, id: "log-2" }, done);
  });
  const { summary } = await run();
  assert.partialDeepStrictEqual(summary.outcomes, {
    missing: 1,
    updated: 2,
    already_vectorized: 1,
  });
  assert.deepEqual(read(0), {});
  for (const number of [1, 2, 3]) assertOwn(number);
});

test("another field changed while the text was embedded: it is written all the same", async () => {
  const { run, store, assertOwn, embedder } = setUp(changed(2));
  store.before("write", (call) => {
    if (call === 1) store.change({ index: INDEX, id: "log-0" }, { note: "of its owner" });
  });
  const { summary } = await run();
  assert.equal(summary.outcomes.updated, 2);
  assertOwn(0);
  assert.equal(embedder.calls.flat().length, 2);
});

test("its text changed while it was embedded: nothing is written, and the next sweep finds it", async () => {
  const { run, store, read, assertOwn } = setUp(changed(1));
  store.before("write", (call) => {
    if (call === 1) store.change({ index: INDEX, id: "log-0" }, { message: "changed again" });
  });
  const { summary } = await run();
  assert.partialDeepStrictEqual(summary, { failed: 1, outcomes: { conflicted: 1 } });
  assert.partialDeepStrictEqual(read(0), {
    log_vector_meta: { text_hash: textHash("old text 0") },
  });
  store.before("write", undefined);
  await store.makeVisible([INDEX], new AbortController().signal);
  assert.equal((await run()).summary.outcomes.updated, 1);
  assertOwn(0);
});

test("records of an earlier time are left out, those without a time are not", async () => {
  const { run, store } = setUp([embedded(1, "a"), embedded(100, "b"), embedded(50, "c")]);
  store.change({ index: INDEX, id: "log-50" }, { "@timestamp": null });
  await store.makeVisible([INDEX], new AbortController().signal);
  const sinceMs = Date.parse("2026-01-01T00:01:00Z");
  assert.equal((await run({ sinceMs })).summary.looked_at, 2);
});

test("many pages are read one after the other, with a turn for others before each", async () => {
  let turns = 0;
  const { run, store } = setUp([
    ...Array.from({ length: 1100 }, (_, i) => embedded(i, `text ${i}`)),
    embedded(1, "b", { index: "b_logs" }),
  ]);
  const { summary } = await run({ turn: async () => void turns++ });
  assert.deepEqual([summary.looked_at, summary.current], [1101, 1101]);
  assert.deepEqual([store.calls.pageEmbedded, turns], [4, 4]);
});

test("an index that does not answer is a gap, the others are swept", async () => {
  const { run, store, assertOwn } = setUp([...changed(1, "a_logs"), ...changed(1, "b_logs")]);
  store.before("pageEmbedded", (call) => {
    if (call === 1) throw new Fault("index", "b_logs fails though OpenSearch answers");
  });
  const { summary, reason } = await run();
  assert.deepEqual(
    summary.gaps.map(({ index }) => index),
    ["b_logs"],
  );
  assert.match(reason ?? "", /could not be looked at: b_logs/);
  assertOwn(0, "a_logs");
});

test("an outage ends it with what was done, or fails it where nothing was", async () => {
  const documents = Array.from({ length: 600 }, (_, i) => embedded(i, `text ${i}`));
  const { run, store } = setUp(documents);
  const outage = new Fault("outage", "no connection");
  store.before("pageEmbedded", (call) => {
    if (call === 2) throw outage;
  });
  const { summary, fault, reason } = await run();
  assert.deepEqual([summary.looked_at, fault, reason], [500, outage, "no connection"]);
  store.before("pageEmbedded", () => {
    throw outage;
  });
  await assert.rejects(run(), outage);
});

test("once it is to stop it takes no further page; what was begun is written or left pending", async () => {
  const { run, stop, store, read } = setUp(changed(30), { batchSize: 10 });
  store.before("write", (call) => {
    if (call === 1) stop.request();
  });
  const { summary, reason } = await run();
  assert.deepEqual([reason, summary.taken], ["stopped", 10]);
  assert.equal(summary.outcomes.updated, 10);
  assert.partialDeepStrictEqual(read(29), {
    log_vector_meta: { text_hash: textHash("old text 29") },
  });
});
