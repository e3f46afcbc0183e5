import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import type { SeedDocument } from "../../support/fakes/fake-log-store.ts";
import { settled, type ManualClock } from "../../support/fakes/manual-clock.ts";
import { samplesIn } from "../../support/asserts/metric-samples.ts";
import { bearer, setUpHttp, TOKEN } from "./http-setup.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");

function pendingLog(day: number, minutesAgo: number): SeedDocument {
  const time = new Date(NOW - minutesAgo * 60_000).toISOString();
  const source = { message: `error ${day}`, level: "ERROR", "@timestamp": time };
  return { index: `logs-2026.01.0${day}`, id: String(day), source };
}

const DOCUMENTS = [pendingLog(1, 90), pendingLog(2, 5)];
const BACKLOG = 'log_vectorizer_backlog_records{index_group="logs"}';
const OPENSEARCH_UP = 'log_vectorizer_dependency_up{dependency="opensearch"}';

/** Resolves once a scrape waits for what is asked. */
async function waiting(clock: ManualClock): Promise<void> {
  while (clock.sleepers === 0) await settled();
}

async function setUp(t: Parameters<typeof setUpHttp>[0], options: Parameters<typeof setUpHttp>[1]) {
  const setup = await setUpHttp(t, options);
  const scrape = async () => {
    const response = await setup.app.inject({ url: "/metrics", headers: bearer() });
    assert.equal(response.statusCode, 200, response.body);
    return samplesIn(response.body);
  };
  return { ...setup, scrape };
}

test("metrics show what is pending by group of indices, since when, and who is there", async (t) => {
  const { scrape, app } = await setUp(t, { documents: DOCUMENTS });
  const samples = await scrape();
  assert.equal(samples.get(BACKLOG), 2);
  assert.equal(samples.get('log_vectorizer_coverage_ratio{index_group="logs"}'), 0);
  assert.equal(samples.get('log_vectorizer_oldest_pending_age_seconds{index_group="logs"}'), 5400);
  assert.equal(samples.get('log_vectorizer_unfit_indices{intentional="false"}'), 0);
  assert.equal(samples.get("log_vectorizer_progress_ratio"), 0);
  assert.equal(samples.get(OPENSEARCH_UP), 1);
  assert.equal(samples.get("log_vectorizer_breaker_open"), 0);
  assert.ok(samples.has("nodejs_eventloop_lag_p99_seconds"));
  const { headers } = await app.inject("/metrics");
  assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
});

test("however often it is scraped, the others are asked every half minute at most", async (t) => {
  const { scrape, store, clock, embedder } = await setUp(t, { documents: DOCUMENTS });
  for (let second = 0; second < 30; second++) {
    await scrape();
    await clock.advance(1000);
  }
  assert.deepEqual([store.calls.coverage, store.calls.info], [1, 1]);
  await scrape();
  assert.deepEqual([store.calls.coverage, store.calls.info], [2, 2]);
  assert.equal(embedder.calls.length, 0);
});

test("metrics that cannot be known while OpenSearch is away are absent, not 0, and counters stay", async (t) => {
  const { scrape, store, clock } = await setUp(t, { documents: DOCUMENTS });
  await scrape();
  for (const method of ["survey", "info"] as const) {
    store.before(method, () => {
      throw new Fault("outage", "OpenSearch at http://x: connection refused");
    });
  }
  await clock.advance(30_000);
  const away = await scrape();
  const gone = ["backlog", "coverage", "oldest", "unfit", "quarantined_", "progress"];
  const names = [...away.keys()].map((name) => name.replace("log_vectorizer_", ""));
  assert.deepEqual(
    names.filter((name) => gone.some((start) => name.startsWith(start))),
    [],
  );
  assert.equal(away.get(OPENSEARCH_UP), 0);
  assert.equal(away.get('log_vectorizer_records_total{source="backfill",outcome="updated"}'), 0);
  for (const method of ["survey", "info"] as const) store.before(method, undefined);
  await clock.advance(30_000);
  const back = await scrape();
  assert.equal(back.get(BACKLOG), 2);
  assert.equal(back.get(OPENSEARCH_UP), 1);
});

test("a cluster that hangs holds no scrape up: it has what was known before, for two minutes", async (t) => {
  const { scrape, store, clock } = await setUp(t, { documents: DOCUMENTS });
  await scrape();
  const never = Promise.withResolvers<void>();
  store.before("survey", () => never.promise);
  await clock.advance(60_000);
  const scrapeFor = async () => {
    const scraping = scrape();
    await waiting(clock);
    await clock.advance(1000);
    return scraping;
  };
  assert.equal((await scrapeFor()).get(BACKLOG), 2);
  await clock.advance(60_000);
  assert.equal((await scrapeFor()).has(BACKLOG), false);
  never.resolve();
  await settled();
  assert.equal((await scrape()).get(BACKLOG), 2);
});

