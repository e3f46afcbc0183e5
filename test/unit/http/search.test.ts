import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import type { SearchAnswer } from "../../../src/search/search-answer.ts";
import type { SearchQuery } from "../../../src/search/search.ts";
import { pending, vectorized } from "../search/search-setup.ts";
import { problemOf, setUpHttp } from "./http-setup.ts";

const DOCUMENTS = [
  vectorized(1, "disk full on node 1", { service: { name: "billing" } }),
  vectorized(2, "connection reset by peer"),
  pending(3, "disk full on node 3"),
];

test("a search by HTTP is the command's: the nearest record first", async (t) => {
  const { app, httpParts } = await setUpHttp(t, { documents: DOCUMENTS });
  const response = await app.inject("/api/v1/search?q=disk%20full%20on%20node%201&limit=1");
  assert.equal(response.statusCode, 200, response.body);
  const answer = response.json<SearchAnswer>();
  assert.partialDeepStrictEqual(answer.hits[0], { id: "log-1", message: "disk full on node 1" });
  const own = await httpParts.search.search(
    { text: "disk full on node 1", mode: "both", limit: 1 },
    httpParts.stop,
  );
  // The second time the text costs nothing.
  const { embedding, duration_ms } = answer;
  assert.deepEqual(answer, { ...own, embedding, duration_ms });
});

test("all filters arrive as the command has them", async (t) => {
  const asked: SearchQuery[] = [];
  const { app, clock, httpParts } = await setUpHttp(t, { documents: DOCUMENTS });
  const { search } = httpParts.search;
  httpParts.search.search = (query, stop) => {
    asked.push(query);
    return search(query, stop);
  };
  await app.inject(
    "/api/v1/search?q=x&since=2h&until=2026-01-31T12:00:00Z&service=a&level=error&index=app-*&min_score=0.5&limit=3&mode=words",
  );
  assert.deepEqual(asked, [
    {
      text: "x",
      mode: "words",
      since: clock.now() - 7_200_000,
      until: Date.UTC(2026, 0, 31, 12),
      service: "a",
      level: "error",
      index: "app-*",
      minScore: 0.5,
      limit: 3,
    },
  ]);
});

test("records similar to one are found by its index and id, and that one gets its vector", async (t) => {
  const { app } = await setUpHttp(t, { documents: DOCUMENTS });
  const response = await app.inject("/api/v1/logs/app_logs/log-3/similar?limit=2");
  assert.equal(response.statusCode, 200, response.body);
  const { query, stored, hits } = response.json<SearchAnswer>();
  assert.deepEqual([query.id, stored, hits.length], ["log-3", "updated", 2]);
});

for (const [url, status, detail] of [
  ["/api/v1/search", 400, /^query q: /],
  ["/api/v1/search?q=", 400, /^query q: /],
  ["/api/v1/search?q=%20", 400, /blank/],
  [`/api/v1/search?q=${"x".repeat(32_769)}`, 400, /^query q: /],
  ["/api/v1/search?q=x&since=tomorrow", 400, /^query since: neither ISO 8601/],
  ["/api/v1/search?q=x&since=1h&until=2h", 400, /since: it is later than until/],
  ["/api/v1/search?q=x&min_score=2", 400, /^query min_score: /],
  ["/api/v1/search?q=x&limit=101", 400, /^query limit: /],
  ["/api/v1/search?q=x&mode=sense", 400, /^query mode: /],
  ["/api/v1/search?q=%2B%2B&mode=words", 400, /no word/],
  ["/api/v1/search?q=x&colour=red", 400, /colour/],
  ["/api/v1/logs/app_logs/nobody/similar", 404, /has no document nobody/],
  ["/api/v1/logs/app_logs/nobody/similar?shard_key=r", 404, /nobody with the shard key r/],
  ["/api/v1/logs/app_logs/nobody/similar?routing=r", 404, /nobody with the shard key r/],
  ["/api/v1/logs/no_such/1/similar", 404, /no index, alias or data stream no_such/],
] as const) {
  test(`${url.slice(0, 60)} is refused: ${status}`, async (t) => {
    const { app } = await setUpHttp(t, { documents: DOCUMENTS });
    const response = await app.inject(url);
    assert.equal(response.statusCode, status, response.body);
    assert.match(String(problemOf(response)["detail"]), detail);
  });
}

test("an outage is a 503 with what to do, also where a search meets it", async (t) => {
  const { app, store } = await setUpHttp(t, { documents: DOCUMENTS });
  store.before("survey", () => {
    throw new Fault("outage", "OpenSearch at http://x: connection refused", { hint: "Start it." });
  });
  const response = await app.inject("/api/v1/search?q=x");
  assert.equal(response.statusCode, 503);
  assert.partialDeepStrictEqual(problemOf(response), { kind: "outage", hint: "Start it." });
});

for (const headers of [
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { origin: "http://evil.example" },
]) {
  test(`no page of another site lets us pay: ${JSON.stringify(headers)}`, async (t) => {
    const { app, embedder } = await setUpHttp(t, { documents: DOCUMENTS });
    for (const url of ["/api/v1/search?q=x", "/api/v1/logs/app_logs/log-3/similar"]) {
      const response = await app.inject({ url, headers: { host: "localhost:9464", ...headers } });
      assert.equal(response.statusCode, 403);
    }
    assert.equal(embedder.calls.length, 0);
  });
}
