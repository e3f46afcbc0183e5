import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { settled } from "../../support/fakes/manual-clock.ts";
import { pendingCount } from "../../support/fakes/fake-log-store.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { setUpBackfill, sum } from "./backfill-setup.ts";

const OUTAGE = new Fault("outage", "fake: connection refused");

/** Fails a drain that goes round in circles, rather than never ending. */
function boundSurveys({ store }: ReturnType<typeof setUpBackfill>, most = 20): void {
  store.before("survey", (call) => {
    if (call > most) throw new Error(`the drain does not end: survey ${call}`);
  });
}

test("a drain empties every index and sums it all up", async () => {
  const setup = setUpBackfill(
    [...errorLogs(25, "a"), ...errorLogs(7, "b"), errorLog(90, "error number 1 in a", "b")],
    { batchSize: 10 },
  );
  boundSurveys(setup);
  const { drain, store, embedder, told } = setup;
  const { summary, reason, fault } = await drain();
  assert.equal(reason, undefined);
  assert.equal(fault, undefined);
  assert.partialDeepStrictEqual(summary, { cycle: 4, found: 33, backlog: 0, taken: 33 });
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 32, reused: 1 });
  assert.equal(sum(summary.outcomes), 33);
  assert.equal(summary.embedding.requests, 4);
  assert.equal(embedder.calls.flat().length, 32);
  assert.equal(await pendingCount(store), 0);
  assert.deepEqual(told.recordsFound, [
    { found: 33, partial: false, levels: ["ERROR"], durationMs: 0 },
  ]);
  const written = told.recordsWritten.reduce((total, one) => total + one.written, 0);
  assert.equal(written, 32 + 1, "each page is told, and the log decides what is worth a line");
});

test("an empty store is drained at once", async () => {
  const { drain, embedder } = setUpBackfill([]);
  const { summary, reason } = await drain();
  assert.equal(reason, undefined);
  assert.partialDeepStrictEqual(summary, { cycle: 0, found: 0, backlog: 0, taken: 0 });
  assert.equal(embedder.calls.length, 0);
});

test("records that arrive during the drain are taken too", async () => {
  const setup = setUpBackfill(errorLogs(10), { batchSize: 5 });
  boundSurveys(setup);
  setup.embedder.plan(({ answer }) => {
    setup.store.seed([...errorLogs(3, "app_logs", 50), ...errorLogs(2, "new_logs", 60)]);
    return answer();
  });
  const { summary } = await setup.drain();
  assert.equal(summary.outcomes.updated, 15);
  assert.equal(summary.backlog, 0);
  assert.equal(await pendingCount(setup.store), 0);
});

test("records that fail have one turn, and the drain ends", async () => {
  const setup = setUpBackfill([...errorLogs(8), errorLog(90, "poison"), errorLog(91, "refused")], {
    batchSize: 4,
  });
  boundSurveys(setup);
  const { drain, store, embedder } = setup;
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text === "poison")) throw new Fault("record", "poison");
    return answer();
  });
  store.refuse(({ record }) =>
    record.text === "refused" ? new Fault("record", "mapper_parsing_exception") : undefined,
  );
  const { summary, reason } = await drain();
  assert.equal(reason, undefined);
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 8, quarantined: 2 });
  assert.equal(summary.taken, 10);
  // The text that the embedder refused is marked in its document; the other takes no mark either and is kept aside.
  assert.equal(summary.backlog, 0);
  assert.deepEqual(
    setup.localQuarantine.all().map(({ id, attempts }) => [id, attempts]),
    [["log-91", 1]],
  );
  const alone = embedder.calls.filter((call) => call.length === 1 && call[0]?.text === "poison");
  assert.equal(alone.length, 1);
});

test("a record that changes while it is embedded has one turn, and is left for the next run", async () => {
  const setup = setUpBackfill(errorLogs(4));
  boundSurveys(setup);
  setup.embedder.always(({ answer }) => {
    setup.store.change({ index: "app_logs", id: "log-2" }, { message: String(Math.random()) });
    return answer();
  });
  const { summary } = await setup.drain();
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 3, conflicted: 1 });
  assert.equal(summary.backlog, 1);
});

test("an index that cannot be written is paused, and its texts are not paid for page after page", async () => {
  const setup = setUpBackfill([...errorLogs(100, "blocked", 1000), ...errorLogs(30, "open")], {
    batchSize: 10,
  });
  boundSurveys(setup);
  const { drain, store, embedder } = setup;
  store.refuse(({ record }) =>
    record.index === "blocked" ? new Fault("index", "fake: write block") : undefined,
  );
  const { summary, reason } = await drain();
  assert.match(reason ?? "", /100 records left in blocked/);
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 30, deferred: 10 });
  assert.equal(summary.taken, 40);
  assert.equal(summary.backlog, 100);
  assert.equal(embedder.calls.flat().length, 40);
});

