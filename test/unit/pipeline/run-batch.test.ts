import assert from "node:assert/strict";
import { test } from "node:test";
import { groupOf } from "../../../src/domain/group.ts";
import { signed, textHash } from "../../support/fakes/signer.ts";
import { FAULT_POLICIES } from "../../../src/domain/fault-policy.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { failWith, hang } from "../../support/fakes/fake-embedder.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { settled } from "../../support/fakes/manual-clock.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { digest } from "../../../src/pipeline/signer.ts";
import { setUpBatch, shown } from "./batch-setup.ts";

const ONE = { index: "app_logs", id: "log-1" };

function vectorJson(text: string): number[] {
  return [...stubVector(text, 8)];
}

test("a record gets the vector of its text and a stamp that says so", async () => {
  const { run, store } = setUpBatch([errorLog(1, "disk full")]);
  const result = await run();
  assert.deepEqual(shown(result), { updated: 1 });
  assert.deepEqual(store.read(ONE), {
    ...errorLog(1, "disk full").source,
    log_vector: vectorJson("disk full"),
    log_vector_meta: signed(
      {
        model: "fake-model",
        dimensions: 8,
        text_hash: textHash("disk full"),
        embedded_at: "2026-01-02T03:04:05.000Z",
        truncated: false,
        group: groupOf({ text: "disk full" }).group,
      },
      vectorJson("disk full"),
    ),
  });
});

test("equal texts are paid for once: the first is updated, the others reused", async () => {
  const { run, embedder, store } = setUpBatch(
    [1, 2, 3, 4].map((n) => errorLog(n, n === 2 ? "other" : "same")),
  );
  const result = await run();
  assert.deepEqual(shown(result), { updated: 2, reused: 2 });
  assert.deepEqual(
    embedder.calls.map((call) => call.map(({ text, logId }) => [text, logId])),
    [
      [
        ["same", "log-4"],
        ["other", "log-2"],
      ],
    ],
  );
  assert.deepEqual(store.read(ONE)?.["log_vector"], vectorJson("same"));
  assert.equal(result.use.texts, 2);
});

test("a large batch is written in parts that go side by side, and each record once", async () => {
  const { run, store } = setUpBatch(errorLogs(600));
  const gate = Promise.withResolvers<void>();
  store.before("write", () => gate.promise);
  const running = run();
  await settled();
  assert.equal(store.calls.write, 3);
  gate.resolve();
  assert.deepEqual(shown(await running), { updated: 600 });
  assert.deepEqual(
    store.writes.map(({ length }) => length),
    [250, 250, 100],
  );
});

test("a part of a large batch that fails defers its own records, and no others", async () => {
  const { run, store, clock } = setUpBatch(errorLogs(600));
  const failing = new Set<unknown>();
  const { write } = store;
  store.write = async (updates, ...signals) => {
    const [first] = updates;
    if (failing.size === 0) for (const { record } of updates) failing.add(record.id);
    if (failing.has(first?.record.id)) throw new Fault("outage", "fake: connection refused");
    return write(updates, ...signals);
  };
  const running = run();
  await clock.advance(120_000);
  const result = await running;
  assert.deepEqual([shown(result), result.fault], [{ updated: 350, deferred: 250 }, undefined]);
});

test("a recently embedded text is not paid for again", async () => {
  const { run, store, embedder } = setUpBatch([errorLog(1, "same")], { ttlMs: 1000 });
  await run();
  await store.makeVisible(["app_logs"], new AbortController().signal);
  store.seed([errorLog(2, "same"), errorLog(3, "same")]);
  const result = await run();
  assert.deepEqual(shown(result), { reused: 2 });
  assert.equal(result.use.requests, 0);
  assert.equal(embedder.calls.length, 1);
});

test("a text embedded longer ago than the cache remembers is found in the store", async () => {
  const { run, store, embedder, clock } = setUpBatch([errorLog(1, "same")], { ttlMs: 1000 });
  await run();
  await store.makeVisible(["app_logs"], new AbortController().signal);
  store.seed([errorLog(2, "same")]);
  await clock.advance(1001);
  assert.deepEqual(shown(await run()), { reused: 1 });
  assert.equal(embedder.calls.length, 1);
  assert.equal(store.calls.findVectors, 2);
  const { log_vector: vector, log_vector_meta: stamp } =
    store.read({ index: "app_logs", id: "log-2" }) ?? {};
  const first = store.read({ index: "app_logs", id: "log-1" }) ?? {};
  assert.deepEqual(vector, first["log_vector"]);
  assert.partialDeepStrictEqual(stamp, { text_hash: textHash("same"), model: embedder.model });
});

