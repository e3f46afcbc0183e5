import assert from "node:assert/strict";
import { test } from "node:test";
import { createEvents } from "../../../src/telemetry/events.ts";
import { captureLog } from "../telemetry/captured-log.ts";
import { errorLogs } from "../../support/log-documents.ts";
import { named, openTraced, treeOf } from "../../support/servers/traced.ts";
import { setUpHttp } from "./http-setup.ts";

const CALLER = "0af7651916cd43dd8448eb211c80319c";
const headers = {
  traceparent: `00-${CALLER}-b7ad6b7169203331-01`,
  tracestate: "vendor=1",
  "x-request-id": "mine",
};

test("a request goes on with its caller's trace, and its line says so", async (t) => {
  const { tracer, sent } = await openTraced(t);
  const log = captureLog({ format: "json", level: "debug" });
  const events = createEvents(log.logger, log.clock);
  const startCycle = () => {
    events.cycleSkipped();
    return "started" as const;
  };
  const { app } = await setUpHttp(t, { parts: { tracer, events, startCycle } });
  const response = await app.inject({ method: "POST", url: "/api/v1/cycle", headers });
  assert.equal(response.statusCode, 202);
  const [span, ...others] = await sent();
  assert.deepEqual(others, []);
  assert.equal(span?.name, "POST /api/v1/cycle");
  assert.equal(span.kind, "server");
  assert.equal(span.traceId, CALLER);
  assert.equal(span.parentSpanId, "b7ad6b7169203331");
  assert.equal(span.traceState, "vendor=1");
  assert.deepEqual(span.attributes, {
    "http.request.method": "POST",
    "http.route": "/api/v1/cycle",
    "http.response.status_code": 202,
    "url.scheme": "http",
  });
  const lines = log.objects();
  assert.deepEqual(
    lines.map((line) => line["event.action"]),
    ["cycle-skipped", "request-ended"],
  );
  for (const line of lines) {
    assert.partialDeepStrictEqual(line, {
      "http.request.id": "mine",
      "trace.id": CALLER,
      "span.id": span.spanId,
      "transaction.id": span.spanId,
    });
  }
});

test("a search is a part of its request, and tells nothing of what was sought", async (t) => {
  const { tracer, sent } = await openTraced(t);
  const { app } = await setUpHttp(t, {
    documents: errorLogs(3),
    parts: { tracer },
    enrich: { tracer },
  });
  const response = await app.inject("/api/v1/search?q=secret+words&level=error");
  assert.equal(response.statusCode, 200, response.body);
  const spans = await sent();
  assert.deepEqual(treeOf(spans), ["GET /api/v1/search", "  search"]);
  assert.partialDeepStrictEqual(named(spans, "search").attributes, {
    "log_vectorizer.search.limit": 10,
    "log_vectorizer.search.filters": "level",
    "log_vectorizer.indices": 1,
  });
  const told = JSON.stringify(spans);
  assert.doesNotMatch(told, /secret|words/);
});

test("a mistake of ours has failed, a refusal has not", async (t) => {
  const { tracer, sent } = await openTraced(t);
  const status = () => Promise.reject(new Error("cannot read property secret of undefined"));
  const { app } = await setUpHttp(t, { parts: { tracer, status } });
  await app.inject("/api/v1/status");
  await app.inject("/secret-path");
  const spans = await sent();
  assert.deepEqual(
    spans.map(({ name, status: { failed }, attributes }) => [
      name,
      failed,
      attributes["error.type"],
    ]),
    [
      ["GET /api/v1/status", true, "500"],
      ["GET", false, undefined],
    ],
  );
  const told = JSON.stringify(spans);
  assert.doesNotMatch(told, /secret/);
});

test("requests that machines repeat make no traces", async (t) => {
  const { tracer, sent } = await openTraced(t);
  const { app } = await setUpHttp(t, { parts: { tracer } });
  for (const url of ["/health", "/ready", "/assets/page.css"]) await app.inject({ url, headers });
  assert.deepEqual(await sent(), []);
});
