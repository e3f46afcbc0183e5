import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
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

const NOT_CONNECTED = new Fault("outage", "connect ECONNREFUSED", { connectionFailed: true });

test("where no connection was made, one that is made now shows that the server is back, whatever it knows to answer", async () => {
  let bytes = 0;
  const server = createServer((socket) => {
    socket.on("data", (data) => (bytes += data.length));
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const url = `http://127.0.0.1:${address.port}`;
  const common = { model: "m", dimensions: 8, maxTokensPerText: 100, timeoutMs: 1000 };
  const embedders = [
    createOpenAiEmbedder({ ...common, apiKey: "sk", baseUrl: `${url}/v1`, encoding: "float" }),
    createAiServiceEmbedder({ ...common, url }),
  ];
  for (const { probe } of embedders) await probe?.(signal, NOT_CONNECTED);
  server.close();
  await once(server, "close");
  assert.equal(bytes, 0);
  for (const { probe } of embedders) {
    assert.ok(probe);
    await assert.rejects(
      probe(signal, NOT_CONNECTED),
      (error) => error instanceof Fault && error.kind === "outage" && error.connectionFailed,
    );
  }
});

test("where a server was met that answers with failures, it is asked whether it still does", async () => {
  const { asked, embedders } = setUp(() => new Response("{}", { status: 200 }));
  for (const { probe } of embedders) await probe?.(signal, new Fault("outage", "503"));
  assert.equal(asked.length, 2);
});
