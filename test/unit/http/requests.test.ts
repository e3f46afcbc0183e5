import assert from "node:assert/strict";
import { test } from "node:test";
import { currentContext } from "../../../src/telemetry/log-context.ts";
import { problemOf, setUpHttp } from "./http-setup.ts";

test("the caller's id of a request is in the answer and in all that happens for it", async (t) => {
  const seen: (string | undefined)[] = [];
  const startCycle = () => {
    seen.push(currentContext().request);
    return "started" as const;
  };
  const { app } = await setUpHttp(t, { parts: { startCycle } });
  const headers = { "x-request-id": "Root=1-67:abc/def" };
  const response = await app.inject({ method: "POST", url: "/api/v1/cycle", headers });
  assert.equal(response.headers["x-request-id"], "Root=1-67:abc/def");
  assert.deepEqual(seen, ["Root=1-67:abc/def"]);
});

test("it is there behind a body too", async (t) => {
  const seen: (string | undefined)[] = [];
  const embed = () => {
    seen.push(currentContext().request);
    return Promise.resolve({ vectors: [new Float32Array([1])], use: NOTHING });
  };
  const { app } = await setUpHttp(t, { parts: { embed } });
  const payload = { logs: [{ log_id: "a", message: "b" }] };
  const headers = { "x-request-id": "mine" };
  await app.inject({ method: "POST", url: "/api/v1/embedding/batch", payload, headers });
  assert.deepEqual(seen, ["mine"]);
});

const NOTHING = { requests: 0, texts: 0, tokens: 0, cost_usd: 0 };

for (const id of ["", "a b", "x".repeat(129), "a\u00e9", "-dash-first", '"quoted"']) {
  test(`an id like ${JSON.stringify(id.slice(0, 20))} is not taken over`, async (t) => {
    const { app } = await setUpHttp(t);
    const response = await app.inject({ url: "/health", headers: { "x-request-id": id } });
    assert.match(String(response.headers["x-request-id"]), /^[0-9a-f-]{36}$/);
  });
}

test("each request is told of once, by its route and not by what was asked for", async (t) => {
  const { app, told } = await setUpHttp(t);
  await app.inject("/api/v1/quarantine?error=secret-words");
  await app.inject("/secret-path");
  assert.deepEqual(
    told.requestEnded.map(({ method, route, status }) => [method, route, status]),
    [
      ["GET", "/api/v1/quarantine", 200],
      ["GET", "(no such route)", 404],
    ],
  );
  assert.doesNotMatch(JSON.stringify(told.requestEnded), /secret/);
});

test("a mistake of ours is a bare 500 with the id; the log has the rest", async (t) => {
  const status = () => Promise.reject(new Error("cannot read property secret of undefined"));
  const { app, told } = await setUpHttp(t, { parts: { status } });
  const response = await app.inject("/api/v1/status");
  assert.equal(response.statusCode, 500);
  const problem = problemOf(response);
  assert.equal(problem["request_id"], response.headers["x-request-id"]);
  assert.doesNotMatch(response.body, /secret|\.ts|at /);
  assert.equal(told.requestEnded.length, 1);
  assert.match(String(told.requestEnded[0]?.bug), /secret/);
});

test("an unknown address and an unreadable body are answered with a problem", async (t) => {
  const { app } = await setUpHttp(t);
  const post = (payload: string, type = "application/json") =>
    app.inject({
      method: "POST",
      url: "/api/v1/quarantine/retry",
      payload,
      headers: { "content-type": type },
    });
  const cases = [
    [404, await app.inject("/nothing")],
    [404, await app.inject({ method: "DELETE", url: "/api/v1/status" })],
    [400, await app.inject("/api/v1/%zz")],
    [400, await app.inject(`/api/v1/logs/a/${"x".repeat(2000)}/similar`)],
    [400, await post("{")],
    [415, await post("all=true", "text/plain")],
    [415, await post("all=true", "application/x-www-form-urlencoded")],
    [413, await post(JSON.stringify({ error: "x".repeat(70_000) }))],
    [400, await post('{"__proto__": {"all": true}}')],
  ] as const;
  for (const [status, response] of cases) {
    assert.equal(response.statusCode, status, response.body);
    assert.equal(problemOf(response)["status"], status);
  }
});

test("an address that cannot be read is limited and told like any other", async (t) => {
  const { app, told } = await setUpHttp(t, { settings: { requestsPerMinute: 1 } });
  assert.equal((await app.inject("/%%")).statusCode, 400);
  assert.equal((await app.inject("/%%")).statusCode, 429);
  assert.deepEqual(
    told.requestEnded.map(({ route, status }) => [route, status]),
    [
      ["(no such route)", 400],
      ["(no such route)", 429],
    ],
  );
});

