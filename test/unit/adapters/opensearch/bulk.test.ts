import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../../src/domain/version.ts";
import type { BulkLimiter } from "../../../../src/adapters/opensearch/bulk-limiter.ts";
import type { Api } from "../../../../src/adapters/opensearch/api.ts";
import { createBulkWriter } from "../../../../src/adapters/opensearch/bulk-writer.ts";
import { probeWritable } from "../../../../src/adapters/opensearch/update-probe.ts";
import { createFailureAttribution } from "../../../../src/adapters/opensearch/failure-attribution.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import type { LogRecord } from "../../../../src/domain/log-record.ts";
import type { Update } from "../../../../src/ports/record-store.ts";
import { createFakeApi, linesOf, type Sent } from "./fake-api.ts";
import { FIELDS } from "./index-facts.ts";

const STAMP = {
  model: "m",
  dimensions: 2,
  text_hash: "h",
  embedded_at: "2026-01-02T03:04:05.000Z",
  truncated: false,
};
const OPEN = { acquire: () => Promise.resolve(() => undefined) };
const VECTOR = Float32Array.of(0.5, -0.25);

function update(id: string, rest: Partial<LogRecord> = {}): Update {
  const record = { index: "app_logs", id, version: asVersion("5:2"), text: "x", ...rest };
  return { record, vector: VECTOR, stamp: STAMP };
}

function writer(api: Api, limiter: BulkLimiter, maxBytes?: number) {
  const attribution = createFailureAttribution(api, () => [], { timeoutMs: 30_000 });
  const size = maxBytes === undefined ? {} : { maxBytes };
  return createBulkWriter({ api, fields: FIELDS, limiter, attribution, waitMs: 20_000, ...size });
}

type BulkItem = { status: number; error?: { type: string; reason?: string } };

/** A cluster whose indices are all there but the named ones; each bulk request is answered by `items`. */
function cluster(items: (request: Sent) => BulkItem[], gone: readonly string[] = []) {
  return createFakeApi((request) => {
    if (request.path === "/_bulk")
      return { items: items(request).map((item) => ({ update: item })) };
    const { docs } = request.body ?? {};
    assert.ok(request.path === "/_mget" && Array.isArray(docs));
    return {
      docs: docs.map(({ _index: index }: { _index: string }) =>
        gone.includes(index) ? { error: { type: "index_not_found_exception" } } : { found: false },
      ),
    };
  });
}

/** One good answer for each update of the request. */
function allGood(request: Sent): BulkItem[] {
  return linesOf(request)
    .filter((_, i) => i % 2 === 0)
    .map(() => ({ status: 200 }));
}

function bulks({ sent }: { sent: Sent[] }): Sent[] {
  return sent.filter(({ path }) => path === "/_bulk");
}

test("role writes in a urgent is in a urgent at the gate", async (t) => {
  const asked: (AbortSignal | undefined)[] = [];
  const limiter: BulkLimiter = {
    acquire: (signal, hurry) => {
      asked.push(signal, hurry);
      return OPEN.acquire();
    },
  };
  const hurry = AbortSignal.abort();
  await writer(cluster(allGood).api, limiter)([update("1")], t.signal, hurry);
  assert.deepEqual(asked, [t.signal, hurry]);
});

test("an update is guarded by its version, goes by its routing, and never creates", async (t) => {
  const fake = cluster(allGood);
  const write = writer(fake.api, OPEN);
  const results = await write([update("1", { shardKey: "tenant-7" })], t.signal);
  assert.deepEqual(results, [{ status: "written" }]);
  const [request] = bulks(fake);
  assert.ok(request);
  assert.deepEqual(request.query, {
    filter_path: "took,items.*.status,items.*.error",
    timeout: "20000ms",
  });
  assert.deepEqual(linesOf(request), [
    {
      update: {
        _index: "app_logs",
        _id: "1",
        routing: "tenant-7",
        if_seq_no: 5,
        if_primary_term: 2,
      },
    },
    { doc: { log_vector_meta: STAMP, log_vector: [0.5, -0.25] }, detect_noop: false },
  ]);
});

test("a mark takes the place of what an earlier stamp said", async (t) => {
  const fake = cluster(allGood);
  const record = { ...update("1").record, stamp: { model: "old", attempts: 3, skipped: "x" } };
  await writer(fake.api, OPEN)([{ record, mark: { skipped: "empty" } }], t.signal);
  assert.deepEqual(linesOf(bulks(fake)[0] ?? { method: "GET", path: "" })[1], {
    doc: { log_vector_meta: { model: null, attempts: null, skipped: "empty" } },
    detect_noop: false,
  });
});

test("an update of a record whose text changed removes its vector", async (t) => {
  const fake = cluster(allGood);
  const record = { ...update("1").record, stamp: { model: "m" }, textChanged: true } as const;
  const write = writer(fake.api, OPEN);
  await write([{ record, mark: { skipped: "empty" } }], t.signal);
  await write([{ record, unmark: true }], t.signal);
  const docs = bulks(fake).map((request) => linesOf(request)[1]);
  assert.deepEqual(docs, [
    {
      doc: { log_vector_meta: { model: null, skipped: "empty" }, log_vector: null },
      detect_noop: false,
    },
    { doc: { log_vector_meta: null, log_vector: null }, detect_noop: false },
  ]);
});