test("an index whose scan is refused is skipped and told of; the others are drained", async () => {
  const setup = setUpBackfill([...errorLogs(5, "a"), ...errorLogs(5, "b")]);
  boundSurveys(setup);
  const refused = new Fault("credentials", "fake: no permission for point in time");
  setup.store.before("openScan", (call) => {
    if (call === 1) throw refused;
  });
  const { summary } = await setup.drain();
  assert.equal(summary.outcomes.updated, 5);
  assert.equal(summary.backlog, 5);
  assert.deepEqual(setup.told.indexUnfit, [{ index: "b", reason: refused.message }]);
});

for (const kind of ["credentials", "quota", "configuration"] as const) {
  test(`a ${kind} fault of the embedder ends the drain after one request`, async () => {
    const setup = setUpBackfill([...errorLogs(20, "a"), ...errorLogs(20, "b")], { batchSize: 5 });
    boundSurveys(setup);
    const fault = new Fault(kind, "fake: no");
    setup.embedder.always(failWith(fault));
    const result = await setup.drain();
    assert.equal(result.fault, fault);
    assert.equal(result.reason, "fake: no");
    assert.equal(setup.embedder.calls.length, 1);
    assert.partialDeepStrictEqual(result.summary, { taken: 5, found: 40, backlog: 40 });
    assert.equal(result.summary.outcomes.deferred, 5);
  });
}

test("a stop in the middle ends the drain after the pages under way, and nothing more is paid for", async () => {
  const setup = setUpBackfill(errorLogs(40), { batchSize: 10 });
  setup.embedder.plan(
    ({ answer }) => answer(),
    ({ answer }) => {
      setup.stop.request();
      return answer();
    },
  );
  const { summary, reason } = await setup.drain();
  assert.equal(reason, "stopped");
  assert.partialDeepStrictEqual(summary, { found: 40, backlog: 20 });
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 20, deferred: summary.taken - 20 });
  assert.equal(setup.embedder.calls.length, 2);
});

test("a drain that is asked to stop before it begins takes nothing", async () => {
  const setup = setUpBackfill(errorLogs(4));
  setup.store.before("coverage", () => setup.stop.request());
  const { summary, reason } = await setup.drain();
  assert.equal(reason, "stopped");
  assert.partialDeepStrictEqual(summary, { found: 4, backlog: 4, taken: 0 });
});

test("a store that goes away later ends the drain with what it has", async () => {
  const setup = setUpBackfill(errorLogs(40), { batchSize: 10 });
  setup.store.before("readCurrent", (call) => {
    if (call === 3) throw OUTAGE;
  });
  const { summary, fault, reason } = await setup.drain();
  assert.equal(fault, OUTAGE);
  assert.equal(reason, OUTAGE.message);
  assert.partialDeepStrictEqual(summary, { taken: 30, backlog: 10 });
  assert.equal(summary.outcomes.updated, 30);
});

test("a store that is away from the start is a failure, not a summary", async () => {
  const setup = setUpBackfill(errorLogs(4));
  setup.store.before("survey", () => {
    throw OUTAGE;
  });
  await assert.rejects(setup.drain(), OUTAGE);
});

test("where no refresh is allowed, the drain ends all the same", async () => {
  const setup = setUpBackfill(errorLogs(25), { batchSize: 10 });
  boundSurveys(setup);
  setup.store.before("makeVisible", () => {
    throw new Fault("credentials", "fake: no permission for refresh");
  });
  const { summary } = await setup.drain();
  assert.equal(summary.outcomes.updated, 25);
  assert.equal(setup.embedder.calls.flat().length, 25);
});

test("records deleted but still seen by search do not keep the drain going", async () => {
  const setup = setUpBackfill(errorLogs(10));
  boundSurveys(setup);
  for (const number of [3, 4]) setup.store.remove({ index: "app_logs", id: `log-${number}` });
  const { summary } = await setup.drain();
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 8, missing: 2 });
  assert.equal(summary.backlog, 0);
});

test("progress tells how far it is, how fast, and what it cost so far", async () => {
  const setup = setUpBackfill(errorLogs(40), { batchSize: 10, pricePerMillionTokens: 1e6 });
  setup.store.before("write", () => setup.clock.jump(2000));
  await setup.drain();
  const [first, second, , last] = setup.told.drainProgress;
  assert.partialDeepStrictEqual(first, {
    done: 10,
    total: 40,
    recordsPerSecond: 5,
    secondsLeft: 6,
  });
  assert.partialDeepStrictEqual(second, { done: 20, total: 40 });
  assert.partialDeepStrictEqual(last, { done: 40, total: 40, secondsLeft: 0 });
  assert.ok((second?.costUsd ?? 0) > (first?.costUsd ?? 0));
});

