import assert from "node:assert/strict";
import { test } from "node:test";
import { createFanOut } from "../../../src/telemetry/fan-out.ts";
import { inRequest } from "../../../src/telemetry/log-context.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { captureLog } from "./captured-log.ts";

const GET = { method: "GET", route: "/health", status: 200, durationMs: 2, client: "192.0.2.7" };

test("where it listens, what changes something, and what is refused is worth a line; to be asked is not", () => {
  const { events, messages } = captureLog();
  events.httpStarted({ url: "http://127.0.0.1:9464", open: true });
  events.httpUnavailable({ problem: "HTTP_PORT 9464 is taken" });
  events.requestEnded(GET);
  events.requestEnded({ ...GET, method: "POST", route: "/api/v1/cycle", status: 202 });
  events.requestEnded({ ...GET, status: 401, reason: "a wrong token" });
  assert.deepEqual(messages(), [
    "INFO  HTTP at http://127.0.0.1:9464, open to this machine alone",
    "WARN  Continuing without HTTP: HTTP_PORT 9464 is taken",
    "INFO  POST /api/v1/cycle from 192.0.2.7 202",
    "WARN  GET /health from 192.0.2.7 401: a wrong token",
  ]);
});

test("a stranger who is refused all the time does not fill the log", () => {
  const { events, messages, clock } = captureLog();
  for (let i = 0; i < 1000; i++) events.requestEnded({ ...GET, status: 401 });
  assert.equal(messages().length, 15);
  assert.equal(
    messages().at(-1),
    "WARN  GET /health from 192.0.2.7 401; more of this client within this minute are at level debug",
  );
  events.requestEnded({ ...GET, status: 403, client: "192.0.2.8" });
  assert.equal(messages().at(-1), "WARN  GET /health from 192.0.2.8 403", "another has his own");
  clock.jump(60_000);
  events.requestEnded({ ...GET, status: 401 });
  assert.equal(messages().length, 17);
});

test("nor do many strangers together, nor what fails or is done again and again", () => {
  const { events, messages } = captureLog();
  for (let i = 0; i < 3000; i++) {
    const client = `10.0.${i >> 8}.${i & 255}`;
    if (i % 3 === 0) events.requestEnded({ ...GET, client, status: 500, bug: new Error("x") });
    else events.requestEnded({ ...GET, client, method: "POST", status: i % 3 === 1 ? 404 : 303 });
  }
  assert.equal(messages().length, 150);
});

test("a mistake of ours is one line, with its stack", () => {
  const { events, lines } = captureLog();
  events.requestEnded({ ...GET, status: 500, bug: new TypeError("no such thing") });
  assert.equal(lines().length, 1);
  assert.match(
    String(lines()[0]),
    /ERROR GET \/health from 192\.0\.2\.7 failed unexpectedly: TypeError: no such thing \| at .*http-events\.test\.ts/,
  );
  assert.doesNotMatch(String(lines()[0]), /\n/);
});

for (const format of ["human", "json"] as const) {
  test(`each ${format} line of a request has its id, whatever waits in between, and no other line has`, async () => {
    const { events, lines } = captureLog({ format });
    await inRequest("by-hand-1", async () => {
      events.cycleSkipped();
      await Promise.resolve();
      events.cycleSkipped();
    });
    events.cycleSkipped();
    assert.deepEqual(
      lines().map((line) => /\(request by-hand-1\)$|"http\.request\.id":"by-hand-1"/.test(line)),
      [true, true, false],
    );
  });
}

test("listeners hear of what is told, after the first and until they have heard enough", () => {
  const first = recordEvents();
  const { events, listen } = createFanOut(first.events);
  const heard: number[] = [];
  const unlisten = listen({ cycleStarted: ({ cycle }) => heard.push(cycle) });
  events.cycleStarted({ cycle: 1, drain: false });
  events.cycleSkipped();
  // Whoever takes a copy of them tells everybody too.
  ({ ...events }).cycleStarted({ cycle: 2, drain: false });
  unlisten();
  events.cycleStarted({ cycle: 3, drain: false });
  assert.deepEqual(heard, [1, 2]);
  assert.deepEqual(first.names, ["cycleStarted", "cycleSkipped", "cycleStarted", "cycleStarted"]);
});