test("a text of which the store has only another model's vector is paid for", async () => {
  const { run, store, embedder } = setUpBatch([errorLog(1, "same")]);
  await run();
  const meta = { model: "older", dimensions: 8, text_hash: textHash("same") };
  store.change({ index: "app_logs", id: "log-1" }, { log_vector_meta: meta });
  await store.makeVisible(["app_logs"], new AbortController().signal);
  const next = setUpBatch([], {});
  next.store.seed([
    {
      index: "app_logs",
      id: "log-1",
      source: store.read({ index: "app_logs", id: "log-1" }) ?? {},
    },
    errorLog(2, "same"),
  ]);
  assert.deepEqual(shown(await next.run()), { updated: 1 });
  assert.equal(embedder.calls.length + next.embedder.calls.length, 2);
});

test("where the store cannot say what it has, nothing is paid for and nobody is left waiting", async () => {
  const { run, store, embedder } = setUpBatch(errorLogs(2));
  const fault = new Fault("outage", "fake: connection refused");
  store.before("findVectors", () => {
    throw fault;
  });
  const result = await run();
  assert.deepEqual([shown(result), result.fault], [{ deferred: 2 }, fault]);
  assert.equal(embedder.calls.length, 0);
  store.before("findVectors", undefined);
  assert.deepEqual(shown(await run()), { updated: 2 });
});

test("a vector that could not be written is kept for the next try", async () => {
  const { run, store, embedder } = setUpBatch([errorLog(1, "same")]);
  store.refuse(() => new Fault("index", "blocked"));
  assert.deepEqual(shown(await run()), { deferred: 1 });
  store.refuse(undefined);
  assert.deepEqual(shown(await run()), { reused: 1 });
  assert.equal(embedder.calls.length, 1);
});

test("a text cut at the limit is stamped so, also when its vector comes from the cache", async () => {
  const long = "a".repeat(100);
  const { run, store } = setUpBatch([errorLog(1, long)], { limits: { maxTokensPerText: 10 } });
  await run();
  await store.makeVisible(["app_logs"], new AbortController().signal);
  store.seed([errorLog(2, long)]);
  assert.deepEqual(shown(await run()), { reused: 1 });
  for (const id of ["log-1", "log-2"]) {
    const meta = store.read({ ...ONE, id })?.["log_vector_meta"];
    assert.ok(typeof meta === "object" && meta !== null);
    assert.partialDeepStrictEqual(meta, { truncated: true, text_hash: textHash(long) });
  }
});

test("short texts never load the token counter", async () => {
  const { run, counted } = setUpBatch(errorLogs(100));
  await run();
  assert.equal(counted.loads, 0);
});

test("batches are cut by count", async () => {
  const { run, embedder } = setUpBatch(errorLogs(25), { limits: { maxTextsPerRequest: 10 } });
  assert.deepEqual(shown(await run()), { updated: 25 });
  assert.deepEqual(
    embedder.calls.map((call) => call.length),
    [10, 10, 5],
  );
});

test("batches are cut by tokens", async () => {
  const documents = Array.from({ length: 5 }, (_, n) => errorLog(n, `${n}`.repeat(40)));
  const { run, embedder } = setUpBatch(documents, { limits: { maxTokensPerRequest: 20 } });
  assert.deepEqual(shown(await run()), { updated: 5 });
  assert.deepEqual(
    embedder.calls.map((call) => call.length),
    [2, 2, 1],
  );
});

test("a blank message is marked and costs nothing", async () => {
  const { run, store, embedder } = setUpBatch([errorLog(1, " \n"), errorLog(2, "")]);
  assert.deepEqual(shown(await run()), { empty: 2 });
  assert.equal(embedder.calls.length, 0);
  assert.deepEqual(store.read(ONE)?.["log_vector_meta"], {
    skipped: "empty",
    field: "message",
    text_hash: textHash(" \n"),
  });
  assert.equal(store.read(ONE)?.["log_vector"], undefined);
});

test("a record that got its vector since the search is neither paid for nor written", async () => {
  const { run, take, store, embedder } = setUpBatch(errorLogs(3));
  const taken = await take();
  await run(taken);
  const result = await run(taken);
  assert.deepEqual(shown(result), { already_vectorized: 3 });
  assert.equal(embedder.calls.length, 1);
  assert.deepEqual(
    store.writes.map((updates) => updates.length),
    [3],
  );
});

