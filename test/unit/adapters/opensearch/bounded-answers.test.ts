import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { createApi } from "../../../../src/adapters/opensearch/api.ts";
import { AnswerTooLarge } from "../../../../src/adapters/opensearch/bounded-answers.ts";
import { openClient } from "../../../../src/adapters/opensearch/client.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";

const ALLOWED = 100;
const GET = { method: "GET", path: "/", maxAnswerBytes: ALLOWED } as const;
const shape = z.object({ text: z.string() });

async function setUp(t: TestContext, listener: RequestListener) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address);
  const url = `http://127.0.0.1:${address.port}`;
  // Of two nodes one may be asked after the other.
  const connection = { urls: [url, `${url}/other`], tls: { verify: true }, timeoutMs: 60_000 };
  const client = await openClient(connection);
  t.after(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  const { events, told } = recordEvents();
  return { api: createApi(client, connection, events), told, requests: () => requests };
}

const answer = (text: string) => JSON.stringify({ text });

function answers(text: string, { chunked }: { chunked: boolean }): RequestListener {
  return (_request, response) => {
    const body = answer(text);
    const length = chunked ? {} : { "content-length": Buffer.byteLength(body) };
    response.writeHead(200, { "content-type": "application/json", ...length });
    for (const part of body.match(/[^]{1,10}/g) ?? []) response.write(part);
    response.end();
  };
}

for (const chunked of [false, true]) {
  const how = chunked ? "comes in chunks" : "says its length";
  test(`an answer that ${how} and is too large is not read, and not asked for again by itself`, async (t) => {
    const { api, told, requests } = await setUp(t, answers("x".repeat(10_000), { chunked }));
    const { signal } = new AbortController();
    const error: unknown = await api.send(GET, shape, signal).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof AnswerTooLarge, String(error));
    assert.ok(error.bytes > ALLOWED);
    assert.equal(requests(), 1);
    assert.equal(told.callEnded.length, 1);
    assert.equal(told.callEnded[0]?.fault, undefined, "nobody failed");
  });

  test(`an answer that ${how} and is small enough is read as any other`, async (t) => {
    const { api } = await setUp(t, answers("grün".repeat(3), { chunked }));
    const { signal } = new AbortController();
    assert.deepEqual(await api.send(GET, shape, signal), { text: "grün".repeat(3) });
  });

  test(`where no limit is set, an answer that ${how} may be of any length`, async (t) => {
    const text = "x".repeat(10_000);
    const { api } = await setUp(t, answers(text, { chunked }));
    const { signal } = new AbortController();
    const { maxAnswerBytes: _, ...request } = GET;
    assert.deepEqual(await api.send(request, shape, signal), { text });
  });
}

test("an answer that breaks off while it is counted is an outage", async (t) => {
  const { api } = await setUp(t, (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"text":');
    setImmediate(() => response.destroy());
  });
  const { signal } = new AbortController();
  await assert.rejects(api.send(GET, shape, signal), { kind: "outage" });
});
