import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test, type TestContext } from "node:test";
import { createAiServiceEmbedder } from "../../../../src/adapters/ai-service/ai-service-embedder.ts";
import { createOpenAiEmbedder } from "../../../../src/adapters/openai/openai-embedder.ts";
import { Fault } from "../../../../src/domain/faults.ts";

type Asked = { url: string; method: string; headers: Record<string, string> };

const common = { model: "m", dimensions: 8, maxTokensPerText: 100, timeoutMs: 1000 };
const { signal } = new AbortController();
const NOT_CONNECTED = new Fault("outage", "connect ECONNREFUSED", { connectionFailed: true });
const ANSWERED = new Fault("outage", "503", { answersBadly: true });

/** A server that takes connections and answers none, and embedders whose requests are answered instead of it. */
async function setUp(t: TestContext, answer: () => Response | Promise<Response>) {
  let bytes = 0;
  const server = createServer((socket) => {
    socket.on("data", (data) => (bytes += data.length));
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => new Promise<void>((done) => server.close(() => done()));
  t.after(close);
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const host = `127.0.0.1:${address.port}`;
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
  const embedders = [
    createOpenAiEmbedder({
      ...common,
      fetch,
      apiKey: "sk-secret",
      baseUrl: `http://u:pass@${host}/v1`,
      encoding: "float",
    }),
    createAiServiceEmbedder({ ...common, fetch, url: `http://u:pass@${host}` }),
  ];
  const probe = async (met?: Fault) => {
    for (const embedder of embedders) {
      assert.ok(embedder.probe);
      await embedder.probe(signal, met);
    }
  };
  return { asked, host, embedders, probe, close, bytes: () => bytes };
}

const isOutage = (error: unknown) => error instanceof Fault && error.kind === "outage";

for (const status of [200, 401, 404, 405]) {
  test(`an embedder that answered badly and answers ${status} now is there; it is asked for nothing that costs, and shown no key`, async (t) => {
    const { asked, probe, host } = await setUp(t, () => new Response("{}", { status }));
    await probe(ANSWERED);
    assert.deepEqual(asked, [
      { url: `http://${host}/v1/models`, method: "GET", headers: {} },
      { url: `http://${host}/`, method: "GET", headers: {} },
    ]);
  });
}

for (const [what, answer] of [
  ["answers 503", () => new Response("upstream is away", { status: 503 })],
  ["breaks off", () => Promise.reject(new TypeError("fetch failed"))],
] as const) {
  test(`an embedder that answered badly and ${what} now is an outage`, async (t) => {
    const { embedders } = await setUp(t, answer);
    for (const { probe } of embedders) {
      assert.ok(probe);
      await assert.rejects(probe(signal, ANSWERED), isOutage);
    }
  });
}

test("an embedder that was not reached is back once it takes a connection, whatever it knows to answer", async (t) => {
  const { asked, embedders, probe, bytes, close } = await setUp(t, () => Response.error());
  await probe(NOT_CONNECTED);
  assert.deepEqual([asked, bytes()], [[], 0]);
  await close();
  for (const embedder of embedders) {
    assert.ok(embedder.probe);
    await assert.rejects(embedder.probe(signal, NOT_CONNECTED), isOutage);
  }
  assert.deepEqual(asked, []);
});
