import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  createOpenAiEmbedder,
  type OpenAiOptions,
} from "../../../../src/adapters/openai/openai-embedder.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { testEmbedderContract } from "../../../contract/embedder-contract.ts";
import {
  type StubOptions,
  startStubEmbeddingServer,
} from "../../../support/servers/stub-embedding-server.ts";
import type { StubFault } from "../../../support/servers/stub-fault.ts";
import { stubVector } from "../../../support/fakes/stub-vector.ts";

const KEY = "sk-test-0123456789";
const TEXTS = ["disk full", "out of memory", "connection refused"];
const INPUTS = TEXTS.map((text, i) => ({ text, logId: `id-${i}` }));
const VECTORS = TEXTS.map((text) => stubVector(text, 8));

async function setUp(
  t: TestContext,
  options: Partial<OpenAiOptions> = {},
  stubOptions: StubOptions = {},
) {
  const stub = await startStubEmbeddingServer({ dimensions: 8, ...stubOptions });
  t.after(() => stub.close());
  const embedder = createOpenAiEmbedder({
    apiKey: KEY,
    baseUrl: stub.openAiBaseUrl,
    model: "some-model",
    dimensions: 8,
    encoding: "base64",
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

testEmbedderContract("openai, base64", async (t) => (await setUp(t)).embedder);
testEmbedderContract(
  "openai, float",
  async (t) => (await setUp(t, { encoding: "float" })).embedder,
);

test("asks for what it is set to, in one request, with the key", async (t) => {
  const { stub, embed } = await setUp(t);
  const { tokens } = await embed();
  assert.deepEqual(
    stub.requests.map(({ body }) => body),
    [{ model: "some-model", input: TEXTS, encoding_format: "base64", dimensions: 8 }],
  );
  assert.equal(stub.requests[0]?.headers.authorization, `Bearer ${KEY}`);
  assert.equal(tokens, 3 + 4 + 5);
});

test("without a key, sends no Authorization header", async (t) => {
  const stub = await startStubEmbeddingServer({ dimensions: 8 });
  t.after(() => stub.close());
  const embedder = createOpenAiEmbedder({
    baseUrl: stub.openAiBaseUrl,
    model: "nomic-embed-text",
    dimensions: 8,
    encoding: "float",
    timeoutMs: 10_000,
  });
  await embedder.embed(INPUTS, t.signal);
  assert.equal(stub.requests[0]?.headers.authorization, undefined);
});

test("takes nothing from the SDK's own environment variables", async (t) => {
  for (const name of ["OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL", "OPENAI_API_KEY"]) {
    const before = process.env[name];
    process.env[name] = "http://127.0.0.1:9/elsewhere";
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
  const { stub, embed } = await setUp(t);
  await embed();
  assert.equal(stub.requests[0]?.headers["openai-organization"], undefined);
  assert.equal(stub.requests[0]?.headers["openai-project"], undefined);
  assert.equal(stub.requests[0]?.headers.authorization, `Bearer ${KEY}`);
});

test("never sends dimensions to ada-002", async (t) => {
  const { stub, embed } = await setUp(t, { model: "text-embedding-ada-002" });
  await embed();
  assert.ok(!("dimensions" in Object(stub.requests[0]?.body)));
});

test("a server that refuses dimensions is asked without, from then on", async (t) => {
  const { stub, embed } = await setUp(t);
  stub.setFault({ kind: "rejects_dimensions" });
  assert.deepEqual((await embed()).vectors, VECTORS);
  await embed();
  const sent = stub.requests.map(({ body }) => "dimensions" in Object(body));
  assert.deepEqual(sent, [true, false, false]);
});

test("a server that cannot do base64 is asked for floats, from then on", async (t) => {
  const { stub, embed } = await setUp(t);
  stub.setFault({ kind: "rejects_encoding_format" });
  assert.deepEqual((await embed()).vectors, VECTORS);
  await embed();
  const sent = stub.requests.map(({ body }) => Object(body).encoding_format);
  assert.deepEqual(sent, ["base64", "float", "float"]);
});

test("a server that refuses both is found out one after the other", async (t) => {
  const { stub, embed } = await setUp(t);
  stub.setFault({ kind: "rejects_encoding_format" });
  stub.setFault({ kind: "rejects_dimensions" });
  assert.deepEqual((await embed()).vectors, VECTORS);
  assert.equal(stub.requests.length, 3);
  await embed();
  assert.equal(stub.requests.length, 4);
});

test("text-embedding-3 keeps its dimensions, and a refusal of them is a wrong setting", async (t) => {
  const { stub, embed } = await setUp(t, { model: "text-embedding-3-large" });
  stub.setFault({ kind: "rejects_dimensions" });
  assert.equal((await faultOf(embed())).kind, "configuration");
  assert.equal(stub.requests.length, 1);
});

test("a refused text that speaks of dimensions is not taken for a refusal of dimensions", async (t) => {
  const { stub, embedder } = await setUp(t);
  stub.setFault({ kind: "refused", quote: true });
  const inputs = [{ text: "wrong dimensions and encoding_format", logId: "1" }];
  const fault = await faultOf(embedder.embed(inputs, t.signal));
  assert.equal(fault.kind, "record");
  assert.doesNotMatch(fault.message, /dimensions/);
  assert.equal(stub.requests.length, 1);
});

test("floats in answer to base64 are taken as they are", async (t) => {
  const { stub, embed } = await setUp(t);
  stub.setFault({ kind: "floats_for_base64" });
  assert.deepEqual((await embed()).vectors, VECTORS);
});

const PLACED: [StubFault, (Float32Array | null)[]][] = [
  [{ kind: "shuffled" }, VECTORS],
  [{ kind: "no_index" }, VECTORS],
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

for (const encoding of ["base64", "float"] as const) {
  test(`NaN and zero vectors come through for the check behind, as ${encoding}`, async (t) => {
    const { stub, embed } = await setUp(t, { encoding });
    stub.setFault({ kind: "nan" }, { next: 1 });
    stub.setFault({ kind: "zero" });
    assert.ok((await embed()).vectors[0]?.every(Number.isNaN));
    assert.ok((await embed()).vectors[0]?.every((value) => value === 0));
  });
}

test("tokens are unknown where the server does not say", async (t) => {
  const { stub, embed } = await setUp(t);
  stub.setFault({ kind: "no_usage" });
  assert.equal((await embed()).tokens, null);
});

test("a wrong dimension names the model, both numbers and the setting", async (t) => {
  const { stub, embed } = await setUp(t);
  stub.setFault({ kind: "wrong_dimension", dimensions: 3 });
  const fault = await faultOf(embed());
  assert.equal(fault.kind, "configuration");
  assert.match(fault.message, /some-model answers with 3 dimensions, EMBEDDING_DIMENSIONS is 8/);
  assert.equal(fault.hint, "set EMBEDDING_DIMENSIONS=3");
});

const FAULTS: [StubFault, Fault["kind"], number | undefined][] = [
  [{ kind: "unauthorized" }, "credentials", undefined],
  [{ kind: "model_not_found" }, "configuration", undefined],
  [{ kind: "rate_limit", retryAfter: { seconds: 2 } }, "rate", 2000],
  [{ kind: "rate_limit", retryAfter: { ms: 250 } }, "rate", 250],
  [{ kind: "rate_limit", retryAfter: { date: new Date(0) } }, "rate", 0],
  [{ kind: "rate_limit" }, "rate", undefined],
  [{ kind: "insufficient_quota" }, "quota", undefined],
  [{ kind: "refused" }, "record", undefined],
  [{ kind: "too_large" }, "record", undefined],
  [{ kind: "status", status: 500 }, "outage", undefined],
  [{ kind: "status", status: 503, retryAfter: { seconds: 1 } }, "outage", 1000],
  [{ kind: "status", status: 502, body: "<h1>Bad Gateway</h1>" }, "outage", undefined],
  [{ kind: "html" }, "outage", undefined],
  [{ kind: "closes" }, "outage", undefined],
];

for (const [fault, kind, retryAfterMs] of FAULTS) {
  test(`${JSON.stringify(fault)} is ${kind}, asked once, and the next request goes on`, async (t) => {
    const { stub, embed } = await setUp(t);
    stub.setFault(fault, { next: 1 });
    const thrown = await faultOf(embed());
    assert.equal(thrown.kind, kind);
    assert.equal(thrown.retryAfterMs, retryAfterMs);
    assert.ok(thrown.message.startsWith(`openai at ${stub.openAiBaseUrl}: `));
    assert.ok(!thrown.message.includes(KEY));
    assert.equal(stub.requests.length, 1);
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

test("an answer that does not begin is an outage once the time is over", async (t) => {
  const { embed } = await setUp(t, { timeoutMs: 50 }, { delayMs: 60_000 });
  assert.match((await faultOf(embed())).message, /no answer within 0\.05 s$/);
});

test("our own stop ends a request under way, whatever its reason", async (t) => {
  const { stub, embed } = await setUp(t, {}, { delayMs: 60_000 });
  const stop = new AbortController();
  const call = faultOf(embed(stop.signal));
  while (stub.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort(new Error("stopping"));
  const fault = await call;
  assert.equal(fault.kind, "outage");
  assert.match(fault.message, /stopped while waiting$/);
});

test("nobody there is an outage that says where", async () => {
  const stub = await startStubEmbeddingServer();
  await stub.close();
  const embedder = createOpenAiEmbedder({
    apiKey: KEY,
    baseUrl: stub.openAiBaseUrl.replace("//", "//user:pass@"),
    model: "some-model",
    dimensions: 8,
    encoding: "base64",
    timeoutMs: 10_000,
  });
  const fault = await faultOf(embedder.embed(INPUTS, new AbortController().signal));
  assert.equal(fault.kind, "outage");
  assert.match(fault.message, /^openai at http:\/\/127\.0\.0\.1:\d+\/v1: .*ECONNREFUSED/);
  assert.match(fault.hint ?? "", /OPENAI_BASE_URL/);
});

test("knows OpenAI's prices; a price that is set wins", () => {
  const options: OpenAiOptions = {
    apiKey: KEY,
    model: "text-embedding-3-large",
    dimensions: 1536,
    encoding: "base64",
    timeoutMs: 1000,
  };
  assert.equal(createOpenAiEmbedder(options).pricePerMillionTokens, 0.13);
  const priced = createOpenAiEmbedder({ ...options, pricePerMillionTokens: 0 });
  assert.equal(priced.pricePerMillionTokens, 0);
  const elsewhere = createOpenAiEmbedder({ ...options, baseUrl: "http://localhost:4000/v1" });
  assert.equal(elsewhere.pricePerMillionTokens, null);
});
