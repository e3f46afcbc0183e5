import assert from "node:assert/strict";
import { test } from "node:test";
import { buildServer } from "../../../src/http/server.ts";
import { bearer, problemOf, setUpHttp, TOKEN } from "./http-setup.ts";

const settings = { token: TOKEN };
const HOUR = 3_600_000;
const ROUTES = [
  ["GET", "/api/v1/status"],
  ["GET", "/api/v1/overview"],
  ["POST", "/api/v1/cycle"],
  ["GET", "/api/v1/quarantine"],
  ["POST", "/api/v1/quarantine/retry"],
  ["GET", "/api/v1/groups"],
  ["GET", "/api/v1/groups/aaaaaaaaaaaaaaaa"],
  ["POST", "/api/v1/groups/aaaaaaaaaaaaaaaa/state"],
  ["POST", "/api/v1/groups/aaaaaaaaaaaaaaaa/merge"],
  ["POST", "/api/v1/groups/aaaaaaaaaaaaaaaa/split"],
  ["GET", "/api/v1/episodes"],
  ["GET", "/api/v1/notes"],
  ["POST", "/api/v1/notes"],
  ["POST", "/api/v1/notes/n1/verdicts"],
  ["POST", "/api/v1/embedding/batch"],
  ["GET", "/api/v1/search?q=x"],
  ["GET", "/api/v1/logs/app_logs/1/similar"],
  ["GET", "/api/v1/logs/app_logs/1"],
  ["GET", "/logs/app_logs/1"],
  ["GET", "/openapi.json"],
  ["GET", "/docs"],
  ["GET", "/nothing-here"],
] as const;

for (const [method, url] of ROUTES) {
  test(`with a token nobody gets at ${method} ${url} without it`, async (t) => {
    const { app, cycles } = await setUpHttp(t, { settings });
    for (const headers of [{}, bearer("wrong"), bearer(`${TOKEN}x`), { authorization: TOKEN }]) {
      const response = await app.inject({ method, url, headers });
      assert.equal(response.statusCode, 401, JSON.stringify(headers));
      assert.match(String(response.headers["www-authenticate"]), /^Bearer/);
      problemOf(response);
    }
    assert.equal(cycles(), 0);
  });
}

test("the token opens everything, from wherever", async (t) => {
  const { app } = await setUpHttp(t, { settings });
  const headers = { ...bearer(), host: "logs.example", origin: "https://elsewhere.example" };
  assert.equal((await app.inject({ url: "/api/v1/status", headers })).statusCode, 200);
  const started = await app.inject({ method: "POST", url: "/api/v1/cycle", headers });
  assert.equal(started.statusCode, 202);
});

async function signIn(
  app: Awaited<ReturnType<typeof setUpHttp>>["app"],
  form: Record<string, string>,
) {
  return app.inject({
    method: "POST",
    url: "/sign-in",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: new URLSearchParams(form).toString(),
  });
}

function cookieOf(response: { headers: Record<string, unknown> }): string {
  return String(response.headers["set-cookie"]).split(";")[0] ?? "";
}

test("a person without a token is led to the form, and back to where he wanted to go", async (t) => {
  const { app } = await setUpHttp(t, { settings });
  const led = await app.inject({ url: "/docs?x=1", headers: { accept: "text/html" } });
  assert.equal(led.statusCode, 303);
  assert.equal(led.headers.location, "/sign-in?next=%2Fdocs%3Fx%3D1");
  const form = await app.inject(led.headers.location);
  assert.equal(form.statusCode, 200);
  assert.match(form.body, /name="next" value="\/docs\?x=1"/);
  const back = await signIn(app, { token: TOKEN, next: "/docs?x=1" });
  assert.equal(back.statusCode, 303);
  assert.equal(back.headers.location, "/docs?x=1");
});

