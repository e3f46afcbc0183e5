import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { escapeControls } from "../../../src/telemetry/escape.ts";
import { errorLogs } from "../../support/log-documents.ts";
import { refused } from "../pipeline/quarantine/quarantine-setup.ts";
import { problemOf, setUpHttp } from "./http-setup.ts";

const json = { "content-type": "application/json" };

test("status is the very text that the command prints", async (t) => {
  const { app, httpParts } = await setUpHttp(t, { documents: errorLogs(3) });
  const response = await app.inject("/api/v1/status");
  assert.equal(response.statusCode, 200);
  assert.equal(response.body, escapeControls(JSON.stringify(await httpParts.status())));
  assert.equal(response.json<{ total: { pending: number } }>().total.pending, 3);
});

test("many who ask for the status cost OpenSearch one count, those for the overview included", async (t) => {
  const { app, store } = await setUpHttp(t, { documents: errorLogs(3) });
  const urls = ["/api/v1/status", "/api/v1/overview"];
  await Promise.all(Array.from({ length: 40 }, (_, i) => app.inject(urls[i % 2] ?? "")));
  assert.equal(store.calls.coverage, 1);
});

test("where OpenSearch is away the status is a problem that says so, and the overview says it too", async (t) => {
  const { app, store } = await setUpHttp(t);
  for (const method of ["survey", "info"] as const) {
    store.before(method, () => {
      throw new Fault("outage", "OpenSearch at http://x: connection refused", {
        hint: "Start it.",
      });
    });
  }
  const status = await app.inject("/api/v1/status");
  assert.equal(status.statusCode, 503);
  assert.partialDeepStrictEqual(problemOf(status), {
    title: "Service Unavailable",
    detail: "OpenSearch at http://x: connection refused",
    kind: "outage",
    hint: "Start it.",
  });
  const overview = await app.inject("/api/v1/overview");
  assert.equal(overview.statusCode, 200);
  assert.partialDeepStrictEqual(overview.json(), {
    coverage: null,
    coverage_error: { kind: "outage" },
    state: { word: "broken", hint: "Start it." },
  });
});

test("a cycle is started: 202", async (t) => {
  const { app, cycles } = await setUpHttp(t);
  const response = await app.inject({ method: "POST", url: "/api/v1/cycle" });
  assert.equal(response.statusCode, 202);
  assert.equal(cycles(), 1);
});

for (const [answer, status] of [
  ["running", 409],
  ["stopping", 503],
] as const) {
  test(`no cycle is started while ${answer}: ${status}`, async (t) => {
    const { app } = await setUpHttp(t, { parts: { startCycle: () => answer } });
    const response = await app.inject({ method: "POST", url: "/api/v1/cycle" });
    assert.equal(response.statusCode, status);
    problemOf(response);
  });
}

test("a process without cycles says that it has none", async (t) => {
  const { app } = await setUpHttp(t, { parts: { startCycle: undefined } });
  const response = await app.inject({ method: "POST", url: "/api/v1/cycle" });
  assert.equal(response.statusCode, 404);
  assert.match(String(problemOf(response)["detail"]), /ask the daemon/);
});

const QUARANTINED = [
  refused(1),
  refused(2, { error: "too long" }),
  refused(3, { index: "db_logs" }),
];

test("the quarantine is listed, newest first, with filters and a limit", async (t) => {
  const { app } = await setUpHttp(t, { documents: QUARANTINED });
  const list = async (query: string) => {
    const response = await app.inject(`/api/v1/quarantine?${query}`);
    assert.equal(response.statusCode, 200, response.body);
    const { total, quarantined } = response.json<{
      total: number;
      quarantined: { id: string }[];
    }>();
    return [total, quarantined.map(({ id }) => id)];
  };
  assert.deepEqual(await list(""), [3, ["log-3", "log-2", "log-1"]]);
  assert.deepEqual(await list("limit=1"), [3, ["log-3"]]);
  assert.deepEqual(await list("index=app_*"), [2, ["log-2", "log-1"]]);
  assert.deepEqual(await list("error=TOO"), [1, ["log-2"]]);
  assert.deepEqual(await list("id=log-3"), [1, ["log-3"]]);
  assert.deepEqual(await list("never=true"), [0, []]);
});

test("records of the quarantine are tried again: those of the filter, or all, or only counted", async (t) => {
  const { app } = await setUpHttp(t, { documents: QUARANTINED });
  const retry = async (payload: object) => {
    const response = await app.inject({ method: "POST", url: "/api/v1/quarantine/retry", payload });
    assert.equal(response.statusCode, 200, response.body);
    return response.json<Record<string, unknown>>();
  };
  assert.partialDeepStrictEqual(await retry({ all: true, dry_run: true }), {
    matched: 3,
    dry_run: true,
  });
  assert.partialDeepStrictEqual(await retry({ index: "db_*" }), { matched: 1, changed: 1 });
  assert.partialDeepStrictEqual(await retry({ all: true }), { matched: 2, changed: 2 });
  const { total } = (await app.inject("/api/v1/quarantine")).json<{ total: number }>();
  assert.equal(total, 0);
});

for (const [what, payload] of [
  ["neither a filter nor all", {}],
  ["both a filter and all", { all: true, id: "x" }],
  ["a field that it does not know", { all: true, drop: true }],
  ["a filter of another type", { id: 7 }],
] as const) {
  test(`a retry with ${what} is refused, and nothing is changed`, async (t) => {
    const { app, store } = await setUpHttp(t, { documents: QUARANTINED });
    const url = "/api/v1/quarantine/retry";
    const response = await app.inject({ method: "POST", url, payload, headers: json });
    assert.equal(response.statusCode, 400);
    assert.match(String(problemOf(response)["detail"]), /^body/);
    assert.equal(store.calls.write, 0);
  });
}

for (const query of ["limit=0", "limit=1001", "limit=x", "never=perhaps", "index=", "x=1"]) {
  test(`the quarantine is not listed with ${query}`, async (t) => {
    const { app, store } = await setUpHttp(t);
    const response = await app.inject(`/api/v1/quarantine?${query}`);
    assert.equal(response.statusCode, 400);
    assert.match(String(problemOf(response)["detail"]), /^query/);
    assert.equal(store.calls.survey, 0);
  });
}

test("the quarantine is read by one at a time", async (t) => {
  const { app, store } = await setUpHttp(t, { documents: QUARANTINED });
  const { promise, resolve } = Promise.withResolvers<void>();
  store.before("survey", () => promise);
  // Sent by its `then` and not before.
  const first = app.inject("/api/v1/quarantine").then((response) => response);
  const second = await app.inject("/api/v1/quarantine");
  assert.equal(second.statusCode, 429);
  assert.equal(second.headers["retry-after"], "2");
  resolve();
  assert.equal((await first).statusCode, 200);
});

test("the overview says what is slower than usual, in a sentence for a person", async (t) => {
  const sentence = "embedding takes 4.2 s a request, usually 0.3 to 0.6 s at this hour";
  const anomaly = {
    series: "embed" as const,
    since: "2026-01-02T03:00:00.000Z",
    sentence,
    value: 4200,
    usual: [300, 600] as [number, number],
  };
  const { app } = await setUpHttp(t, { anomalies: [anomaly] });
  const overview = await app.inject("/api/v1/overview");
  assert.deepEqual(overview.json<{ anomalies: unknown }>().anomalies, [anomaly]);
});