/** Whoever can index: a document of any level, with a vector of his own. */
function forgedLog(stamp: Record<string, unknown>) {
  const { source, ...document } = errorLog(7, "anything at all");
  const forged = { model: "fake-model", dimensions: 8, truncated: false, embedded_at: "then" };
  const vector = [0, 1, 0, 0, 0, 0, 0, 0];
  return {
    ...document,
    source: {
      ...source,
      level: "INFO",
      log_vector: vector,
      log_vector_meta: { ...forged, ...stamp },
    },
  };
}

for (const [what, stamp] of [
  ["the digest of its text", { text_hash: digest("disk full") }],
  ["the hash of its text", { text_hash: textHash("disk full") }],
  [
    "the stamp of a vector of its text",
    signed(
      {
        model: "fake-model",
        dimensions: 8,
        text_hash: textHash("disk full"),
        embedded_at: "then",
        truncated: false,
      },
      vectorJson("disk full"),
    ),
  ],
] as const) {
  test(`an ERROR does not take the vector of a forged document that claims ${what}`, async () => {
    const { run, store, embedder } = setUpBatch([forgedLog(stamp), errorLog(1, "disk full")]);
    assert.deepEqual(shown(await run()), { updated: 1 });
    assert.deepEqual(store.read(ONE)?.["log_vector"], vectorJson("disk full"));
    assert.equal(embedder.calls.length, 1);
  });
}

test("an unseen vector of ours is written again without being paid for", async () => {
  const stamped = errorLog(1, "disk full");
  const { run, store, embedder } = setUpBatch([
    {
      ...stamped,
      unindexed: true,
      source: {
        ...stamped.source,
        log_vector: vectorJson("disk full"),
        log_vector_meta: signed(
          {
            model: "fake-model",
            dimensions: 8,
            text_hash: textHash("disk full"),
            embedded_at: "2025-01-01T00:00:00.000Z",
            truncated: false,
          },
          vectorJson("disk full"),
        ),
      },
    },
  ]);
  assert.deepEqual(shown(await run()), { reused: 1 });
  assert.equal(embedder.calls.length, 0);
  assert.equal(store.writes[0]?.length, 1);
  await store.makeVisible(["app_logs"], new AbortController().signal);
  assert.deepEqual(shown(await run()), {});
});

test("an unseen vector of another model is replaced by a new one", async () => {
  const stamped = errorLog(1, "disk full");
  const { run, store, embedder } = setUpBatch([
    {
      ...stamped,
      unindexed: true,
      source: {
        ...stamped.source,
        log_vector: vectorJson("something else"),
        log_vector_meta: {
          model: "another-model",
          dimensions: 8,
          text_hash: textHash("disk full"),
          embedded_at: "2025-01-01T00:00:00.000Z",
          truncated: false,
        },
      },
    },
  ]);
  assert.deepEqual(shown(await run()), { updated: 1 });
  assert.equal(embedder.calls.length, 1);
  assert.deepEqual(store.read(ONE)?.["log_vector"], vectorJson("disk full"));
});

test("a record that changed since the search gets the vector of its new text", async () => {
  const { run, take, store, embedder } = setUpBatch([errorLog(1, "old text")]);
  const taken = await take();
  store.change(ONE, { message: "new text" });
  assert.deepEqual(shown(await run(taken)), { updated: 1 });
  assert.deepEqual(
    embedder.calls[0]?.map(({ text }) => text),
    ["new text"],
  );
  assert.deepEqual(store.read(ONE)?.["log_vector"], vectorJson("new text"));
});

test("a record that changes while it is embedded keeps no vector of its old text", async () => {
  const { run, store, embedder } = setUpBatch([errorLog(1, "old text"), errorLog(2, "other")]);
  embedder.plan(({ answer }) => {
    store.change(ONE, { message: "new text" });
    return answer();
  });
  assert.deepEqual(shown(await run()), { updated: 1, conflicted: 1 });
  assert.equal(store.read(ONE)?.["log_vector"], undefined);
});

test("records that vanish before or after the look are missing, and stay so", async () => {
  const { run, take, store, embedder } = setUpBatch(errorLogs(3));
  const taken = await take();
  store.remove({ index: "app_logs", id: "log-0" });
  embedder.plan(({ answer }) => {
    store.remove(ONE);
    return answer();
  });
  assert.deepEqual(shown(await run(taken)), { updated: 1, missing: 2 });
  assert.equal(embedder.calls[0]?.length, 2);
  assert.equal(store.read(ONE), undefined);
});

