import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  type AiServiceOptions,
  createAiServiceEmbedder,
} from "../../../../src/adapters/ai-service/ai-service-embedder.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { testEmbedderContract } from "../../../contract/embedder-contract.ts";
import {
  type StubOptions,
  startStubEmbeddingServer,
} from "../../../support/servers/stub-embedding-server.ts";
import type { StubFault } from "../../../support/servers/stub-fault.ts";
import { stubVector } from "../../../support/fakes/stub-vector.ts";

const TEXTS = ["disk full", "out of memory", "connection refused"];
const INPUTS = TEXTS.map((text, i) => ({ text, logId: `id-${i}` }));
const VECTORS = TEXTS.map((text) => stubVector(text, 8));

async function setUp(
  t: TestContext,
  options: Partial<AiServiceOptions> = {},
  stubOptions: StubOptions = {},
) {
  const stub = await startStubEmbeddingServer({ dimensions: 8, ...stubOptions });
  t.after(() => stub.close());
  const embedder = createAiServiceEmbedder({
    url: stub.url,
    model: "ai-service",
    dimensions: 8,
    maxTokensPerText: 8192,
    timeoutMs: 10_000,
    ...options,
  });
  const embed = (signal: AbortSignal = new AbortController().signal) =>
    embedder.embed(INPUTS, signal);
  return { stub, embedder, embed };
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error: unknown = await promise.then(
    () => assert.fail("no fault"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Fault);
  return error;
}

testEmbedderContract("ai-service", async (t) => (await setUp(t)).embedder);

test("sends each log with its id, its message and its trace", async (t) => {
  const { stub, embedder } = await setUp(t);
  const inputs = [
    { text: "one", logId: "a", traceId: "trace-1" },
    { text: "two", logId: "a" },
    { text: "three", logId: "b" },
  ];
  await embedder.embed(inputs, t.signal);
  assert.equal(stub.requests[0]?.path, "/api/v1/embedding/batch");
  assert.equal(stub.requests[0].headers["content-type"], "application/json");
  const { logs } = Object(stub.requests[0].body);
  const shared: unknown = logs[1].trace_id;
  assert.match(String(shared), /^[0-9a-f-]{36}$/);
  assert.deepEqual(logs, [
    { log_id: "a", message: "one", trace_id: "trace-1" },
    { log_id: "a#2", message: "two", trace_id: shared },
    { log_id: "b", message: "three", trace_id: shared },
  ]);
});

test("an address with a slash at its end, a path, a user and a password works", async (t) => {
  const { stub } = await setUp(t);
  const embedder = createAiServiceEmbedder({
    url: `${stub.url.replace("//", "//me:secret@")}/`,
    model: "ai-service",
    dimensions: 8,
    maxTokensPerText: 8192,
    timeoutMs: 10_000,
  });
  assert.deepEqual((await embedder.embed(INPUTS, t.signal)).vectors, VECTORS);
  assert.equal(stub.requests[0]?.headers.authorization, `Basic ${btoa("me:secret")}`);
});

const PLACED: [StubFault, (Float32Array | null)[]][] = [
  [{ kind: "shuffled" }, VECTORS],
  [{ kind: "short", count: 1 }, [...VECTORS.slice(0, 2), null]],
  [{ kind: "long", count: 2 }, VECTORS],
  [{ kind: "one_index" }, [null, null, null]],
];

for (const [fault, vectors] of PLACED) {
  test(`an answer that is ${fault.kind} gives no text another's vector`, async (t) => {
    const { stub, embed } = await setUp(t);
    stub.setFault(fault);
    assert.deepEqual((await embed()).vectors, vectors);
  });
}

const FAULTS: [StubFault, Fault["kind"], RegExp][] = [
  [{ kind: "unauthorized" }, "credentials", /: 401 Incorrect API key provided: sk-\*\*\*\.$/],
  [{ kind: "status", status: 403 }, "credentials", /: 403 Forbidden$/],
  [
    { kind: "status", status: 404, body: '{"detail":"Not Found"}' },
    "configuration",
    /: 404 Not Found$/,
  ],
  [{ kind: "rate_limit", retryAfter: { seconds: 2 } }, "rate", /: 429 Rate limit reached/],
  [{ kind: "insufficient_quota" }, "quota", /: 429 You exceeded/],
  [{ kind: "refused" }, "record", /: 400 This model cannot take this input$/],
  [{ kind: "too_large" }, "record", /: 413 The request is too large$/],
  [{ kind: "status", status: 500, body: "<h1>Oops</h1>" }, "outage", /: 500 Oops$/],
  [{ kind: "status", status: 503 }, "outage", /: 503 Service Unavailable$/],
  [{ kind: "wrong_dimension", dimensions: 3 }, "configuration", /answers with 3 dimensions/],
  [{ kind: "html" }, "outage", /: the answer is not JSON$/],
  [{ kind: "closes" }, "outage", /^ai-service at http:\/\/127\.0\.0\.1:\d+: \S+/],
];

for (const [fault, kind, message] of FAULTS) {
  test(`${JSON.stringify(fault)} is ${kind}, and the next request goes on`, async (t) => {
    const { stub, embed } = await setUp(t);
    stub.setFault(fault, { next: 1 });
    const thrown = await faultOf(embed());
    assert.equal(thrown.kind, kind);
    assert.match(thrown.message, message);
    assert.equal(thrown.retryAfterMs, fault.kind === "rate_limit" ? 2000 : undefined);
    assert.deepEqual((await embed()).vectors, VECTORS);
  });
}

for (const status of [200, 400]) {
  test(`an answer of ${status} that never ends is an outage once the time is over`, async (t) => {
    const { stub, embed } = await setUp(t, { timeoutMs: 100 });
    stub.setFault({ kind: "hangs", status });
    const fault = await faultOf(embed());
    assert.equal(fault.kind, "outage");
    assert.match(fault.message, /no answer within 0\.1 s$/);
  });
}

for (const status of [200, 400]) {
  test(`our own stop ends an answer of ${status} that has begun`, async (t) => {
    const begun = Promise.withResolvers<void>();
    const { stub, embed } = await setUp(t, {
      fetch: async (...request) => {
        const response = await fetch(...request);
        begun.resolve();
        return response;
      },
    });
    stub.setFault({ kind: "hangs", status });
    const stop = new AbortController();
    const call = faultOf(embed(stop.signal));
    await begun.promise;
    stop.abort();
    assert.match((await call).message, /stopped while waiting$/);
  });
}

test("half a character is replaced, since many servers refuse the whole request for it", async (t) => {
  const { stub, embedder } = await setUp(t);
  await embedder.embed([{ text: "cut \ud83d", logId: "1" }], t.signal);
  assert.deepEqual(stub.requests[0]?.texts, ["cut \ufffd"]);
});

test("no texts cost no request", async (t) => {
  const { stub, embedder } = await setUp(t);
  assert.deepEqual(await embedder.embed([], t.signal), { vectors: [], tokens: 0 });
  assert.equal(stub.requests.length, 0);
});

test("our own stop ends a request under way, whatever its reason", async (t) => {
  const { stub, embed } = await setUp(t, {}, { delayMs: 60_000 });
  const stop = new AbortController();
  const call = faultOf(embed(stop.signal));
  while (stub.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort(new Error("stopping"));
  assert.match((await call).message, /stopped while waiting$/);
});

test("nobody there is an outage that says where, without the password", async (t) => {
  const stub = await startStubEmbeddingServer();
  await stub.close();
  const { embed } = await setUp(t, { url: stub.url.replace("//", "//me:secret@") });
  const fault = await faultOf(embed());
  assert.match(fault.message, /^ai-service at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  assert.match(fault.hint ?? "", /AI_SERVICE_URL/);
  assert.doesNotMatch(fault.message, /secret/);
});

test("the price is unknown unless it is set", async (t) => {
  assert.equal((await setUp(t)).embedder.pricePerMillionTokens, null);
  const priced = await setUp(t, { pricePerMillionTokens: 0.5 });
  assert.equal(priced.embedder.pricePerMillionTokens, 0.5);
});
