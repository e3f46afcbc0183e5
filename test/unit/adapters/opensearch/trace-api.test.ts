import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import type { Api, Request } from "../../../../src/adapters/opensearch/api.ts";
import { traceApi } from "../../../../src/adapters/opensearch/trace-api.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { openTraced } from "../../../support/servers/traced.ts";

const { signal } = new AbortController();

async function setUp(t: TestContext, url: string, fault?: Fault) {
  const { tracer, sent } = await openTraced(t);
  const api: Api = {
    url,
    timeoutMs: 30_000,
    send: (_request, answer) => {
      if (fault) throw fault;
      return Promise.resolve(answer.parse({}));
    },
  };
  const traced = traceApi(api, tracer);
  const send = (request: Request) => traced.send(request, z.unknown(), signal);
  return { tracer, sent, send };
}

for (const [path, operation] of [
  ["/_bulk", "bulk"],
  ["/_msearch?filter_path=a", "msearch"],
  ["/app_logs,secret-index/_mapping", "mapping"],
  ["/app_logs/_search/point_in_time", "search"],
  ["/secret-index", "index"],
  ["/", "info"],
] as const) {
  test(`a request to ${path} is told of as ${operation}, without the rest of its path`, async (t) => {
    const { tracer, sent, send } = await setUp(t, "https://node-1.example/");
    await tracer.span("cycle", {}, () => send({ method: "POST", path }));
    const [span] = await sent();
    assert.equal(span?.name, operation);
    assert.equal(span.kind, "client");
    assert.deepEqual(span.attributes, {
      "db.system.name": "opensearch",
      "db.operation.name": operation,
      "http.request.method": "POST",
      "server.address": "node-1.example",
      "server.port": 443,
    });
  });
}

test("of several nodes none is named", async (t) => {
  const { tracer, sent, send } = await setUp(t, "http://a:9200,http://b:9200");
  await tracer.span("cycle", {}, () => send({ method: "GET", path: "/" }));
  const [span] = await sent();
  assert.equal(span?.attributes["server.address"], undefined);
});

test("a fault is told by its kind", async (t) => {
  const fault = new Fault("rate", "OpenSearch: 429 for app_logs");
  const { tracer, sent, send } = await setUp(t, "http://a:9200", fault);
  await assert.rejects(
    tracer.span("cycle", {}, () => send({ method: "GET", path: "/" })),
    fault,
  );
  const spans = await sent();
  assert.deepEqual(
    spans.map(({ attributes }) => attributes["error.type"]),
    ["rate", "rate"],
  );
});

test("a request outside any trace, such as a probe, is not traced", async (t) => {
  const { sent, send } = await setUp(t, "http://a:9200");
  await send({ method: "GET", path: "/" });
  assert.deepEqual(await sent(), []);
});
