import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createRunner } from "../../../src/backfill/runner.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { createEvents } from "../../../src/telemetry/events.ts";
import { traceEmbedder } from "../../../src/telemetry/tracer.ts";
import { captureLog } from "../telemetry/captured-log.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { errorLogs } from "../../support/log-documents.ts";
import { named, openTraced, treeOf } from "../../support/servers/traced.ts";
import { setUpBackfill, type BackfillSetup } from "./backfill-setup.ts";

async function setUp(
  t: TestContext,
  count: number,
  { drain = false, ...options }: BackfillSetup & { drain?: boolean } = {},
) {
  const traced = await openTraced(t);
  const { tracer } = traced;
  const setup = setUpBackfill(errorLogs(count), { batchSize: 10, ...options });
  const log = captureLog({ format: "json" });
  const deps = {
    ...setup.deps,
    tracer,
    embedder: traceEmbedder(setup.embedder, tracer),
    events: createEvents(log.logger, setup.clock),
  };
  const run = createRunner(deps, { drain, nextRun: () => undefined });
  return { ...setup, ...traced, log, run: () => run(setup.stop.signals) };
}

test("a cycle is a tree of its stages and their requests", async (t) => {
  const { run, sent } = await setUp(t, 12);
  await run();
  const spans = await sent();
  assert.deepEqual(treeOf(spans), [
    "cycle",
    "  select",
    "  embed",
    "    embeddings fake-model",
    "  write",
  ]);
  const tokens = named(spans, "cycle").attributes["log_vectorizer.tokens"];
  assert.ok(Number(tokens) > 0);
  assert.deepEqual(named(spans, "cycle").attributes, {
    "log_vectorizer.cycle": 1,
    "log_vectorizer.taken": 10,
    "log_vectorizer.backlog": 2,
    "log_vectorizer.outcome.updated": 10,
    "log_vectorizer.tokens": tokens,
    "log_vectorizer.cost_usd": Number(tokens) / 1e6,
  });
  assert.deepEqual(named(spans, "select").attributes, {
    "log_vectorizer.found": 12,
    "log_vectorizer.indices.fit": 1,
    "log_vectorizer.indices.unfit": 0,
    "log_vectorizer.records": 10,
  });
  const request = named(spans, "embeddings fake-model");
  assert.deepEqual(request.attributes, {
    "gen_ai.operation.name": "embeddings",
    "gen_ai.provider.name": "fake",
    "gen_ai.request.model": "fake-model",
    "gen_ai.embeddings.dimension.count": 8,
    "gen_ai.usage.input_tokens": tokens,
    "log_vectorizer.texts": 10,
  });
});

test("each line of a cycle names the cycle, its trace and the span that it is of", async (t) => {
  const { run, sent, log } = await setUp(t, 12);
  await run();
  await run();
  const lines = log.objects();
  const spans = await sent();
  const cycles = spans.filter(({ name }) => name === "cycle");
  const told = lines.map((line) => [line["event.action"], line["labels.cycle"]]);
  assert.equal(new Set(told.map(([, id]) => id)).size, 2);
  for (const [action, id] of told) assert.match(String(id), /^[0-9a-f]{8}-[12]$/, String(action));
  for (const line of lines) {
    const cycle = cycles.find(({ traceId }) => traceId === line["trace.id"]);
    assert.equal(line["transaction.id"], cycle?.spanId);
    assert.ok(spans.some(({ spanId }) => spanId === line["span.id"]));
  }
  const found = lines.find((line) => line["event.action"] === "records-found");
  assert.equal(found?.["span.id"], named(spans, "select").spanId);
});

test("without anybody who traces the lines of a cycle name it all the same", async () => {
  const { createTracer } = await import("../../../src/telemetry/tracer.ts");
  const setup = setUpBackfill(errorLogs(1));
  const log = captureLog({ format: "json" });
  const deps = {
    ...setup.deps,
    tracer: createTracer(),
    events: createEvents(log.logger, setup.clock),
  };
  await createRunner(deps, { drain: false, nextRun: () => undefined })(setup.stop.signals);
  assert.ok(log.objects().length > 3);
  for (const line of log.objects()) {
    assert.match(String(line["labels.cycle"]), /^[0-9a-f]{8}-1$/);
    assert.equal(line["trace.id"], undefined);
  }
});

test("a fault shows where it was and of what kind it is, without a word of what was said", async (t) => {
  const { run, sent, embedder } = await setUp(t, 3);
  embedder.plan(failWith(new Fault("credentials", "fake: 401 for sk-secret and message 1")));
  await run();
  const spans = await sent();
  const failed = spans.filter(({ status }) => status.failed);
  const names = failed.map(({ name }) => name).toSorted();
  assert.deepEqual(names, ["cycle", "embed", "embeddings fake-model"]);
  for (const { attributes } of failed) assert.equal(attributes["error.type"], "credentials");
  const told = JSON.stringify(spans);
  assert.doesNotMatch(told, /sk-secret|fake:|message 1/);
});

test("a store that cannot be asked fails the cycle in its first stage", async (t) => {
  const { run, sent, store } = await setUp(t, 3);
  store.before("survey", () => {
    throw new Fault("outage", "fake: connection refused");
  });
  await run();
  const spans = await sent();
  assert.deepEqual(treeOf(spans), ["cycle", "  select"]);
  for (const { attributes } of spans) assert.equal(attributes["error.type"], "outage");
});

test("the pages of a drain are traces of their own that name the drain", async (t) => {
  const { run, sent } = await setUp(t, 25, { drain: true });
  await run();
  const spans = await sent();
  const drain = named(spans, "drain");
  const pages = spans.filter(({ name }) => name === "page");
  assert.equal(pages.length, 3);
  for (const page of pages) {
    assert.notEqual(page.traceId, drain.traceId);
    assert.deepEqual(page.links, [{ traceId: drain.traceId, spanId: drain.spanId }]);
  }
  const [first] = pages;
  const ofPage = spans.filter(({ traceId }) => traceId === first?.traceId);
  assert.deepEqual(treeOf(ofPage), ["page", "  embed", "    embeddings fake-model", "  write"]);
  assert.equal(drain.attributes["log_vectorizer.taken"], 25);
});
