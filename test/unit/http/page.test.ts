import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { refused } from "../pipeline/quarantine/quarantine-setup.ts";
import { pending, vectorized } from "../search/search-setup.ts";
import { bearer, setUpHttp, TOKEN } from "./http-setup.ts";

const HERE = { host: "localhost:9464", accept: "text/html", "sec-fetch-site": "same-origin" };
const FORM = {
  host: HERE.host,
  accept: HERE.accept,
  "content-type": "application/x-www-form-urlencoded",
};

test("the page is whole without a script, and runs none that stands in it", async (t) => {
  const { app } = await setUpHttp(t, { documents: errorLogs(3) });
  const { statusCode, headers, body } = await app.inject({ url: "/", headers: HERE });
  assert.equal(statusCode, 200);
  assert.match(String(headers["content-type"]), /^text\/html/);
  assert.match(String(headers["content-security-policy"]), /script-src 'self';style-src 'self'/);
  assert.doesNotMatch(body, /<script(?![^>]* src=)|<style| style=| on[a-z]+=/);
  assert.doesNotMatch(body, /(?:src|href)="(?!\/|#)/, "something of another site");
  for (const words of ["Waiting", "3 records", "app_logs", "Run now"]) {
    assert.ok(body.includes(words), words);
  }
});

for (const [path, type] of [
  ["/assets/page.js", /javascript/],
  ["/assets/page.css", /css/],
  ["/assets/icon.svg", /svg/],
  ["/assets/uplot/uPlot.esm.js", /javascript/],
] as const) {
  test(`${path} is served to everybody, also with a token`, async (t) => {
    const { app } = await setUpHttp(t, { settings: { token: TOKEN } });
    const { statusCode, headers } = await app.inject(path);
    assert.equal(statusCode, 200);
    assert.match(String(headers["content-type"]), type);
    assert.equal(headers["cache-control"], "no-cache");
  });
}

for (const path of [
  "/assets/uplot/uPlot.d.ts",
  "/assets/../page.css",
  "/assets/%2e%2e/document.ts",
  "/assets/uplot/..%2fpackage.json",
]) {
  test(`${path} is not served`, async (t) => {
    const { app } = await setUpHttp(t);
    const { statusCode } = await app.inject(path);
    assert.ok(statusCode === 404 || statusCode === 403, String(statusCode));
  });
}

for (const [method, url] of [
  ["GET", "/"],
  ["GET", "/events"],
  ["POST", "/do/cycle"],
  ["POST", "/do/retry"],
] as const) {
  test(`with a token nobody gets at ${method} ${url} without it`, async (t) => {
    const { app, cycles } = await setUpHttp(t, { settings: { token: TOKEN } });
    const plain = await app.inject({ method, url });
    assert.equal(plain.statusCode, 401);
    assert.equal(cycles(), 0);
  });
}

test("a button leads back to the page, which says what became of it", async (t) => {
  const { app, cycles } = await setUpHttp(t);
  const pressed = await app.inject({ method: "POST", url: "/do/cycle", headers: FORM });
  assert.equal(pressed.statusCode, 303);
  assert.equal(pressed.headers.location, "/?did=started");
  assert.equal(cycles(), 1);
  const { body } = await app.inject({ url: pressed.headers.location, headers: HERE });
  assert.match(body, /role="status">A cycle has started\./);
});

for (const headers of [
  { "sec-fetch-site": "cross-site" },
  { origin: "http://evil.example" },
  { origin: "null" },
]) {
  test(`no form of another site presses a button: ${JSON.stringify(headers)}`, async (t) => {
    const { app, cycles } = await setUpHttp(t);
    for (const url of ["/do/cycle", "/do/retry"]) {
      const response = await app.inject({ method: "POST", url, headers: { ...FORM, ...headers } });
      assert.equal(response.statusCode, 403);
    }
    assert.equal(cycles(), 0);
  });
}

test("a quarantined record is shown with its reason, and retried by one press", async (t) => {
  const documents = [refused(1, { error: "too long by 7" }), refused(2)];
  const { app, httpParts } = await setUpHttp(t, { documents });
  const { body } = await app.inject({ url: "/", headers: HERE });
  assert.match(body, /too long by N/);
  const one = { method: "POST", url: "/do/retry", headers: FORM } as const;
  const [first] = (
    await httpParts.quarantine.list({ filter: {}, limit: 1 }, new AbortController().signal)
  ).quarantined;
  assert.ok(first);
  const payload = new URLSearchParams({ index: first.index, id: first.id }).toString();
  assert.equal((await app.inject({ ...one, payload })).headers.location, "/?did=retried&n=1");
  const rest = await app.inject({ ...one, payload: "all=true" });
  assert.equal(rest.headers.location, "/?did=retried&n=1");
  assert.equal((await httpParts.status()).total.quarantined, 0);
});

test("of several reasons each can be tried again by itself", async (t) => {
  const documents = [
    refused(1, { error: "too long by 7" }),
    refused(2, { error: "too long by 12" }),
    refused(3, { error: "no <b>such</b> language" }),
  ];
  const { app, httpParts } = await setUpHttp(t, { documents });
  const { body } = await app.inject({ url: "/", headers: HERE });
  assert.match(body, /name="error" value="too long by N"/);
  assert.match(body, /name="error" value="no &lt;b&gt;such/);
  const payload = "error=too+long+by+N";
  const pressed = await app.inject({ method: "POST", url: "/do/retry", headers: FORM, payload });
  assert.equal(pressed.headers.location, "/?did=retried&n=2");
  assert.equal((await httpParts.status()).total.quarantined, 1);
  const single = await setUpHttp(t, { documents: [refused(1)] });
  const page = await single.app.inject({ url: "/", headers: HERE });
  assert.doesNotMatch(page.body, /name="error"/, "one reason is all of them");
});

test("a press that names nothing changes nothing", async (t) => {
  const { app } = await setUpHttp(t, { documents: [refused(1)] });
  for (const payload of ["", "all=no", "index=app_logs", "id=1", "error="]) {
    const one = { method: "POST", url: "/do/retry", headers: FORM, payload } as const;
    assert.equal((await app.inject(one)).statusCode, 400, payload);
  }
});

test("a client may look as often as it likes, and search 240 times a minute", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const { app } = await setUpHttp(t, { settings: { requestsPerMinute: 1000 } });
  const statusOf = async (url: string) => (await app.inject({ url, headers: HERE })).statusCode;
  const looked = await Promise.all(Array.from({ length: 300 }, () => statusOf("/")));
  assert.deepEqual(new Set(looked), new Set([200]));
  const searched: number[] = [];
  for (let i = 0; i < 241; i++) searched.push(await statusOf("/?q=x"));
  assert.deepEqual([searched.indexOf(429), await statusOf("/")], [240, 200]);
});

test("a long message is cut on the page, with a link to the whole", async (t) => {
  const long = `disk full\n${"at frame (/srv/app.js:1)\n".repeat(400)}`;
  const documents = [vectorized(1, long), vectorized(2, "disk full on node 2")];
  const { app } = await setUpHttp(t, { documents });
  const { body } = await app.inject({ url: "/?q=disk%20full", headers: HERE });
  const links = [...body.matchAll(/<a href="(\/logs\/[^"]+)">Show the whole message/g)];
  assert.deepEqual(
    links.map(([, link]) => link),
    ["/logs/app_logs/log-1"],
  );
  const whole = await app.inject({ url: links[0]?.[1] ?? "", headers: HERE });
  assert.equal(whole.body, `${long}\n`);
});

test("a search shows what is like it, with a way to more", async (t) => {
  const documents = [vectorized(1, "disk full", { service: { name: "billing" } })];
  const { app } = await setUpHttp(t, { documents });
  const { body } = await app.inject({ url: "/?q=disk+full", headers: HERE });
  assert.match(body, /1 kind of error,/);
  assert.match(body, /href="\/\?of_index=app_logs&amp;of_id=log-1#results"/);
  const similar = await app.inject({ url: "/?of_index=app_logs&of_id=log-1", headers: HERE });
  assert.match(similar.body, /Nothing similar to app_logs\/log-1/);
});

test("the page searches by words alone where that is chosen, and the choice stays", async (t) => {
  const documents = [vectorized(1, "disk full"), pending(2, "no ERR_4711 known")];
  const { app, embedder } = await setUpHttp(t, { documents });
  const { body } = await app.inject({ url: "/?q=ERR_4711&mode=words", headers: HERE });
  assert.match(body, /1 kind of error, the best first/);
  assert.match(body, /no ERR_4711 known/);
  assert.match(body, />no vector</);
  assert.match(body, /value="words"\s+checked/);
  assert.equal(embedder.calls.length, 0);
  const { body: plain } = await app.inject({ url: "/", headers: HERE });
  assert.match(plain, /value="both"\s+checked/);
});

for (const [query, words] of [
  ["q=x&since=tomorrow", /since: neither ISO 8601/],
  ["q=x&since=1h&until=2h", /Since is later than until/],
  ["q=x&min_score=7", /least score: /],
  [`q=${"x".repeat(32_769)}`, /text: /],
  ["of_index=app_logs&of_id=no&of_shard_key=r", /no document no with the shard key r/],
  ["of_index=app_logs&of_id=no&of_routing=r", /no document no with the shard key r/],
  ["of_index=no_such&of_id=1", /There is no index, alias or data stream no_such/],
] as const) {
  test(`a search that makes no sense is told on the page: ${query.slice(0, 40)}`, async (t) => {
    const { app } = await setUpHttp(t, { documents: [vectorized(1, "x")] });
    const { statusCode, body } = await app.inject({ url: `/?${query}`, headers: HERE });
    assert.equal(statusCode, 200);
    assert.match(body, words);
  });
}

const PLAIN = { host: "logs.example:9464", accept: "text/html" };
const LINKS = {
  "of another site": { ...HERE, "sec-fetch-site": "cross-site" },
  "of a neighbour": { ...HERE, "sec-fetch-site": "same-site" },
  "in a mail": { ...HERE, "sec-fetch-site": "none" },
  "over plain HTTP, where browsers do not say whence": PLAIN,
};
for (const [whence, headers] of Object.entries(LINKS)) {
  test(`a link ${whence} searches nothing until somebody presses the button`, async (t) => {
    const settings = { token: TOKEN };
    const documents = [vectorized(1, "disk full"), errorLog(2, "disk full")];
    const { app, embedder } = await setUpHttp(t, { documents, settings });
    const all = { ...headers, ...bearer() };
    for (const query of ["q=my+words", "q=my+words&press=x", "of_index=app_logs&of_id=log-2"]) {
      const { statusCode, body } = await app.inject({ url: `/?${query}`, headers: all });
      assert.equal(statusCode, 200);
      assert.match(body, /nothing was searched yet/);
      if (query.startsWith("q=")) assert.match(body, /my words<\/textarea/);
      else assert.match(body, /name="of_id" value="log-2"/);
    }
    assert.equal(embedder.calls.length, 0);
  });
}

test("over plain HTTP the page's own form and links are known by their key, and by no other's", async (t) => {
  const documents = [vectorized(1, "disk full"), vectorized(2, "disk fuller")];
  const { app } = await setUpHttp(t, { documents, settings: { token: TOKEN } });
  const { app: other } = await setUpHttp(t, { documents, settings: { token: `${TOKEN}-other` } });
  const headers = { ...PLAIN, ...bearer() };
  const keyOn = (body: string) => /name="press" value="([\w-]+)"/.exec(body)?.[1] ?? "no key";
  const key = keyOn((await app.inject({ url: "/", headers })).body);
  const found = await app.inject({ url: `/?q=disk+full&press=${key}`, headers });
  assert.match(found.body, /kinds? of error/);
  const [, link = ""] = /href="(\/\?of_index=[^"#]+)#results"/.exec(found.body) ?? [];
  const similar = await app.inject({ url: link.replaceAll("&amp;", "&"), headers });
  assert.match(similar.body, /Similar to app_logs/);
  const foreign = { ...PLAIN, ...bearer(`${TOKEN}-other`) };
  const elsewhere = await other.inject({ url: `/?q=disk+full&press=${key}`, headers: foreign });
  assert.match(elsewhere.body, /nothing was searched yet/);
  const told = await app.inject({ url: `/?q=x&press=${key}`, headers: { ...HERE, ...bearer() } });
  assert.doesNotMatch(told.body, /name="press"/, "where the browser says it");
});

test("a link that was followed by signing in is still a link", async (t) => {
  const { app, embedder } = await setUpHttp(t, { settings: { token: TOKEN } });
  const signed = await app.inject({
    method: "POST",
    url: "/sign-in",
    headers: FORM,
    payload: new URLSearchParams({ token: TOKEN, next: "/?q=words" }).toString(),
  });
  const { location, "set-cookie": cookie } = signed.headers;
  const headers = { ...HERE, cookie: String(cookie).split(";")[0] };
  const { body } = await app.inject({ url: String(location), headers });
  assert.match(body, /nothing was searched yet/);
  assert.equal(embedder.calls.length, 0);
});

const HOSTILE = `</script><img src=x onerror=alert(1)>"'\u001b[31m\u202egnp.exe\u200f`;

test("the text of a log is escaped everywhere on the page", async (t) => {
  const documents = [
    vectorized(1, `disk full ${HOSTILE}`, { service: { name: HOSTILE } }),
    refused(2, { error: HOSTILE }),
  ];
  const { app } = await setUpHttp(t, { documents });
  const q = encodeURIComponent(`disk full ${HOSTILE}`);
  const { body } = await app.inject({ url: `/?q=${q}&service=${q}&did=${q}`, headers: HERE });
  assert.ok(!body.includes("<img"), "a tag");
  for (const sign of ["\u001b", "\u202e", "\u200f"]) assert.ok(!body.includes(sign));
  assert.match(body, /&lt;img src=x onerror=alert\(1\)&gt;/);
});

test("where OpenSearch is away the page says so, and what to do", async (t) => {
  const { app, store } = await setUpHttp(t);
  for (const method of ["survey", "info"] as const) {
    store.before(method, () => {
      throw new Fault("outage", "OpenSearch at http://x: connection refused", {
        hint: "Start it.",
      });
    });
  }
  const { statusCode, body } = await app.inject({ url: "/?q=x", headers: HERE });
  assert.equal(statusCode, 200);
  for (const words of ["Broken", "connection refused", "Start it."]) {
    assert.ok(body.includes(words), words);
  }
});

test("a cluster that does not answer at all keeps nobody from the page", async (t) => {
  const { app, clock } = await setUpHttp(t, { parts: { overview: () => new Promise(() => {}) } });
  const asked = app.inject({ url: "/", headers: HERE });
  while (clock.sleepers === 0) await new Promise((resume) => void setImmediate(resume));
  await clock.advance(1000);
  const { statusCode, body } = await asked;
  assert.equal(statusCode, 200);
  assert.match(body, /OpenSearch has not answered yet/);
});

test("the token gets at the page by its header too", async (t) => {
  const { app } = await setUpHttp(t, { settings: { token: TOKEN } });
  const { statusCode, body } = await app.inject({ url: "/", headers: bearer() });
  assert.equal(statusCode, 200);
  assert.match(body, /Sign out/);
});

test("nobody looks at the page by HEAD: it would be a stream without an end", async (t) => {
  const { app } = await setUpHttp(t);
  assert.equal((await app.inject({ method: "HEAD", url: "/events" })).statusCode, 404);
  assert.equal((await app.inject({ method: "HEAD", url: "/" })).statusCode, 200);
});

test("a search on the page says first that every vector is of another model", async (t) => {
  const documents = [vectorized(1, "disk full", { stamp: { model: "old" } })];
  const { app } = await setUpHttp(t, { documents });
  const { body } = await app.inject({ url: "/?q=disk+full", headers: HERE });
  assert.match(body, /Nothing can be compared/);
  assert.match(body, /1 record carries a vector of another model \(old\)/);
  assert.match(body, /<code>log-vectorizer reembed<\/code>/);
});
