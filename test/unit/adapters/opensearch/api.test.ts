import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { readInfo } from "../../../../src/adapters/opensearch/info.ts";
import { createApi, nameChunks } from "../../../../src/adapters/opensearch/api.ts";
import { openClient } from "../../../../src/adapters/opensearch/client.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";

const GET = { method: "GET", path: "/" } as const;

/** An API that talks to a server on this machine. */
async function setUp(t: TestContext, listener: RequestListener, timeoutMs = 60_000) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address);
  const url = `http://127.0.0.1:${address.port}`;
  const client = await openClient({ urls: [url], tls: { verify: true }, timeoutMs });
  t.after(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  const { events, told } = recordEvents();
  return { api: createApi(client, { urls: [url], timeoutMs: 30_000 }, events), told, url, server };
}

function json(status: number, body: unknown): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
}

/** The fault that a call ends in. */
async function faultOf(call: Promise<unknown>): Promise<Fault> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Fault, String(error));
  return error;
}

test("hands back the answer in the shape asked for, and sends what it was given", async (t) => {
  const seen: string[] = [];
  const { api } = await setUp(t, (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.on("data", (chunk) => seen.push(String(chunk)));
    request.on("end", () => json(200, { a: 1, more: 2 })(request, response));
  });
  const shape = z.object({ a: z.number() });
  const query = { filter_path: "a,b", flag: true };
  const request = {
    method: "POST",
    path: "/_bulk",
    query,
    lines: Buffer.from("{}\n{}\n"),
  } as const;
  assert.deepEqual(await api.send(request, shape, t.signal), { a: 1 });
  assert.deepEqual(seen, ["POST /_bulk?filter_path=a%2Cb&flag=true", "{}\n{}\n"]);
});

test("an answer that makes no sense is an outage, and says where", async (t) => {
  const { api } = await setUp(t, json(200, { a: "x" }));
  const fault = await faultOf(api.send(GET, z.object({ a: z.number() }), t.signal));
  assert.equal(fault.kind, "outage");
  assert.match(fault.message, /invalid answer to GET \/ \(at a\)/);
});

test("an error of the cluster keeps its type", async (t) => {
  const error = { type: "security_exception", reason: "no permissions for [x]" };
  const { api } = await setUp(t, json(403, { error, status: 403 }));
  const fault = await faultOf(api.send(GET, z.unknown(), t.signal));
  assert.equal(fault.kind, "credentials");
  assert.match(fault.message, /answered 403: security_exception: no permissions/);
});

test("a proxy's page instead of an answer is an outage", async (t) => {
  const { api } = await setUp(t, (_request, response) => {
    response.writeHead(502, { "content-type": "text/html" });
    response.end("<html>Bad Gateway</html>");
  });
  const fault = await faultOf(api.send(GET, z.unknown(), t.signal));
  assert.equal(fault.kind, "outage");
  assert.match(fault.message, /answered 502/);
});

test("a server that never answers is an outage in time, and told as a timeout", async (t) => {
  const { api, told } = await setUp(t, () => undefined, 50);
  const fault = await faultOf(api.send(GET, z.unknown(), t.signal));
  assert.equal(fault.kind, "outage");
  assert.match(fault.message, /no answer in time/);
  assert.equal(fault.timedOut, true);
  assert.equal(told.callEnded[0]?.fault, fault);
});

test("each request is told at its beginning and at its end, with what it ended in", async (t) => {
  const { api, told } = await setUp(t, (request, response) => {
    const error = { type: "security_exception", reason: "no" };
    json(request.url === "/" ? 200 : 403, { error })(request, response);
  });
  await api.send(GET, z.unknown(), t.signal);
  const fault = await faultOf(api.send({ ...GET, path: "/x" }, z.unknown(), t.signal));
  const target = "opensearch";
  assert.deepEqual(told.callBegan, [{ target }, { target }]);
  assert.partialDeepStrictEqual(told.callEnded, [{ target }, { target, fault }]);
  assert.ok(told.callEnded.every(({ durationMs }) => durationMs > 0));
  assert.deepEqual(told.callRepeated, []);
});

test("a server that hangs up is an outage", async (t) => {
  const { api } = await setUp(t, (request) => request.socket.destroy());
  assert.equal((await faultOf(api.send(GET, z.unknown(), t.signal))).kind, "outage");
});

for (const [once, sent] of [
  [true, 1],
  [false, 2],
] as const) {
  const name = once ? "what is to be sent once is not sent again" : "what may be sent again is";
  test(`${name} where its answer is lost`, async (t) => {
    let requests = 0;
    const { api, told } = await setUp(t, (request) => {
      requests++;
      request.socket.destroy();
    });
    const request = { method: "POST", path: "/_bulk", lines: "{}\n{}\n", once } as const;
    await faultOf(api.send(request, z.unknown(), t.signal));
    assert.equal(requests, sent);
    assert.deepEqual(
      told.callRepeated,
      sent > 1 ? [{ target: "opensearch", times: sent - 1 }] : [],
    );
  });
}

test("nobody listening is an outage that says so", async (t) => {
  const { api, server, url } = await setUp(t, () => undefined);
  server.close();
  const fault = await faultOf(api.send(GET, z.unknown(), t.signal));
  assert.equal(fault.message, `OpenSearch at ${url}: connection refused`);
  assert.equal(fault.connectionFailed, true, "a probe that is answered says that it is back");
});

test("a stop ends a request under way, and lets none begin", async (t) => {
  const stop = new AbortController();
  let requests = 0;
  const { api, told } = await setUp(t, () => {
    requests++;
    stop.abort();
  });
  for (let i = 0; i < 2; i++) {
    const fault = await faultOf(api.send(GET, z.unknown(), stop.signal));
    assert.equal(fault.kind, "outage");
    assert.match(fault.message, /stopped before it answered/);
  }
  assert.equal(requests, 1);
  assert.deepEqual(
    told.callEnded.map(({ fault }) => fault),
    [undefined],
    "that nobody waits any longer is no failure of the other side",
  );
  assert.equal(told.callEnded[0]?.abandoned, true, "nor an answer");
});

test("names are put together as long as a request line bears it", () => {
  assert.deepEqual(nameChunks([]), []);
  assert.deepEqual(nameChunks(["a", "b"]), ["a,b"]);
  assert.deepEqual(nameChunks(["aaaa", "bbbb", "cc"], 9), ["aaaa,bbbb", "cc"]);
  assert.deepEqual(nameChunks(["a".repeat(20), "b"], 9), ["a".repeat(20), "b"]);
  assert.deepEqual(nameChunks(["lögs"]), ["l%C3%B6gs"]);
  const many = Array.from({ length: 500 }, (_, i) => `.ds-application-logs-${i}`);
  const chunks = nameChunks(many);
  assert.deepEqual(
    chunks.flatMap((chunk) => chunk.split(",")),
    many,
  );
  assert.ok(chunks.every((chunk) => chunk.length <= 3000));
});

test("to ask whether it answers is told as a probe, which no work waited for", async (t) => {
  const { api, told } = await setUp(t, json(200, {}));
  await faultOf(readInfo(api, t.signal));
  await api.send({ ...GET, path: "/_bulk" }, z.unknown(), t.signal);
  assert.deepEqual(
    told.callEnded.map(({ probe }) => probe),
    [true, undefined],
  );
});