test("signing in gives a cookie that no script and no other site gets, and that ends by itself", async (t) => {
  const { app, clock } = await setUpHttp(t, { settings });
  const signed = await signIn(app, { token: TOKEN });
  const set = String(signed.headers["set-cookie"]);
  for (const flag of ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"])
    assert.ok(set.includes(flag), set);
  assert.ok(!set.includes("Secure"), "it came by plain HTTP");
  assert.ok(!set.includes(TOKEN));
  const cookie = cookieOf(signed);
  const status = async () =>
    (await app.inject({ url: "/api/v1/status", headers: { cookie } })).statusCode;
  assert.equal(await status(), 200);
  await clock.advance(12 * HOUR);
  assert.equal(await status(), 401);
});

test("behind TLS the cookie is for TLS only", async (t) => {
  const { app } = await setUpHttp(t, { settings });
  const signed = await app.inject({
    method: "POST",
    url: "/sign-in",
    headers: { "content-type": "application/x-www-form-urlencoded", "x-forwarded-proto": "https" },
    payload: `token=${TOKEN}`,
  });
  assert.match(String(signed.headers["set-cookie"]), /; Secure$/);
});

test("a cookie that was tampered with, or of another token, opens nothing", async (t) => {
  const { app } = await setUpHttp(t, { settings });
  const { app: other } = await setUpHttp(t, { settings: { token: `${TOKEN}-before` } });
  const cookie = cookieOf(await signIn(app, { token: TOKEN }));
  const later = cookie.replace(/=1\.\w+/, "=1.zzzzzzzz");
  const foreign = cookieOf(await signIn(other, { token: `${TOKEN}-before` }));
  for (const one of [
    later,
    foreign,
    `${cookie}A`,
    cookie.slice(0, -1),
    "log_vectorizer_session=1...",
    "",
  ]) {
    const response = await app.inject({ url: "/api/v1/status", headers: { cookie: one } });
    assert.equal(response.statusCode, 401, one);
  }
  const both = `log_vectorizer_session=old; x=y; ${cookie}`;
  const response = await app.inject({ url: "/api/v1/status", headers: { cookie: both } });
  assert.equal(response.statusCode, 200, "one of another path beside it");
});

test("signing out ends the session for every copy of its cookie, and no other session", async (t) => {
  const setup = await setUpHttp(t, { settings });
  const { app } = setup;
  const [cookie, other] = [
    cookieOf(await signIn(app, { token: TOKEN })),
    cookieOf(await signIn(app, { token: TOKEN })),
  ];
  const out = await app.inject({ method: "POST", url: "/sign-out", headers: { cookie } });
  assert.equal(out.statusCode, 303);
  assert.match(String(out.headers["set-cookie"]), /^log_vectorizer_session=;.*Max-Age=0/);
  const statusOf = async (by: typeof app, one: string) =>
    (await by.inject({ url: "/api/v1/status", headers: { cookie: one } })).statusCode;
  assert.deepEqual([await statusOf(app, cookie), await statusOf(app, other)], [401, 200]);
  // After a restart, and in another process of the same state directory.
  const again = await buildServer(setup.httpParts, {
    ...settings,
    corsOrigins: [],
    requestsPerMinute: 600,
  });
  t.after(() => again.close());
  assert.deepEqual([await statusOf(again, cookie), await statusOf(again, other)], [401, 200]);
  await again.inject({ method: "POST", url: "/sign-out", headers: { cookie: other } });
  await setup.clock.advance(1000);
  assert.equal(await statusOf(app, other), 401);
});

test("of ended sessions only those are kept that would still be open", async (t) => {
  const { app, state, clock } = await setUpHttp(t, { settings });
  for (let i = 0; i < 3; i++) {
    const cookie = cookieOf(await signIn(app, { token: TOKEN }));
    await app.inject({ method: "POST", url: "/sign-out", headers: { cookie } });
    await clock.advance(5 * HOUR);
  }
  assert.equal(Object.keys(Object(await state.load("revoked-sessions"))).length, 3);
  await clock.advance(HOUR * 3);
  const cookie = cookieOf(await signIn(app, { token: TOKEN }));
  await app.inject({ method: "POST", url: "/sign-out", headers: { cookie } });
  assert.equal(Object.keys(Object(await state.load("revoked-sessions"))).length, 2);
});

test("a wrong token is told of in the form, and ten tries a minute are enough", async (t) => {
  const { app, told } = await setUpHttp(t, { settings });
  const wrong = await signIn(app, { token: "guess-guess-guess", next: "/docs" });
  assert.equal(wrong.statusCode, 401);
  assert.match(wrong.body, /role="alert".*not the token/);
  assert.match(wrong.body, /value="\/docs"/);
  assert.ok(!wrong.body.includes("guess-guess"));
  assert.equal(wrong.headers["set-cookie"], undefined);
  for (let i = 0; i < 9; i++) await signIn(app, { token: "guess" });
  const tooMany = await signIn(app, { token: TOKEN });
  assert.equal(tooMany.statusCode, 429);
  assert.ok(!JSON.stringify(told).includes("guess"), "the log shows what was tried");
});

const tryBearer = (
  app: Awaited<ReturnType<typeof setUpHttp>>["app"],
  token: string,
  remoteAddress = "192.0.2.1",
) => app.inject({ url: "/api/v1/status", headers: bearer(token), remoteAddress });

test("wrong tokens by form and by header are counted together, and each stands in the log", async (t) => {
  const { app, told, clock } = await setUpHttp(t, { settings });
  for (let i = 0; i < 5; i++) {
    assert.equal((await tryBearer(app, `guess-${i}`, "127.0.0.1")).statusCode, 401);
    assert.equal((await signIn(app, { token: `guess-${i}` })).statusCode, 401);
  }
  const reasons = told.requestEnded.map(({ reason, client }) => `${client}: ${reason}`);
  assert.equal(reasons.filter((one) => /^127\.0\.0\.1: .*token/i.test(one)).length, 10);
  const tooMany = await tryBearer(app, TOKEN, "127.0.0.1");
  assert.equal(tooMany.statusCode, 429, "the right one is not looked at either");
  assert.ok(Number(tooMany.headers["retry-after"]) > 0);
  const byForm = await signIn(app, { token: TOKEN });
  assert.equal(byForm.statusCode, 429);
  assert.match(byForm.body, /role="alert".*Too many wrong tokens/);
  assert.equal((await tryBearer(app, TOKEN)).statusCode, 200, "from elsewhere");
  await clock.advance(60_000);
  assert.equal((await tryBearer(app, TOKEN, "127.0.0.1")).statusCode, 200);
});

test("many addresses together try no more tokens than a hundred a minute; who has shown the right one goes on", async (t) => {
  const { app } = await setUpHttp(t, { settings });
  assert.equal((await tryBearer(app, TOKEN, "192.0.2.99")).statusCode, 200);
  const cookie = cookieOf(await signIn(app, { token: TOKEN }));
  const statuses: number[] = [];
  for (let i = 0; i < 120; i++) {
    statuses.push((await tryBearer(app, "guess", `10.0.${i}.1`)).statusCode);
  }
  assert.deepEqual(
    [statuses.indexOf(429), statuses.filter((one) => one === 401).length],
    [100, 100],
  );
  assert.equal((await tryBearer(app, TOKEN, "10.0.200.1")).statusCode, 429);
  assert.equal((await tryBearer(app, TOKEN, "192.0.2.99")).statusCode, 200);
  const signedIn = await app.inject({ url: "/api/v1/status", headers: { cookie } });
  assert.equal(signedIn.statusCode, 200);
});

test("a client with a network of IPv6 addresses has one share of tries", async (t) => {
  const { app } = await setUpHttp(t, { settings });
  for (let i = 0; i < 10; i++) await tryBearer(app, "guess", `2001:db8:1:2::${i + 1}`);
  assert.equal((await tryBearer(app, TOKEN, "2001:0db8:1:2:3:4:5:6")).statusCode, 429);
  assert.equal((await tryBearer(app, TOKEN, "2001:db8:1:3::1")).statusCode, 200);
});

test("a prober with an old token is still told that the process lives", async (t) => {
  const { app } = await setUpHttp(t, { settings });
  for (let i = 0; i < 30; i++) {
    const response = await app.inject({
      url: "/health",
      headers: bearer("an-old-token-of-before"),
    });
    assert.equal(response.statusCode, 200);
  }
});

for (const next of [
  "//evil.example",
  "/\\evil.example",
  "https://evil.example",
  "javascript:1",
  "/\t/evil.example",
  "",
]) {
  test(`no address leads away after signing in by ${JSON.stringify(next)}`, async (t) => {
    const { app } = await setUpHttp(t, { settings });
    const signed = await signIn(app, { token: TOKEN, next });
    assert.equal(signed.headers.location, "/");
  });
}

test("the path in the address does not become part of the sign-in page's HTML", async (t) => {
  const { app } = await setUpHttp(t, { settings });
  const next = encodeURIComponent(`/"><img src=x onerror=alert(1)>`);
  const { body } = await app.inject(`/sign-in?next=${next}`);
  assert.ok(!body.includes("<img"), body);
});

test("without a token there is no form", async (t) => {
  const { app } = await setUpHttp(t);
  assert.equal((await app.inject("/sign-in")).statusCode, 404);
});

for (const host of [
  "localhost",
  "127.0.0.1:9464",
  "[::1]:9464",
  "LocalHost:9464",
  "app.localhost",
]) {
  test(`without a token the host ${host} is answered`, async (t) => {
    const { app } = await setUpHttp(t);
    const response = await app.inject({ url: "/api/v1/status", headers: { host } });
    assert.equal(response.statusCode, 200);
  });
}

for (const headers of [
  { host: "evil.example:9464" },
  { host: "evil.example", "x-forwarded-host": "localhost" },
  { host: "localhost.evil.example" },
  { host: "127.0.0.1.evil.example" },
]) {
  test(`without a token another name that points here is refused: ${JSON.stringify(headers)}`, async (t) => {
    const { app } = await setUpHttp(t);
    for (const url of ["/api/v1/status", "/health", "/docs"]) {
      assert.equal((await app.inject({ url, headers })).statusCode, 403, url);
    }
  });
}

const FOREIGN = [
  { origin: "http://evil.example" },
  { origin: "null" },
  { origin: "http://localhost:3000" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site", origin: "http://localhost:3000" },
];
for (const headers of FOREIGN) {
  test(`another site's page starts nothing here: ${JSON.stringify(headers)}`, async (t) => {
    for (const token of [undefined, TOKEN]) {
      const given = token === undefined ? {} : { settings: { token } };
      const { app, cycles } = await setUpHttp(t, given);
      const cookie = token === undefined ? "" : cookieOf(await signIn(app, { token }));
      const all = { host: "localhost:9464", cookie, ...headers };
      const response = await app.inject({ method: "POST", url: "/api/v1/cycle", headers: all });
      assert.equal(response.statusCode, 403);
      assert.equal(cycles(), 0);
      assert.equal(response.headers["access-control-allow-origin"], undefined);
    }
  });
}

test("a page of this server starts what it likes", async (t) => {
  const { app, cycles } = await setUpHttp(t);
  const origin = { host: "localhost:9464", origin: "http://localhost:9464" };
  for (const headers of [origin, { ...origin, "sec-fetch-site": "same-origin" }]) {
    await app.inject({ method: "POST", url: "/api/v1/cycle", headers });
  }
  assert.equal(cycles(), 2);
});

test("pages of a named origin may ask and start; others may not", async (t) => {
  const corsOrigins = ["https://grafana.example"];
  const { app, cycles } = await setUpHttp(t, { settings: { token: TOKEN, corsOrigins } });
  const [origin = ""] = corsOrigins;
  const preflight = { method: "OPTIONS", url: "/api/v1/cycle" } as const;
  const asked = await app.inject({ ...preflight, headers: { origin } });
  assert.equal(asked.statusCode, 204);
  assert.equal(asked.headers["access-control-allow-origin"], origin);
  assert.match(String(asked.headers["access-control-allow-headers"]), /authorization/);
  const headers = { origin, "sec-fetch-site": "cross-site", ...bearer() };
  const started = await app.inject({ method: "POST", url: "/api/v1/cycle", headers });
  assert.equal(started.statusCode, 202);
  assert.equal(started.headers["access-control-allow-origin"], origin);
  const other = await app.inject({ ...preflight, headers: { origin: "https://evil.example" } });
  assert.equal(other.headers["access-control-allow-origin"], undefined);
  assert.equal(cycles(), 1);
});