test("a client above the limit is told when to come again; others are not limited", async (t) => {
  const { app } = await setUpHttp(t, { settings: { requestsPerMinute: 3 } });
  const from = (remoteAddress: string) => app.inject({ url: "/api/v1/status", remoteAddress });
  for (let i = 0; i < 3; i++) assert.equal((await from("10.0.0.1")).statusCode, 200);
  const refused = await from("10.0.0.1");
  assert.equal(refused.statusCode, 429);
  assert.match(String(problemOf(refused)["detail"]), /again in/);
  assert.ok(Number(refused.headers["retry-after"]) > 0);
  assert.equal((await from("10.0.0.2")).statusCode, 200);
});

const forwarding =
  (app: Awaited<ReturnType<typeof setUpHttp>>["app"]) => (remoteAddress: string, client: string) =>
    app.inject({ url: "/health", remoteAddress, headers: { "x-forwarded-for": client } });

test("no client is believed about whom it forwards for, this machine neither", async (t) => {
  const { app, told } = await setUpHttp(t, { settings: { requestsPerMinute: 1 } });
  const from = forwarding(app);
  for (const address of ["127.0.0.1", "::1", "10.9.9.9"]) {
    assert.equal((await from(address, "10.0.0.1")).statusCode, 200, address);
    assert.equal((await from(address, "10.0.0.2")).statusCode, 429, address);
  }
  assert.deepEqual(
    [...new Set(told.requestEnded.map(({ client }) => client))],
    ["127.0.0.1", "::1", "10.9.9.9"],
  );
});

test("behind a proxy that the settings name the clients are counted, and nothing before it is believed", async (t) => {
  const trustedProxies = ["127.0.0.1", "10.9.0.0/16"];
  const { app, told } = await setUpHttp(t, { settings: { requestsPerMinute: 1, trustedProxies } });
  const from = forwarding(app);
  assert.equal((await from("127.0.0.1", "192.0.2.1")).statusCode, 200);
  assert.equal((await from("127.0.0.1", "192.0.2.2")).statusCode, 200);
  assert.equal((await from("10.9.9.9", "192.0.2.3, 10.9.1.1")).statusCode, 200);
  assert.equal(
    (await from("10.9.9.9", "192.0.2.4, 192.0.2.3")).statusCode,
    429,
    "what a client says itself",
  );
  assert.equal((await from("10.8.8.8", "192.0.2.5")).statusCode, 200);
  assert.equal((await from("10.8.8.8", "192.0.2.6")).statusCode, 429);
  assert.deepEqual(
    told.requestEnded.map(({ client }) => client),
    ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.3", "10.8.8.8", "10.8.8.8"],
  );
});

test("every answer bids browsers load nothing from elsewhere, keep nothing, and frame nothing", async (t) => {
  const { app } = await setUpHttp(t);
  for (const url of ["/health", "/nothing", "/%%", "/docs", "/docs/static/swagger-ui.css"]) {
    const { headers } = await app.inject(url);
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'/, url);
    assert.match(policy, /frame-ancestors 'none'/, url);
    assert.doesNotMatch(policy, /unsafe|http|\*/, url);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["access-control-allow-origin"], undefined);
  }
});

test("the OpenAPI document names each route with what it takes and answers", async (t) => {
  const { app } = await setUpHttp(t);
  const { openapi, paths } = (await app.inject("/openapi.json")).json<{
    openapi: string;
    paths: Record<string, Record<string, { summary?: string; responses: object }>>;
  }>();
  assert.match(openapi, /^3\.1/);
  assert.deepEqual(Object.keys(paths), [
    "/health",
    "/ready",
    "/metrics",
    "/api/v1/status",
    "/api/v1/overview",
    "/api/v1/cycle",
    "/api/v1/quarantine",
    "/api/v1/quarantine/retry",
    "/api/v1/episodes",
    "/api/v1/groups",
    "/api/v1/groups/{group}",
    "/api/v1/groups/{group}/state",
    "/api/v1/groups/{group}/merge",
    "/api/v1/groups/{group}/split",
    "/api/v1/notes",
    "/api/v1/notes/{note}/verdicts",
    "/api/v1/explain",
    "/mcp",
    "/api/v1/search",
    "/api/v1/logs/{index}/{id}/similar",
    "/api/v1/statistics/compare",
    "/api/v1/logs/{index}/{id}",
    "/api/v1/embedding/batch",
  ]);
  for (const operations of Object.values(paths)) {
    for (const { summary, responses } of Object.values(operations)) {
      assert.ok(summary);
      assert.ok(Object.keys(responses).length > 0);
    }
  }
  const { body } = await app.inject("/docs");
  assert.doesNotMatch(
    body,
    /<script(?![^>]* src="\/docs\/static\/)|<style|(?:src|href)="(?:https?:)?\/\//,
    "inline or foreign",
  );
});
