import assert from "node:assert/strict";
import { test } from "node:test";
import { createAiServiceEmbedder } from "../../../src/adapters/ai-service/ai-service-embedder.ts";
import { createOpenAiEmbedder } from "../../../src/adapters/openai/openai-embedder.ts";
import { traceEmbedder, tracedFetch, createTracer } from "../../../src/telemetry/tracer.ts";
import { startStubEmbeddingServer } from "../../support/servers/stub-embedding-server.ts";
import { named, openTraced } from "../../support/servers/traced.ts";

const { signal } = new AbortController();
const INPUTS = [{ text: "disk full", logId: "1" }];
const COMMON = { model: "some-model", dimensions: 8, timeoutMs: 60_000, maxTokensPerText: 100 };

for (const provider of ["openai", "ai-service"] as const) {
  test(`a request to ${provider} names its span to the server, and keeps its own headers`, async (t) => {
    await using stub = await startStubEmbeddingServer({ dimensions: 8 });
    const { tracer, sent } = await openTraced(t);
    const fetch = tracedFetch(tracer);
    const embedder =
      provider === "openai"
        ? createOpenAiEmbedder({
            ...COMMON,
            apiKey: "sk-1234",
            baseUrl: stub.openAiBaseUrl,
            encoding: "float",
            fetch,
          })
        : createAiServiceEmbedder({ ...COMMON, url: stub.url, fetch });
    const traced = traceEmbedder(embedder, tracer);
    await tracer.span("cycle", {}, () => traced.embed(INPUTS, signal));
    const span = named(await sent(), "embeddings some-model");
    const [request] = stub.requests;
    assert.equal(span.kind, "client");
    assert.equal(span.attributes["gen_ai.provider.name"], provider);
    assert.equal(request?.headers["traceparent"], `00-${span.traceId}-${span.spanId}-01`);
    assert.equal(request.headers["content-type"], "application/json");
    const key = provider === "openai" ? "Bearer sk-1234" : undefined;
    assert.equal(request.headers["authorization"], key);
  });
}

test("where nobody traces nothing is added to a request", async () => {
  await using stub = await startStubEmbeddingServer({ dimensions: 8 });
  const tracer = createTracer();
  const embedder = createAiServiceEmbedder({
    ...COMMON,
    url: stub.url,
    fetch: tracedFetch(tracer),
  });
  await tracer.span("cycle", { cycle: 1 }, () =>
    traceEmbedder(embedder, tracer).embed(INPUTS, signal),
  );
  assert.equal(stub.requests[0]?.headers["traceparent"], undefined);
});
