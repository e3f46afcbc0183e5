import assert from "node:assert/strict";
import { test } from "node:test";
import { createFanOut } from "../../src/observability/fan-out.ts";
import { inRequest } from "../../src/observability/scope.ts";
import { recordEvents } from "../support/recorded-events.ts";
import { captureLog } from "./captured-log.ts";

const GET = { method: "GET", route: "/health", status: 200, durationMs: 2 };

test("where it listens, what changes something, and what is refused is worth a line; to be asked is not", () => {
  const { events, messages } = captureLog();
  events.httpStarted({ url: "http://127.0.0.1:9464", open: true });
  events.httpUnavailable({ problem: "HTTP_PORT 9464 is taken" });
  events.requestEnded(GET);
  events.requestEnded({ ...GET, method: "POST", route: "/api/v1/cycle", status: 202 });
  events.requestEnded({ ...GET, status: 401, reason: "a wrong token" });
  assert.deepEqual(messages(), [
    "INFO  HTTP at http://127.0.0.1:9464, open to this machine alone",
    "WARN  Going on without HTTP: HTTP_PORT 9464 is taken",
    "INFO  POST /api/v1/cycle 202",
    "WARN  GET /health 401: a wrong token",
  ]);
});

test("a stranger who is refused all the time does not fill the log", () => {
  const { events, messages, clock } = captureLog();
  for (let i = 0; i < 1000; i++) events.requestEnded({ ...GET, status: 401 });
  assert.equal(messages().length, 10);
  clock.jump(60_000);
  events.requestEnded({ ...GET, status: 401 });
  assert.equal(messages().length, 11);
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