test("progress never shows more done than there is in all", async () => {
  const setup = setUpBackfill(errorLogs(5), { batchSize: 5 });
  setup.embedder.plan(({ answer }) => {
    setup.store.seed(errorLogs(5, "app_logs", 50));
    return answer();
  });
  await setup.drain();
  assert.deepEqual(
    setup.told.drainProgress.map(({ done, total }) => [done, total]),
    [
      [5, 5],
      [10, 10],
    ],
  );
});

test("a drain refreshes once an index, not once a page", async () => {
  const setup = setUpBackfill([...errorLogs(30, "a"), ...errorLogs(30, "b")], { batchSize: 5 });
  boundSurveys(setup);
  assert.equal((await setup.drain()).summary.outcomes.updated, 60);
  assert.equal(setup.store.calls.makeVisible, 2);
});

test("a drain that is stopped still makes visible what it wrote", async () => {
  const setup = setUpBackfill(errorLogs(30), { batchSize: 10 });
  setup.embedder.plan(({ answer }) => {
    setup.stop.request();
    return answer();
  });
  await setup.drain();
  assert.equal(await pendingCount(setup.store), 20);
});

test("a drain leaves young records to the tail, and ends", async () => {
  const { drain, store, clock, embedder } = setUpBackfill(errorLogs(2), { minAgeMs: 60_000 });
  const young = errorLog(9, "fresh");
  const fresh = { "@timestamp": new Date(clock.now() - 5000).toISOString() };
  store.seed([{ ...young, source: { ...young.source, ...fresh } }]);
  const { summary, reason } = await drain();
  assert.equal(reason, undefined);
  assert.deepEqual([summary.found, summary.taken, summary.backlog], [3, 2, 1]);
  assert.equal(embedder.calls.flat().length, 2);
});

test("a drain leaves refused records alone, and ends", async () => {
  const { drain, embedder, clock } = setUpBackfill([errorLog(1, "poison"), errorLog(2, "text")]);
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text === "poison")) throw new Fault("record", "poison");
    return answer();
  });
  const { summary, reason } = await drain();
  assert.equal(reason, undefined);
  assert.deepEqual([summary.outcomes.updated, summary.outcomes.quarantined], [1, 1]);
  assert.equal(summary.backlog, 0);
  const requests = embedder.calls.length;
  assert.equal((await drain()).summary.taken, 0);
  assert.equal(embedder.calls.length, requests);
  await clock.advance(60 * 60_000);
  assert.equal((await drain()).summary.outcomes.quarantined, 1);
});

/** Counts the texts in flight at the embedder, whose answers take so long and wait until they are let. */
function slowEmbedder({ embedder, clock }: ReturnType<typeof setUpBackfill>, latencyMs: number) {
  const gate = Promise.withResolvers<void>();
  let free = 1;
  embedder.always(async ({ answer }) => {
    if (free-- > 0) clock.jump(latencyMs);
    else await gate.promise;
    return answer();
  });
  return { letGo: () => gate.resolve() };
}

function requestSizes({ embedder }: ReturnType<typeof setUpBackfill>): number[] {
  return embedder.calls.map(({ length }) => length).toSorted((a, b) => a - b);
}

test("with a slow embedder a drain has as many full requests in flight as are admitted, not a number of records", async () => {
  const setup = setUpBackfill(errorLogs(3000), { batchSize: 10 });
  const { letGo } = slowEmbedder(setup, 1500);
  const draining = setup.drain();
  await settled();
  assert.deepEqual(requestSizes(setup), [10, 290, 900, 900, 900]);
  letGo();
  assert.equal((await draining).summary.outcomes.updated, 3000);
  assert.equal(setup.embedder.calls.length, 5);
});

test("in an index that somebody else has mapped one text goes alone, then all at once", async () => {
  const setup = setUpBackfill(errorLogs(2000), { batchSize: 10 });
  setup.store.define("app_logs", { foreign: true });
  const { letGo } = slowEmbedder(setup, 1500);
  const draining = setup.drain();
  await settled();
  assert.deepEqual(requestSizes(setup), [1, 200, 899, 900]);
  letGo();
  assert.equal((await draining).summary.outcomes.updated, 2000);
});

