import assert from "node:assert/strict";
import { test } from "node:test";
import { createAiServiceEmbedder } from "../../../../src/adapters/ai-service/ai-service-embedder.ts";
import { createOpenAiEmbedder } from "../../../../src/adapters/openai/openai-embedder.ts";
import { Fault } from "../../../../src/domain/faults.ts";

type Asked = { url: string; method: string; headers: Record<string, string> };

function setUp(answer: () => Response | Promise<Response>) {
  const asked: Asked[] = [];
  const fetch: typeof globalThis.fetch = (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    asked.push({
      url,
      method: init.method ?? "GET",
      headers: Object.fromEntries(new Headers(init.headers)),
    });
    return Promise.resolve(answer());
  };
  const common = { model: "m", dimensions: 8, maxTokensPerText: 100, timeoutMs: 1000, fetch };
  const embedders = [
    createOpenAiEmbedder({
      ...common,
      apiKey: "sk-secret",
      baseUrl: "http://u:pass@x/v1",
      encoding: "float",
    }),
    createAiServiceEmbedder({ ...common, url: "http://u:pass@x" }),
  ];
  return { asked, embedders };
}

const { signal } = new AbortController();

for (const status of [200, 401, 404, 405]) {
  test(`an embedder that answers ${status} is there; it is asked for nothing that costs, and shown no key`, async () => {
    const { asked, embedders } = setUp(() => new Response("{}", { status }));
    for (const { probe } of embedders) await probe?.(signal);
    assert.deepEqual(asked, [
      { url: "http://x/v1/models", method: "GET", headers: {} },
      { url: "http://x/", method: "GET", headers: {} },
    ]);
  });
}

for (const [what, answer] of [
  ["answers 503", () => new Response("upstream is away", { status: 503 })],
  ["cannot be reached", () => Promise.reject(new TypeError("fetch failed"))],
] as const) {
  test(`an embedder that ${what} is an outage`, async () => {
    const { embedders } = setUp(answer);
    for (const { probe } of embedders) {
      assert.ok(probe);
      await assert.rejects(
        probe(signal),
        (error) => error instanceof Fault && error.kind === "outage",
      );
    }
  });
}