test("a poison text is quarantined with its duplicates, and nothing else is", async () => {
  const { run, embedder, told } = setUpBatch([
    ...errorLogs(6),
    errorLog(10, "poison"),
    errorLog(11, "poison"),
  ]);
  const poison = new Fault("record", "fake: cannot read this");
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text === "poison")) throw poison;
    return answer();
  });
  const result = await run();
  assert.deepEqual(shown(result), { updated: 6, quarantined: 2 });
  assert.equal(result.fault, undefined);
  assert.deepEqual(
    told.recordFailed.map(({ id, outcome, fault }) => [id, outcome, fault]),
    [
      ["log-11", "quarantined", poison],
      ["log-10", "quarantined", poison],
    ],
  );
});

test("wrong credentials cost one request and defer all", async () => {
  const { run, embedder, told, store } = setUpBatch(errorLogs(20), {
    limits: { maxTextsPerRequest: 5 },
  });
  const fault = new Fault("credentials", "fake: 401");
  embedder.always(failWith(fault));
  const result = await run();
  assert.deepEqual(shown(result), { deferred: 20 });
  assert.equal(embedder.calls.length, 1);
  assert.equal(result.fault, fault);
  assert.deepEqual(told.embedderFailed, [{ fault, deferred: 20 }]);
  assert.deepEqual(store.writes.flat(), []);
});

test("a rate limit that stays defers the rest and keeps what was embedded", async () => {
  const { run, embedder, clock } = setUpBatch(errorLogs(4), { limits: { maxTextsPerRequest: 2 } });
  embedder.plan(({ answer }) => answer());
  embedder.always(failWith(new Fault("rate", "slow", { retryAfterMs: 1000 })));
  const running = run();
  await clock.advance(600_000);
  const result = await running;
  assert.deepEqual(shown(result), { updated: 2, deferred: 2 });
  const retries = FAULT_POLICIES.rate.retries?.max ?? 0;
  assert.equal(embedder.calls.length, 2 + retries);
  assert.equal(clock.slept.length, retries);
  assert.ok(
    clock.slept.every((ms) => ms >= 1000),
    String(clock.slept),
  );
});

test("a text that the embedder leaves out is deferred alone", async () => {
  const { run, embedder } = setUpBatch(errorLogs(3));
  embedder.always(({ answer }) => ({
    ...answer(),
    vectors: answer().vectors.map((vector, i) => (i === 1 ? null : vector)),
  }));
  const result = await run();
  assert.deepEqual(shown(result), { updated: 2, deferred: 1 });
  assert.equal(result.outcomeOf.get("app_logs#uuid-1/log-1"), "deferred");
  assert.equal(result.fault, undefined);
});

for (const [what, bad] of [
  ["NaN", Float32Array.of(Number.NaN, 1, 1, 1, 1, 1, 1, 1)],
  ["nothing but zeros", new Float32Array(8)],
  ["too few values", new Float32Array(3).fill(1)],
] as const) {
  test(`a vector of ${what} is never written nor remembered`, async () => {
    const { run, embedder, store } = setUpBatch([errorLog(1, "text")]);
    embedder.plan(({ answer }) => ({ ...answer(), vectors: [bad] }));
    assert.deepEqual(shown(await run()), { deferred: 1 });
    assert.deepEqual(store.writes.flat(), []);
    assert.deepEqual(shown(await run()), { updated: 1 });
    assert.deepEqual(store.read(ONE)?.["log_vector"], vectorJson("text"));
  });
}

test("a refused write is the record's own fault or not, by its kind", async () => {
  const { run, store, told, clock } = setUpBatch(errorLogs(4));
  const faults = new Map([
    ["log-0", new Fault("record", "fake: mapper_parsing_exception")],
    ["log-1", new Fault("index", "fake: write block")],
    ["log-2", new Fault("rate", "fake: too busy")],
  ]);
  store.refuse(({ record }) => faults.get(record.id));
  const running = run();
  await clock.advance(600_000);
  const result = await running;
  assert.deepEqual(shown(result), { updated: 1, quarantined: 1, deferred: 2 });
  assert.equal(result.outcomeOf.get("app_logs#uuid-1/log-0"), "quarantined");
  assert.equal(told.recordFailed.length, 3);
  assert.partialDeepStrictEqual(told.recordsWritten, [{ written: 1, reused: 0, failed: 3 }]);
});

