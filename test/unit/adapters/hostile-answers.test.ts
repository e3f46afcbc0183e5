import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { text as readText } from "node:stream/consumers";
import { suite, test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { createAiServiceEmbedder } from "../../../src/adapters/ai-service/ai-service-embedder.ts";
import { createOpenAiEmbedder } from "../../../src/adapters/openai/openai-embedder.ts";
import type { Embedder } from "../../../src/ports/embedder.ts";
import { faultOf } from "../../fixtures/recorded-answers/serve-answer.ts";

const SECRET = "sk-live-4f9c0a1b2c3d4e5f";
const INPUTS = [
  { text: "first text of a log", logId: "a" },
  { text: "second text of a log", logId: "b" },
];

type Answerer = RequestListener;

/** The same trials for each embedder that speaks HTTP. */
const EMBEDDERS: {
  name: string;
  path: string;
  create: (url: string) => Embedder;
  good: object;
}[] = [
  {
    name: "openai",
    path: "/v1/embeddings",
    create: (url) =>
      createOpenAiEmbedder({
        apiKey: SECRET,
        baseUrl: `${url}/v1`,
        model: "m",
        dimensions: 2,
        encoding: "float",
        timeoutMs: 120_000,
      }),
    good: {
      data: [
        { index: 0, embedding: [1, 0] },
        { index: 1, embedding: [0, 1] },
      ],
    },
  },
  {
    name: "ai-service",
    path: "/api/v1/embedding/batch",
    create: (url) =>
      createAiServiceEmbedder({
        url: url.replace("//", `//user:${SECRET}@`),
        model: "m",
        dimensions: 2,
        maxTokensPerText: 100,
        timeoutMs: 120_000,
      }),
    good: {
      embeddings: [
        { log_id: "a", embedding: [1, 0] },
        { log_id: "b", embedding: [0, 1] },
      ],
    },
  },
];

async function serve(t: TestContext, answer: Answerer) {
  const seen: { request: IncomingMessage; body: string }[] = [];
  const answerOne: (...exchange: Parameters<Answerer>) => Promise<void> = async (
    request,
    response,
  ) => {
    seen.push({ request, body: await readText(request) });
    answer(request, response);
  };
  const server = createServer((request, response) => {
    answerOne(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { url: `http://127.0.0.1:${address.port}`, seen };
}

function json(body: unknown): Answerer {
  return (_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
}

/** Sends for as long as anybody listens; tells how much it was, and when nobody does any longer. */
function endless(status: number) {
  const MEGABYTE = " ".repeat(2 ** 20);
  const gone = Promise.withResolvers<void>();
  let megabytes = 0;
  const answer: Answerer = (_, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    const more = () => {
      if (response.destroyed) return;
      megabytes += 1;
      if (response.write(MEGABYTE)) setImmediate(more);
      else response.once("drain", more);
    };
    response.once("close", () => gone.resolve());
    more();
  };
  return { answer, gone: gone.promise, megabytes: () => megabytes };
}

for (const { name, path, create, good } of EMBEDDERS) {
  suite(`${name}, answered by somebody who means it no good`, () => {
    const VECTORS = [Float32Array.of(1, 0), Float32Array.of(0, 1)];

    test("an answer without an end is let go of", async (t) => {
      const { answer, gone, megabytes } = endless(200);
      const { url } = await serve(t, answer);
      const fault = await faultOf(create(url).embed(INPUTS, t.signal));
      assert.equal(fault.kind, "outage");
      assert.match(fault.message, /the answer is larger than 64 MB$/);
      await gone;
      assert.ok(megabytes() < 128, `${megabytes()} MB were sent`);
    });

    test("a refusal without an end is a refusal, and let go of", async (t) => {
      const { answer, gone, megabytes } = endless(429);
      const { url } = await serve(t, answer);
      assert.equal((await faultOf(create(url).embed(INPUTS, t.signal))).kind, "rate");
      await gone;
      assert.ok(megabytes() < 64, `${megabytes()} MB were sent`);
    });

    test("a packed answer is unpacked", async (t) => {
      const { url } = await serve(t, (_, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
        response.end(gzipSync(JSON.stringify(good)));
      });
      assert.deepEqual((await create(url).embed(INPUTS, t.signal)).vectors, VECTORS);
    });

    test("a small packed answer does not become a large one", async (t) => {
      const bomb = gzipSync(" ".repeat(80 * 2 ** 20));
      const { url } = await serve(t, (_, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
        response.end(bomb);
      });
      const fault = await faultOf(create(url).embed(INPUTS, t.signal));
      assert.match(fault.message, /the answer is larger than 64 MB$/);
    });

    test("an answer that claims to be gzip and is not is an outage", async (t) => {
      const { url } = await serve(t, (_, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
        response.end(JSON.stringify(good));
      });
      assert.equal((await faultOf(create(url).embed(INPUTS, t.signal))).kind, "outage");
    });

    for (const status of [301, 302, 303, 307, 308]) {
      test(`a redirect (${status}) takes neither texts nor key to another server`, async (t) => {
        const other = await serve(t, json(good));
        const { url } = await serve(t, (_, response) => {
          response.writeHead(status, { location: `${other.url}${path}` }).end();
        });
        const fault = await faultOf(create(url).embed(INPUTS, t.signal));
        assert.equal(fault.kind, "configuration");
        assert.ok(fault.message.endsWith(`it redirects to ${other.url}${path}`), fault.message);
        assert.equal(other.seen.length, 0);
      });
    }

    test("a redirect within the server, as of a missing slash, is followed with the texts", async (t) => {
      const { url, seen } = await serve(t, (request, response) => {
        if (request.url?.endsWith("/")) json(good)(request, response);
        else response.writeHead(307, { location: `${path}/` }).end();
      });
      assert.deepEqual((await create(url).embed(INPUTS, t.signal)).vectors, VECTORS);
      assert.equal(seen.length, 2);
      assert.equal(seen[1]?.body, seen[0]?.body);
      assert.equal(seen[1]?.request.headers.authorization, seen[0]?.request.headers.authorization);
    });

    test("redirects in a circle come to an end", async (t) => {
      const { url, seen } = await serve(t, (_, response) => {
        response.writeHead(308, { location: path }).end();
      });
      assert.equal((await faultOf(create(url).embed(INPUTS, t.signal))).kind, "configuration");
      assert.equal(seen.length, 4);
    });

    test("something that is no HTTP is an outage", async (t) => {
      const server = createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH_9.7\r\n"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      t.after(() => server.close());
      const address = server.address();
      assert.ok(typeof address === "object" && address !== null);
      const url = `http://127.0.0.1:${address.port}`;
      const fault = await faultOf(create(url).embed(INPUTS, t.signal));
      assert.equal(fault.kind, "outage");
      assert.doesNotMatch(fault.message, new RegExp(SECRET));
    });

    test("more headers than anybody needs are an outage", async (t) => {
      const { url } = await serve(t, (_, response) => {
        response.writeHead(200, { "x-padding": "x".repeat(100_000) }).end("{}");
      });
      assert.equal((await faultOf(create(url).embed(INPUTS, t.signal))).kind, "outage");
    });

    test("an answer that is less than it said is an outage", async (t) => {
      const text = JSON.stringify(good);
      const { url } = await serve(t, (_, response) => {
        const headers = { "content-type": "application/json", "content-length": text.length + 9 };
        response.writeHead(200, headers).write(text, () => response.destroy());
      });
      assert.equal((await faultOf(create(url).embed(INPUTS, t.signal))).kind, "outage");
    });

    test("a refusal that breaks off is a refusal", async (t) => {
      const { url } = await serve(t, (_, response) => {
        response.writeHead(401, { "content-type": "application/json", "content-length": 900 });
        response.write('{"error":{"message":"Inc', () => response.destroy());
      });
      assert.equal((await faultOf(create(url).embed(INPUTS, t.signal))).kind, "credentials");
    });

    for (const body of [null, [], "", 7, true, "[]", { error: null }, { data: {} }]) {
      test(`a 200 of ${JSON.stringify(body)} is an outage`, async (t) => {
        const { url } = await serve(t, json(body));
        assert.equal((await faultOf(create(url).embed(INPUTS, t.signal))).kind, "outage");
      });
    }
  });
}

const ODD: [string, unknown][] = [
  ["null for NaN", [null, 1]],
  ["numbers as text", ["0.5", "1"]],
  ["lists within", [[1], [2]]],
  ["nothing", []],
  ["null", null],
  ["a number", 5],
  ["an object", { 0: 1, 1: 0 }],
  ["base64 of a byte too few", Buffer.alloc(7, 1).toString("base64")],
  ["base64 of a vector half as long", Buffer.alloc(4, 1).toString("base64")],
  ["no base64", "((((((((((("],
];

for (const [what, embedding] of ODD) {
  test(`${what} for a vector costs only its own text`, async (t) => {
    const [openAi] = EMBEDDERS;
    assert.ok(openAi);
    const data = [
      { index: 0, embedding },
      { index: 1, embedding: [0, 1] },
    ];
    const { url } = await serve(t, json({ data }));
    const { vectors } = await openAi.create(url).embed(INPUTS, t.signal);
    const [odd, good] = vectors;
    assert.deepEqual(good, Float32Array.of(0, 1));
    // NaN is for the check that every vector goes through.
    assert.ok(odd === null || odd?.some(Number.isNaN), String(odd));
  });
}