test("once the embedder has answered, the pages of an index that holds vectors need not wait for its first", async () => {
  const setup = setUpBackfill([...errorLogs(1, "a"), ...errorLogs(1, "b")], { batchSize: 10 });
  await setup.drain();
  setup.store.seed([...errorLogs(40, "a", 100), ...errorLogs(10, "b", 200)]);
  const gate = Promise.withResolvers<void>();
  setup.embedder.plan(({ answer }) => answer());
  setup.embedder.always(async ({ answer }) => {
    await gate.promise;
    return answer();
  });
  const draining = setup.drain();
  await settled();
  assert.deepEqual(requestSizes(setup), [1, 1, 10, 10, 10, 10, 10]);
  gate.resolve();
  assert.equal((await draining).summary.outcomes.updated, 50);
});

test("the requests of one page go side by side once the index has taken a vector", async () => {
  const limits = { maxTextsPerRequest: 100 };
  const allowed = { maxConcurrentRequests: 64 };
  const setup = setUpBackfill(errorLogs(910), { batchSize: 10, limits, allowed });
  const { letGo } = slowEmbedder(setup, 1500);
  const draining = setup.drain();
  await settled();
  assert.equal(setup.embedder.calls.length, 1 + 5, "one more after each answer");
  letGo();
  assert.equal((await draining).summary.outcomes.updated, 910);
  assert.equal(setup.embedder.calls.length, 1 + 9);
});

test("a text of many pages is paid for once, though they are in flight together and the cache holds little", async () => {
  const documents = Array.from({ length: 4000 }, (_, i) => errorLog(i, `text ${i % 2000}`));
  const setup = setUpBackfill(documents, { batchSize: 50 });
  setup.clock.jump(1);
  setup.embedder.always(async ({ answer }) => {
    await Promise.resolve();
    return answer();
  });
  const { summary } = await setup.drain();
  assert.deepEqual([summary.outcomes.updated, summary.outcomes.reused], [2000, 2000]);
  assert.equal(setup.embedder.calls.flat().length, 2000);
});

test("of two drains over the same records the one that loses most of a page ends", async () => {
  const setup = setUpBackfill(errorLogs(40), { batchSize: 20 });
  boundSurveys(setup);
  const { drain, store, embedder } = setup;
  embedder.always(({ inputs, answer }) => {
    // The other one is faster.
    for (const { logId: id } of inputs.slice(0, 11)) {
      store.change({ index: "app_logs", id }, { log_vector: [1], log_vector_meta: { model: "m" } });
    }
    return answer();
  });
  const { summary, reason, fault } = await drain();
  assert.match(String(reason), /another process is working on the same records/);
  assert.equal(fault, undefined);
  assert.partialDeepStrictEqual(summary, { taken: 20, outcomes: { updated: 9, conflicted: 11 } });
});

test("records that could not be seen stay pending, and the drain says so at its end", async () => {
  const { drain, store, told } = setUpBackfill([...errorLogs(3, "a"), ...errorLogs(1, "b")]);
  store.define("b", { partial: "2 of 5 shards failed" });
  const { summary, reason } = await drain();
  assert.ok(told.drainProgress.every(({ partial }) => partial));
  assert.equal(summary.outcomes.updated, 4);
  const gaps = [{ index: "b", reason: "2 of 5 shards failed" }];
  assert.partialDeepStrictEqual(summary, { found: null, backlog: null, other_model: null, gaps });
  assert.match(String(reason), /stay pending: b: 2 of 5 shards failed$/);
});

test("pages that take longer than a scan stays open do not end the drain", async () => {
  const setup = setUpBackfill(errorLogs(40), { batchSize: 10 });
  boundSurveys(setup);
  setup.embedder.always(({ answer }) => {
    setup.clock.jump(5 * 60_000 + 1);
    return answer();
  });
  const { summary, reason } = await setup.drain();
  assert.equal(reason, undefined);
  assert.partialDeepStrictEqual(summary, { found: 40, taken: 40, backlog: 0 });
  assert.equal(setup.embedder.calls.flat().length, 40);
});

test("a scan that hands out nothing before it runs out is a failure, not a circle", async () => {
  const setup = setUpBackfill(errorLogs(4));
  boundSurveys(setup);
  const fault = new Fault("outage", "fake: no search context found", { cursorExpired: true });
  setup.store.openScan = async () => ({
    next: () => Promise.reject(fault),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  await assert.rejects(setup.drain(), fault);
});

test("a drain waits for a tight rate limit as long as it takes, and ends when nothing is pending", async () => {
  const allowed = { requestsPerMinute: 3 };
  const setup = setUpBackfill(errorLogs(30), { batchSize: 1, allowed });
  boundSurveys(setup);
  const draining = setup.drain();
  await setup.clock.advance(11 * 60_000);
  const { summary, reason } = await draining;
  assert.equal(reason, undefined);
  assert.partialDeepStrictEqual(summary, { taken: 30, backlog: 0 });
  assert.equal(summary.outcomes.updated, 30);
});
