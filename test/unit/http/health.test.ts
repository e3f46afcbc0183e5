import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { bearer, setUpHttp, TOKEN } from "./http-setup.ts";

test("health says that it lives, and asks nobody", async (t) => {
  const { app, store } = await setUpHttp(t);
  const response = await app.inject("/health");
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), { status: "ok", version: "1.2.3" });
  assert.equal(store.calls.info, 0);
});

test("ready names each that is needed, with latency and last success", async (t) => {
  const { app, embedder } = await setUpHttp(t);
  const response = await app.inject("/ready");
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), {
    status: "ready",
    dependencies: [
      {
        name: "opensearch",
        ready: true,
        latency_ms: 0,
        last_success: "2026-01-02T03:04:05.000Z",
        error: null,
      },
      { name: "embedder", ready: true, latency_ms: null, last_success: null, error: null },
    ],
  });
  assert.equal(embedder.calls.length, 0, "it costs nothing");
});

test("OpenSearch is away: 503 with the reason and since when, and 200 once it is back", async (t) => {
  const { app, store, clock } = await setUpHttp(t);
  await app.inject("/ready");
  store.before("info", () => {
    throw new Fault("outage", "OpenSearch at http://x: connection refused", { hint: "Start it." });
  });
  await clock.advance(10_000);
  const down = await app.inject("/ready");
  assert.equal(down.statusCode, 503);
  assert.partialDeepStrictEqual(down.json(), {
    status: "not ready",
    dependencies: [
      {
        name: "opensearch",
        ready: false,
        last_success: "2026-01-02T03:04:05.000Z",
        error: {
          kind: "outage",
          message: "OpenSearch at http://x: connection refused",
          hint: "Start it.",
          since: "2026-01-02T03:04:15.000Z",
        },
      },
    ],
  });
  store.before("info", undefined);
  await clock.advance(10_000);
  assert.equal((await app.inject("/ready")).statusCode, 200);
});

test("many who ask at once cost OpenSearch one question, and it is not asked again for a while", async (t) => {
  const { app, store, clock } = await setUpHttp(t);
  await Promise.all(Array.from({ length: 20 }, () => app.inject("/ready")));
  assert.equal(store.calls.info, 1);
  await clock.advance(2001);
  await app.inject("/ready");
  assert.equal(store.calls.info, 2);
});

test("an embedder that failed at its last request is not ready until it answers one", async (t) => {
  const { app, embedder, clock } = await setUpHttp(t, { enrich: { maxEntries: 0 } });
  const payload = { logs: [{ log_id: "a", message: "connection refused" }] };
  const embed = () => app.inject({ method: "POST", url: "/api/v1/embedding/batch", payload });
  embedder.always(() => {
    throw new Fault("credentials", "fake: 401");
  });
  assert.equal((await embed()).statusCode, 503);
  assert.equal((await app.inject("/ready")).statusCode, 503);
  embedder.always(({ answer }) => answer());
  await clock.advance(120_000);
  assert.equal((await embed()).statusCode, 200);
  await clock.advance(3000);
  assert.equal((await app.inject("/ready")).statusCode, 200);
});

test("with a token both are open without it, but the details are not", async (t) => {
  const { app, store } = await setUpHttp(t, { settings: { token: TOKEN } });
  store.before("info", () => {
    throw new Fault("outage", "OpenSearch at http://secret-host:9200: connection refused");
  });
  assert.equal((await app.inject("/health")).statusCode, 200);
  const bare = await app.inject("/ready");
  assert.equal(bare.statusCode, 503);
  assert.deepEqual(bare.json(), {
    status: "not ready",
    dependencies: [
      { name: "opensearch", ready: false },
      { name: "embedder", ready: true },
    ],
  });
  const full = await app.inject({ url: "/ready", headers: bearer() });
  assert.match(full.body, /secret-host/);
});