test("every item is read, in the order of the updates", async (t) => {
  const answers: BulkItem[] = [
    { status: 200 },
    { status: 409, error: { type: "version_conflict_engine_exception", reason: "stale" } },
    { status: 404, error: { type: "document_missing_exception", reason: "gone" } },
    { status: 429, error: { type: "cluster_block_exception", reason: "disk usage exceeded" } },
    { status: 400, error: { type: "mapper_parsing_exception", reason: "failed to parse" } },
    { status: 200 },
  ];
  const fake = cluster(() => answers);
  const results = await writer(fake.api, OPEN)(
    answers.map((_, i) => update(`${i}`)),
    t.signal,
  );
  assert.deepEqual(
    results.map((result) => (result.status === "failed" ? result.fault.kind : result.status)),
    ["written", "conflicted", "missing", "index", "record", "written"],
  );
});

test("updates are split by bytes, and none is left out or sent twice", async (t) => {
  const fake = cluster(allGood);
  const updates = Array.from({ length: 10 }, (_, i) => update(`${i}`));
  const one = 300;
  const results = await writer(fake.api, OPEN, 3 * one)(updates, t.signal);
  assert.equal(results.length, 10);
  assert.ok(results.every(({ status }) => status === "written"));
  const requests = bulks(fake);
  assert.ok(requests.length > 2);
  for (const { lines = "" } of requests) assert.ok(lines.length <= 3 * one);
  const ids = requests
    .flatMap(linesOf)
    .flatMap((line) => /"_id":"(\d)"/.exec(JSON.stringify(line))?.[1] ?? []);
  assert.deepEqual(
    ids,
    updates.map(({ record }) => record.id),
  );
});

test("a request that fails as a whole fails its updates and those after it; no more is sent", async (t) => {
  const outage = new Fault("outage", "connection refused");
  let requests = 0;
  const fake = cluster((request) => {
    requests++;
    if (requests === 2) throw outage;
    return allGood(request);
  });
  const updates = Array.from({ length: 6 }, (_, i) => update(`${i}`));
  const results = await writer(fake.api, OPEN, 600)(updates, t.signal);
  const written = results.filter(({ status }) => status === "written").length;
  assert.ok(written > 0 && written < 6);
  assert.deepEqual(
    results.slice(written),
    updates.slice(written).map(() => ({ status: "failed", fault: outage })),
  );
  assert.equal(requests, 2);
});

test("an index that is gone is not brought back: nothing is sent to it", async (t) => {
  const fake = cluster(allGood, ["old_logs"]);
  const updates = [update("1"), update("2", { index: "old_logs" }), update("3")];
  const results = await writer(fake.api, OPEN)(updates, t.signal);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["written", "missing", "written"],
  );
  assert.ok(bulks(fake).every(({ lines = "" }) => !lines.includes("old_logs")));
});

test("where every index is gone, no request is sent at all", async (t) => {
  const fake = cluster(allGood, ["app_logs"]);
  const results = await writer(fake.api, OPEN)([update("1")], t.signal);
  assert.deepEqual(results, [{ status: "missing" }]);
  assert.equal(bulks(fake).length, 0);
});

test("an answer with too few items leaves the rest failed, by no fault of theirs", async (t) => {
  const fake = cluster(() => [{ status: 200 }]);
  const results = await writer(fake.api, OPEN)([update("1"), update("2")], t.signal);
  const [, second] = results;
  assert.ok(second?.status === "failed");
  assert.equal(second.fault.kind, "outage");
});

test("no updates send nothing", async (t) => {
  const fake = cluster(allGood);
  assert.deepEqual(await writer(fake.api, OPEN)([], t.signal), []);
  assert.deepEqual(fake.sent, []);
});

test("writes at the same time do not mix their bodies", async (t) => {
  const fake = cluster(allGood);
  const write = writer(fake.api, OPEN);
  await Promise.all([write([update("1")], t.signal), write([update("2")], t.signal)]);
  assert.deepEqual(
    bulks(fake).map((request) => linesOf(request).length),
    [2, 2],
  );
});

test("a probe asks for documents that cannot be there, and says why it was refused", async (t) => {
  const fake = cluster(
    () => [
      { status: 404, error: { type: "document_missing_exception", reason: "missing" } },
      { status: 403, error: { type: "security_exception", reason: "no permissions" } },
      { status: 429, error: { type: "rejected_execution_exception", reason: "queue full" } },
    ],
    ["gone"],
  );
  const attribution = createFailureAttribution(fake.api, () => [], { timeoutMs: 30_000 });
  const deps = { api: fake.api, attribution, waitMs: 20_000 };
  const probes = await probeWritable(deps, ["open", "gone", "locked", "busy"], t.signal);
  assert.deepEqual(
    probes.map(({ index, allowed, fault }) => [index, allowed, fault?.kind]),
    [
      ["open", true, undefined],
      ["gone", false, undefined],
      ["locked", false, undefined],
      ["busy", false, "rate"],
    ],
  );
  assert.match(probes[2]?.reason ?? "", /security_exception: no permissions/);
  const [request] = bulks(fake);
  assert.ok(request);
  const lines = linesOf(request).map((line) => JSON.stringify(line));
  assert.equal(lines.length, 6);
  assert.match(lines[0] ?? "", /"_id":"log-vectorizer-probe-/);
  assert.equal(lines[1], '{"doc":{}}');
});