test("a write that fails as a whole, and again, leaves every record its outcome", async () => {
  const { run, store, embedder, clock } = setUpBatch(errorLogs(3));
  const fault = new Fault("outage", "fake: connection refused");
  store.before("write", () => {
    throw fault;
  });
  const running = run();
  await clock.advance(600_000);
  const result = await running;
  assert.deepEqual(shown(result), { deferred: 3 });
  assert.equal(result.fault, fault);
  assert.equal(store.calls.write, 1 + (FAULT_POLICIES.outage.retries?.max ?? 0));
  assert.equal(result.use.requests, 1);
  store.before("write", undefined);
  assert.deepEqual(shown(await run()), { reused: 3 });
  assert.equal(embedder.calls.length, 1);
});

test("a write that nobody answered shows nothing of an index that took no updates", async () => {
  const { run, store, clock, paused, told } = setUpBatch(errorLogs(3));
  paused.ended("app_logs", new Fault("index", "fake: write block"));
  store.before("write", () => {
    throw new Fault("outage", "fake: connection refused");
  });
  const running = run();
  await clock.advance(600_000);
  await running;
  assert.deepEqual(told.indexResumed, []);
  store.before("write", undefined);
  await run();
  assert.deepEqual(told.indexResumed, [{ index: "app_logs" }]);
});

test("where the store cannot be looked at, nothing is paid for", async () => {
  const { run, store, embedder } = setUpBatch(errorLogs(3));
  store.before("readCurrent", () => {
    throw new Fault("outage", "fake: connection refused");
  });
  await assert.rejects(run(), { name: "Fault", kind: "outage" });
  assert.equal(embedder.calls.length, 0);
  assert.equal(store.calls.write, 0);
});

test("a stop before the embedding pays for nothing and defers", async () => {
  const { run, store, embedder, stop } = setUpBatch([...errorLogs(3), errorLog(9, " ")]);
  store.before("readCurrent", () => stop.request());
  const result = await run();
  assert.equal(embedder.calls.length, 0);
  assert.deepEqual(shown(result), { deferred: 3, empty: 1 });
  assert.equal(result.fault, undefined);
});

test("a stop during the embedding still writes what arrives in time", async () => {
  const { run, store, embedder, stop } = setUpBatch(errorLogs(4), {
    limits: { maxTextsPerRequest: 2 },
  });
  embedder.plan(async ({ answer }) => {
    stop.request();
    await settled();
    return answer();
  });
  assert.deepEqual(shown(await run()), { updated: 2, deferred: 2 });
  assert.ok(store.read({ index: "app_logs", id: "log-3" })?.["log_vector"]);
});

test("a stop gives up an embedder that does not answer, and writes what was there before", async () => {
  const { run, embedder, stop } = setUpBatch(errorLogs(4), { limits: { maxTextsPerRequest: 2 } });
  embedder.plan(({ answer }) => answer(), hang);
  const running = run();
  await settled();
  stop.request();
  await settled();
  stop.embedding();
  assert.deepEqual(shown(await running), { updated: 2, deferred: 2 });
});

test("the trace id goes to the embedder with the text that caused it", async () => {
  const traced = errorLog(1, "text");
  const { run, embedder } = setUpBatch([
    { ...traced, source: { ...traced.source, "trace.id": "abc" } },
  ]);
  await run();
  assert.deepEqual(embedder.calls[0], [{ text: "text", logId: "log-1", traceId: "abc" }]);
});

test("no records make no requests", async () => {
  const { run, embedder } = setUpBatch([]);
  assert.deepEqual(shown(await run([])), {});
  assert.equal(embedder.calls.length, 0);
});

test("each step is told with its numbers and its time", async () => {
  const { run, store, embedder, clock, told } = setUpBatch([
    errorLog(1, "same"),
    errorLog(2, "same"),
    errorLog(3, "other"),
    errorLog(4, ""),
  ]);
  embedder.plan(({ answer }) => {
    clock.jump(1200);
    return answer();
  });
  store.before("write", () => clock.jump(300));
  await run();
  assert.deepEqual(told.textsEmbedded, [{ records: 3, texts: 2, requests: 1, durationMs: 1200 }]);
  assert.deepEqual(told.recordsWritten, [{ written: 3, reused: 1, failed: 0, durationMs: 300 }]);
});

test("a text that was cut where it was read is stamped so, though the embedder took all that it was sent", async () => {
  const setup = setUpBatch([errorLog(1, "a text of some length")], { maxTextBytes: 6 });
  await setup.run();
  const written = setup.store.read({ index: "app_logs", id: "log-1" });
  assert.partialDeepStrictEqual(written?.["log_vector_meta"], { truncated: true });
  assert.deepEqual(
    setup.embedder.calls.flat().map(({ text }) => text),
    ["a text"],
  );
});
