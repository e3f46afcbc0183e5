import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { eventually } from "../../support/asserts/eventually.ts";
import { httpDaemon } from "../../support/servers/http-daemon.ts";
import { errorLogs, newestOpenSearch } from "../../support/servers/open-search-fixture.ts";
import { startOtlpReceiver } from "../../support/servers/otlp-receiver.ts";
import { startVectorizer, runVectorizer } from "../../support/commands/run-command.ts";
import { freshLogs, openTailStory } from "../../support/commands/tail-story.ts";
import { named, treeOf } from "../../support/servers/traced.ts";

const CALLER = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT = `00-${CALLER}-b7ad6b7169203331-01`;

async function setUp(t: TestContext) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, errorLogs(15));
  return httpDaemon(t, fixture);
}

test("a cycle that a caller starts goes on with his trace, to the embedder and into every line", async (t) => {
  const { env, url, stub } = await setUp(t);
  const receiver = await startOtlpReceiver(t);
  const daemon = await startVectorizer(t, [], {
    env: {
      ...env,
      LOG_FORMAT: "json",
      SERVICE_ENVIRONMENT: "test",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: "x-key=k3y-for-the-collector",
    },
  });
  await daemon.says(/"event.action":"cycle-ended"/);
  const { length: before } = stub.requests;
  const headers = { traceparent: TRACEPARENT };
  const start = () => fetch(`${url}/api/v1/cycle`, { method: "POST", headers });
  // The first one has a word to say before it has ended.
  await eventually(async () => (await start()).status === 202, t);
  await daemon.says(/Cycle #2 summary/);
  const ofCaller = () => receiver.spans.filter(({ traceId }) => traceId === CALLER);
  await eventually(() => ofCaller().some(({ name }) => name === "cycle"), t);
  daemon.kill("SIGTERM");
  assert.equal((await daemon.ended).code, 0);

  const spans = ofCaller();
  const cycle = named(spans, "cycle");
  const tree = treeOf(spans, "b7ad6b7169203331");
  assert.equal(tree[0], "POST /api/v1/cycle");
  for (const line of [
    "  cycle",
    "    select",
    "      msearch",
    "    embed",
    "      embeddings text-embedding-3-large",
    "    write",
    "      bulk",
  ]) {
    assert.ok(tree.includes(line), `no ${line} in\n${tree.join("\n")}`);
  }
  assert.equal(cycle.attributes["log_vectorizer.outcome.updated"], 5);
  assert.partialDeepStrictEqual(cycle.resource, {
    "service.name": "log-vectorizer",
    "deployment.environment.name": "test",
    "process.pid": daemon.pid,
  });
  const asked = stub.requests.slice(before).map((request) => request.headers["traceparent"]);
  const embedding = named(spans, "embeddings text-embedding-3-large");
  assert.deepEqual(asked, [`00-${CALLER}-${embedding.spanId}-01`]);

  const lines = daemon
    .printed()
    .split("\n")
    .filter((line) => line.includes(`"trace.id":"${CALLER}"`));
  for (const action of ["cycle-started", "records-found", "records-written", "cycle-ended"]) {
    const line = lines.find((one) => one.includes(`"event.action":"${action}"`)) ?? "";
    assert.match(line, /"labels.cycle":"[0-9a-f]{8}-2"/, action);
    assert.match(line, /"service.environment":"test"/);
  }
  const told = JSON.stringify(receiver.spans);
  for (const text of stub.requests.flatMap(({ texts }) => texts)) assert.ok(!told.includes(text));
  assert.equal(receiver.requests[0]?.headers["x-key"], "k3y-for-the-collector");
});

test("fresh logs name in their headers the trace that their batch has a link to", async (t) => {
  const story = await openTailStory(t);
  const receiver = await startOtlpReceiver(t);
  const logs = freshLogs("traced", 2);
  await story.store(logs);
  const tail = await story.tail({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
  await story.sendRaw(
    logs.map((log) => ({ value: JSON.stringify(log), headers: { traceparent: TRACEPARENT } })),
  );
  await story.untilVectors(2);
  const links = () =>
    receiver.spans
      .filter(({ name }) => name === `process ${story.topic}`)
      .flatMap((batch) => batch.links);
  await eventually(() => links().length > 0, t);
  tail.kill("SIGTERM");
  assert.equal((await tail.ended).code, 0);
  for (const link of links())
    assert.deepEqual(link, { traceId: CALLER, spanId: "b7ad6b7169203331" });
});

// The API alone, which does nothing without the rest, is what the metrics' library loads too.
const HOOK =
  "import{registerHooks}from'node:module';registerHooks({resolve(name,context,next){" +
  "if(/@opentelemetry.(?!api$)|otlp/.test(name))throw new Error('it is loaded: '+name);return next(name,context)}})";

test("nothing of OpenTelemetry is loaded without a collector, nor by a command that ends by itself", async (t) => {
  const { env } = await setUp(t);
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(HOOK)}`;
  const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" };
  const once = await runVectorizer(t, ["--once"], { env: { ...env, ...collector, NODE_OPTIONS } });
  assert.equal(once.code, 0, once.stderr);
  const daemon = await startVectorizer(t, [], { env: { ...env, NODE_OPTIONS } });
  await daemon.says(/Cycle #1 summary/);
  daemon.kill("SIGTERM");
  assert.equal((await daemon.ended).code, 0);
  const traced = await runVectorizer(t, [], { env: { ...env, ...collector, NODE_OPTIONS } });
  assert.match(traced.stderr, /it is loaded/, "the check finds nothing");
});

test("a collector that is not there is told of once, and holds up neither the work nor the end", async (t) => {
  const { env } = await setUp(t);
  const receiver = await startOtlpReceiver(t);
  receiver.answer(404);
  const daemon = await startVectorizer(t, [], {
    env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
  });
  await daemon.says(/Cycle #1 summary/);
  await daemon.says(
    /WARN +Traces cannot be sent to http:\/\/127\.0\.0\.1:\d+\/v1\/traces \(it answered 404\)/,
  );
  receiver.hang();
  daemon.kill("SIGTERM");
  const { code, stdout } = await daemon.ended;
  assert.equal(code, 0);
  assert.equal(stdout.match(/Traces cannot/g)?.length, 1);
  assert.match(stdout, /Stopped/);
});