test("a cluster that hangs from the start is no reason to say nothing", async (t) => {
  const { app, store, clock } = await setUpHttp(t, { documents: DOCUMENTS });
  store.before("survey", () => new Promise<void>(() => undefined));
  const scraping = app.inject("/metrics");
  // It begins with the first who waits for it.
  void scraping.then(() => undefined);
  await waiting(clock);
  await clock.advance(1000);
  const { body, statusCode } = await scraping;
  assert.equal(statusCode, 200);
  assert.match(body, /^log_vectorizer_build_info\{version="1\.2\.3",role="daemon"\} 1$/m);
  assert.equal(samplesIn(body).has(BACKLOG), false);
});

test("metrics want the token, where there is one", async (t) => {
  const { app } = await setUpHttp(t, { settings: { token: TOKEN } });
  const accept =
    "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
  const without = await app.inject({ url: "/metrics", headers: { accept } });
  assert.equal(without.statusCode, 401);
  assert.doesNotMatch(without.body, /log_vectorizer_/);
  const wrong = await app.inject({ url: "/metrics", headers: bearer(`${TOKEN}x`) });
  assert.equal(wrong.statusCode, 401);
  const right = await app.inject({ url: "/metrics", headers: { accept, ...bearer() } });
  assert.equal(right.statusCode, 200);
});

test("a client that uses up the limit of requests does not keep a scrape from its answer", async (t) => {
  const { app, scrape } = await setUp(t, { settings: { requestsPerMinute: 5 } });
  for (let request = 0; request < 5; request++) await app.inject("/api/v1/status");
  assert.equal((await app.inject("/api/v1/status")).statusCode, 429);
  for (let second = 0; second < 60; second++) await scrape();
});

test("routes are told apart as they are registered, whatever is asked for", async (t) => {
  const { app, scrape } = await setUp(t, { documents: DOCUMENTS });
  for (const id of ["1", "2", "secret-id"]) {
    await app.inject(`/api/v1/logs/logs-2026.01.01/${id}/similar`);
    await app.inject(`/nowhere/${id}`);
  }
  await app.inject({ method: "PROPFIND", url: "/health" });
  const names = [...(await scrape()).keys()];
  const routes = names.filter((name) => name.startsWith("log_vectorizer_http_requests_total"));
  assert.ok(routes.some((name) => name.includes('route="/api/v1/logs/:index/:id/similar"')));
  assert.ok(routes.some((name) => name.includes('route="(no such route)"')));
  assert.equal(names.filter((name) => name.includes("secret-id")).length, 0);
});

test("a search counts: its stage, its texts, and the record that it gave a vector", async (t) => {
  const { app, scrape, store, run } = await setUp(t, { documents: DOCUMENTS });
  await run();
  await store.makeVisible(["logs-2026.01.01", "logs-2026.01.02"], new AbortController().signal);
  store.seed([pendingLog(3, 1)]);
  const found = await app.inject("/api/v1/search?q=error");
  const similar = await app.inject("/api/v1/logs/logs-2026.01.03/3/similar");
  assert.deepEqual([found.statusCode, similar.statusCode], [200, 200], similar.body);
  const samples = await scrape();
  const searches = 'log_vectorizer_stage_duration_seconds_count{stage="search"}';
  assert.equal(samples.get(searches), 2);
  assert.equal(samples.get('log_vectorizer_records_total{source="search",outcome="updated"}'), 1);
});

test("a request to the embedder that hangs is in progress, and then a timeout", async (t) => {
  const { app, scrape, embedder } = await setUp(t, {});
  const inProgress = 'log_vectorizer_requests_in_progress{target="embedder"}';
  const late = Promise.withResolvers<void>();
  embedder.plan(async () => {
    await late.promise;
    throw new Fault("configuration", "fake: no answer within 60 s", { timedOut: true });
  });
  const body = { logs: [{ log_id: "1", message: "x" }] };
  const asked = app.inject({ method: "POST", url: "/api/v1/embedding/batch", payload: body });
  void asked.then(() => undefined);
  while (embedder.calls.length === 0) await settled();
  assert.equal((await scrape()).get(inProgress), 1);
  late.resolve();
  assert.equal((await asked).statusCode, 503);
  const samples = await scrape();
  assert.equal(samples.get(inProgress), 0);
  assert.equal(samples.get('log_vectorizer_requests_total{target="embedder"}'), 1);
  assert.equal(samples.get('log_vectorizer_request_timeouts_total{target="embedder"}'), 1);
  const failed = 'log_vectorizer_request_errors_total{target="embedder",kind="configuration"}';
  assert.equal(samples.get(failed), 1);
});
