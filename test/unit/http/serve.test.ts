import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { CannotListen, serve, boundConnections } from "../../../src/http/serve.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { captureLog } from "../telemetry/captured-log.ts";
import { setUpHttp } from "./http-setup.ts";

/** However late a busy machine makes the event loop. */
const OPEN = { corsOrigins: [], requestsPerMinute: 6000, maxLoopDelayMs: 0 };

async function start(t: TestContext, parts = {}) {
  const setup = await setUpHttp(t, { parts });
  const server = await serve(setup.httpParts, { ...OPEN, host: "127.0.0.1", port: 0 });
  t.after(() => server[Symbol.asyncDispose]());
  return { ...setup, port: Number(new URL(server.url).port), server };
}

async function open(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

test("it listens where it was told, says so, and is gone after its end", async (t) => {
  const { server, told } = await start(t);
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual(told.httpStarted, [{ url: server.url, open: true }]);
  assert.equal((await fetch(`${server.url}/health`)).status, 200);
  await server[Symbol.asyncDispose]();
  await assert.rejects(fetch(`${server.url}/health`));
});

test("a port that is taken, and a host that is not ours, are said with the setting to change", async (t) => {
  const { httpParts, port } = await start(t);
  const trying = (host: string) => serve(httpParts, { ...OPEN, host, port });
  await assert.rejects(
    trying("127.0.0.1"),
    (error) =>
      error instanceof CannotListen &&
      error.setting === "HTTP_PORT" &&
      error.message ===
        `${port} at 127.0.0.1 is taken by another process; set another, or 0 for no HTTP`,
  );
  await assert.rejects(
    trying("192.0.2.1"),
    (error) => error instanceof CannotListen && error.setting === "HTTP_HOST",
  );
});

test("a stop lets a request in flight end, and idle connections do not hold it up", async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const setup = await setUpHttp(t);
  let asked = false;
  const status = async () => {
    asked = true;
    await promise;
    return setup.httpParts.status();
  };
  const { server, stop, port } = await start(t, { status });
  const idle = await open(t, port);
  const closed = once(idle, "close");
  const answer = fetch(`${server.url}/api/v1/status`);
  await eventually(() => asked, t);
  // What is under way has three seconds, however late this process is.
  t.mock.timers.enable({ apis: ["setTimeout"] });
  stop.request();
  await closed;
  t.mock.timers.tick(2999);
  resolve();
  assert.equal((await answer).status, 200);
  await server[Symbol.asyncDispose]();
});

test("a client that only holds connections keeps no other out: the longest idle one makes room", async (t) => {
  const server = createServer((_request, response) => response.end("ok"));
  boundConnections(server, 10);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const address = server.address();
  assert.ok(address && typeof address === "object");
  const idle: Socket[] = [];
  for (let i = 0; i < 40; i++) idle.push(await open(t, address.port));
  for (let i = 0; i < 3; i++) {
    const response = await fetch(`http://127.0.0.1:${address.port}`);
    assert.equal(await response.text(), "ok");
  }
  await eventually(() => idle.filter(({ destroyed }) => !destroyed).length <= 10, t);
  assert.ok(idle[0]?.destroyed, "the oldest is still there");
});

/** Requests of which the connection is gone before they are answered, each in its way. */
const DEAD = {
  "a transfer coding that nobody knows":
    "GET /health HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n",
  "a reset after the request": "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "a reset within the body":
    "POST /api/v1/cycle HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
};
for (const [how, request] of Object.entries(DEAD)) {
  test(`a request that dies early is no bug, and is logged with the client's address: ${how}`, async (t) => {
    const { events, lines } = captureLog();
    const { port, told, server } = await start(t, { events });
    for (let i = 0; i < 100; i++) {
      const socket = await open(t, port);
      await new Promise((sent) => socket.write(request, sent));
      socket.resetAndDestroy();
    }
    // Those before it have been read by then.
    const { status } = await fetch(`${server.url}/health`);
    assert.equal(status, 200);
    await server[Symbol.asyncDispose]();
    assert.deepEqual(told.requestEnded, []);
    const said = lines().filter((line) => !line.includes("HTTP at"));
    assert.ok(said.length <= 30, said.join("\n"));
    assert.doesNotMatch(said.join("\n"), /ERROR/);
    for (const line of said) assert.match(line, /from 127\.0\.0\.1/);
  });
}

test("a client that disconnects before the answer is logged with its address, and counts against its limit", async (t) => {
  const setup = await setUpHttp(t);
  const limited = { ...OPEN, requestsPerMinute: 5, host: "127.0.0.1", port: 0 };
  const server = await serve(setup.httpParts, limited);
  t.after(() => server[Symbol.asyncDispose]());
  const port = Number(new URL(server.url).port);
  for (let i = 0; i < 5; i++) {
    const socket = await open(t, port);
    await new Promise((sent) => socket.write(DEAD["a reset after the request"], sent));
    socket.resetAndDestroy();
  }
  await eventually(() => setup.told.requestEnded.length === 5, t);
  assert.equal((await fetch(`${server.url}/health`)).status, 429);
  for (const { client, bug } of setup.told.requestEnded) {
    assert.equal(client, "127.0.0.1");
    assert.equal(bug, undefined);
  }
});

test("headers and bodies that never end are not waited for", async (t) => {
  const { app } = await setUpHttp(t);
  const { headersTimeout, requestTimeout, keepAliveTimeout } = app.server;
  assert.deepEqual([headersTimeout, requestTimeout, keepAliveTimeout], [10_000, 30_000, 15_000]);
});

test("a stack trace of any script is searched for as long as a text may be", async (t) => {
  const { server, told } = await start(t);
  const text = "例".repeat(32_000);
  const answer = await fetch(`${server.url}/api/v1/search?q=${encodeURIComponent(text)}`);
  assert.equal(answer.status, 200, JSON.stringify(told));
});
