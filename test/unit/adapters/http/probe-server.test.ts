import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
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
const NOT_CONNECTED = new Fault("outage", "connect ECONNREFUSED", { connectionFailed: true });
const BROKEN_OFF = new Fault("outage", "read ECONNRESET");
const ANSWERED = new Fault("outage", "503", { answersBadly: true });

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

test("where a connection failed or broke off, one that is made now shows that the server is back, whatever it knows to answer", async () => {
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
  for (const { probe } of embedders) {
    await probe?.(signal, NOT_CONNECTED);
    await probe?.(signal, BROKEN_OFF);
  }
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

test("a server that answered that it cannot is asked for an answer", async () => {
  let status = 503;
  const paths: (string | undefined)[] = [];
  const server = createHttpServer((request, response) => {
    paths.push(request.url);
    response.writeHead(status).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const url = `http://127.0.0.1:${address.port}/v1`;
  const common = { model: "m", dimensions: 8, maxTokensPerText: 100, timeoutMs: 1000 };
  const { probe } = createOpenAiEmbedder({
    ...common,
    apiKey: "sk",
    baseUrl: url,
    encoding: "float",
  });
  assert.ok(probe);
  await assert.rejects(probe(signal, ANSWERED), (error) => {
    return error instanceof Fault && error.kind === "outage" && error.answersBadly;
  });
  status = 404;
  await probe(signal, ANSWERED);
  assert.deepEqual(paths, ["/v1/models", "/v1/models"]);
  server.close();
  server.closeAllConnections();
  await once(server, "close");
});
