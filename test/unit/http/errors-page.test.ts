import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { groupOf } from "../../../src/domain/group.ts";
import { MemoryFault } from "../../../src/domain/memory/memory-fault.ts";
import { sightedGroup } from "../../../src/domain/memory/group.ts";
import { splitGroups } from "../../../src/memory/change-groups.ts";
import { sighting } from "../../contract/error-memory-contract.ts";
import { turned } from "../../contract/error-memory-nearest.ts";
import type { SeedDocument } from "../../support/fakes/fake-log-store.ts";
import { vectorized } from "../search/search-setup.ts";
import { setUpHttp, TOKEN } from "./http-setup.ts";
import { ERRORS, errors, GROUPS } from "./page/error-states.ts";

const HERE = { host: "localhost:9464", accept: "text/html", "sec-fetch-site": "same-origin" };
const FORM = { ...HERE, "content-type": "application/x-www-form-urlencoded" };

/** A record with its vector and its group. */
function grouped(number: number, message: string, service?: string): SeedDocument {
  const { group } = groupOf({ text: message, service });
  const named = service === undefined ? {} : { service: { name: service } };
  return vectorized(number, message, { stamp: { group }, ...named });
}

const idOf = (text: string, service?: string) => groupOf({ text, service }).group;

async function setUp(t: TestContext, documents: readonly SeedDocument[] = [], token?: string) {
  const set = await setUpHttp(t, { documents, settings: token === undefined ? {} : { token } });
  const get = async (url: string, headers: Record<string, string> = HERE) => {
    const { statusCode, body, headers: answered } = await set.app.inject({ url, headers });
    return { status: statusCode, body, text: textOf(body), headers: answered };
  };
  const post = async (url: string, fields: Record<string, string>, headers = FORM) => {
    const payload = new URLSearchParams(fields).toString();
    const answer = await set.app.inject({ method: "POST", url, headers, payload });
    const { statusCode: status, body, headers: answered } = answer;
    return { status, body, text: textOf(body), location: answered.location };
  };
  return { ...set, get, post };
}

/** As a reader sees it. */
function textOf(body: string): string {
  return body
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** The templates of the rows, in their order. */
function rowsOf(body: string): string[] {
  return [...body.matchAll(/is-template">\s*<a href="\/errors\/[0-9a-f]{16}"[^>]*>([^<]*)</g)].map(
    ([, text = ""]) => text,
  );
}

test("each error is one row, narrowed and sorted by the address alone", async (t) => {
  const { get } = await setUp(t, [
    grouped(1, "Disk full", "shop"),
    grouped(2, "Disk full", "shop"),
    grouped(3, "Order 1 failed", "billing"),
  ]);
  const { status, body, text } = await get("/errors");
  assert.equal(status, 200);
  assert.deepEqual(rowsOf(body), ["Order &lt;*&gt; failed", "Disk full"]);
  assert.match(text, /2 errors in 3 records/);
  assert.ok(body.includes(`href="/errors/${idOf("Disk full", "shop")}"`));
  assert.deepEqual(rowsOf((await get("/errors?order=count")).body)[0], "Disk full");
  assert.deepEqual(rowsOf((await get("/errors?service=SHOP&state=&since=")).body), ["Disk full"]);
  assert.deepEqual(rowsOf((await get("/errors?state=muted")).body), []);
  assert.match(body, /aria-sort="descending"[^]*?order=last/);
});

test("every error stands on exactly one page, and each page leads to the next", async (t) => {
  const words = Array.from(
    { length: 60 },
    (_, i) => `${"abcdefghij".charAt(i % 10)}${"klmnop".charAt(i / 10)}`,
  );
  const { get } = await setUp(
    t,
    words.map((word, i) => grouped(i, `cannot ${word} it`)),
  );
  const first = await get("/errors?order=first");
  const second = await get("/errors?order=first&page=2");
  assert.equal(rowsOf(first.body).length, 50);
  assert.equal(new Set([...rowsOf(first.body), ...rowsOf(second.body)]).size, 60);
  assert.ok(first.body.includes('href="/errors?order=first&amp;page=2" rel="next"'));
  assert.ok(!first.body.includes('rel="prev"'));
  assert.ok(second.body.includes('href="/errors?order=first" rel="prev"'));
  assert.ok(!second.body.includes('rel="next"'));
  assert.match((await get("/errors?page=3")).text, /no errors on page 3/);
});

for (const [name, words] of Object.entries({
  "errors-none": /There is no error yet\. A record is counted here as soon as it has its vector/,
  "errors-without-group":
    /41,203 records with a vector name no error yet .*log-vectorizer groups assign/,
  "errors-first-run": /alike errors are not kept here: log-vectorizer init --memory makes their/,
  "errors-other-model":
    /5 errors of this list have vectors of another model, so that what they are like is not known: log-vectorizer reembed/,
  "errors-broken":
    /Counts are too low, .*gateway_logs.*log-vectorizer-notes is closed\. Open it.*could not be seen.*audit_logs/,
})) {
  test(`the list says what is the matter: ${name}`, async (t) => {
    const { get, httpParts } = await setUp(t);
    httpParts.groups.list = async () => ERRORS[name] ?? errors();
    const { status, text, body } = await get("/errors");
    assert.equal(status, 200);
    assert.match(text, words);
    assert.equal(rowsOf(body).length, ERRORS[name]?.groups.length);
  });
}

test("the list says what each error is most like, leads there, and says where people wrote of that", async (t) => {
  const { get, httpParts } = await setUp(t);
  httpParts.groups.list = async () => errors();
  const { text, body } = await get("/errors");
  const [sure, other, none] = ["7", "8", "9"].map((digit) => digit.repeat(16));
  assert.match(
    text,
    /Last seen Like .*PAYMENT &lt;\*&gt; declined, insufficient funds surely · note/,
  );
  assert.match(text, /after &lt;\*&gt; seconds perhaps · gateway-us-east-production(?! · note)/);
  assert.match(text, /basket &lt;\*&gt; perhaps · no service(?! · note)/);
  for (const id of [sure, other, none]) assert.ok(body.includes(`<a href="/errors/${id}"`));
  httpParts.groups.list = async () => ERRORS["errors-first-run"] ?? errors();
  const without = await get("/errors");
  assert.doesNotMatch(without.text, /Last seen Like/, "nothing could know it");
  assert.doesNotMatch(without.body, /is-like/);
});

test("what an error is like is found by the memory, and follows a split", async (t) => {
  const texts = ["Disk 1 full", "DISK 1 full!"];
  const { get, memory, clock } = await setUp(
    t,
    texts.map((text, i) => grouped(i, text, "shop")),
  );
  for (const [i, text] of texts.entries()) {
    const { group, template } = groupOf({ text, service: "shop" });
    const seen = { ...sighting(group), template, service: "shop", exception: null };
    const vector = { values: turned(i / 10), model: "m", texts: 1 };
    const change = { group: sightedGroup(undefined, seen), vector };
    await memory.groups.change([group], () => change, { visible: "now" }, t.signal);
  }
  assert.match(
    (await get("/errors")).text,
    /Disk &lt;\*&gt; full surely.*DISK &lt;\*&gt; full! surely/,
  );
  const [disk = "", loud = ""] = texts.map((text) => idOf(text, "shop"));
  await splitGroups({ memory, clock }, { group: disk, from: loud, by: "kim" }, t.signal);
  assert.doesNotMatch((await get("/errors")).text, /surely|perhaps/);
});

for (const [name, words] of Object.entries({
  error:
    /8817 .*goes on.*Rose with the latest one upstream .*212 against 3 before.*Where.*node-3\S+ new 4,100 83 % 0 % .*node-1\S+ 700 14 % 51 %.*2\.4\.0-rc\.1 new.*The pool.*outdated by li/,
  "error-no-notes":
    /Not known: its records name no host \( HOST_FIELD \)\. .*name no version \( VERSION_FIELD \)\. .*the 30 days before, in which it was not seen\./,
  "error-alike":
    /surely like: the same words.*another service, and other words: here cart, there basket.*Other this time: service billing instead of shop; words cart instead of none/,
  "error-merged": /2 errors merged into it/,
  "error-first-run": /not kept here yet\. log-vectorizer init --memory/,
  "error-deleted": /0 all are deleted.*Where now against usually Its records are deleted/,
  "error-broken":
    /log-vectorizer-notes is closed.*They cannot be counted now\..*The notes cannot be read now/,
})) {
  test(`the page of an error says what is known of it: ${name}`, async (t) => {
    const { get, httpParts } = await setUp(t);
    const answer = GROUPS[name];
    assert.ok(answer);
    httpParts.groups.show = async () => answer;
    const { status, text } = await get(`/errors/${answer.group}`);
    assert.equal(status, 200);
    assert.match(text, words);
  });
}

test("what is not there, or makes no sense, is said in words and with its status", async (t) => {
  const { get, httpParts } = await setUp(t, [grouped(1, "Disk full")]);
  const cases: [path: string, status: number, words: RegExp][] = [
    [`/errors/${"9".repeat(16)}`, 404, /No record has the group 9{16}\./],
    ["/errors/nonsense", 400, /not the id of an error: 16 hex digits/],
    ["/errors?since=tomorrow", 400, /since: neither ISO 8601/],
    ["/errors?since=1h&until=2h", 400, /later than until/],
    ["/errors?state=gone", 400, /state: /],
    ["/errors?page=0", 400, /page: /],
  ];
  for (const [path, status, words] of cases) {
    const answer = await get(path);
    assert.equal(answer.status, status, path);
    assert.match(answer.text, words);
    assert.match(String(answer.headers["content-type"]), /^text\/html/);
  }
  assert.ok((await get("/errors?since=tomorrow")).body.includes('value="tomorrow"'));
  const away = new Fault("outage", "OpenSearch does not answer", { hint: "Start it." });
  httpParts.groups.list = async () => Promise.reject(away);
  httpParts.groups.show = async () => Promise.reject(away);
  for (const path of ["/errors", `/errors/${"9".repeat(16)}`]) {
    const { status, text } = await get(path);
    assert.equal(status, 503);
    assert.match(text, /cannot be read now\. OpenSearch does not answer\. Start it\./);
  }
});

test("a hostile log does nothing on either page", async (t) => {
  const hostile = `<script>alert(1)</script>"><img src=x> \u202egnp.exe \u0000 ${"x".repeat(1_000_000)}`;
  const { get } = await setUp(t, [grouped(1, hostile, "<b>")]);
  for (const path of ["/errors", `/errors/${idOf(hostile, "<b>")}`]) {
    const { status, body, headers } = await get(path);
    assert.equal(status, 200);
    assert.doesNotMatch(body, /<script(?![^>]* src=)|<style| style=| on[a-z]+=|<img/);
    assert.ok(!body.includes("\u202e") && !body.includes("\u0000"));
    assert.match(body, /\\u202egnp/);
    assert.ok(body.length < 30_000, String(body.length));
    assert.match(String(headers["content-security-policy"]), /default-src 'none'/);
    assert.equal(headers["cache-control"], "no-store");
  }
});

const A = "a".repeat(16);

async function setUpMemory(t: TestContext, token?: string) {
  const set = await setUp(t, [], token);
  const group = { group: sightedGroup(undefined, sighting(A)) };
  await set.memory.groups.change([A], () => group, { visible: "now" }, t.signal);
  return set;
}

test("an error is decided about by a form, which leads back to its page", async (t) => {
  const { get, post, memory, clock } = await setUpMemory(t);
  const muted = await post(`/errors/${A}`, { state: "muted", until: "7d", by: "kim" });
  assert.deepEqual([muted.status, muted.location], [303, `/errors/${A}?did=muted`]);
  const { state, state_by, muted_until } = memory.kept.groups.get(A) ?? {};
  assert.deepEqual([state, state_by], ["muted", "kim"]);
  assert.equal(Date.parse(muted_until ?? "") - clock.now(), 7 * 24 * 3_600_000);
  assert.match((await get(`/errors/${A}?did=muted`)).text, /This error is muted\./);
  // The form sends what its select holds with each button.
  for (const next of ["known", "resolved", "open"]) {
    await post(`/errors/${A}`, { state: next, until: "7d", by: "" });
    assert.equal(memory.kept.groups.get(A)?.state, next);
  }
});

test("an alike error is merged, or kept apart for good, by forms that are opened first", async (t) => {
  const { get, post, memory, httpParts } = await setUpMemory(t);
  for (const id of ["8", "9"].map((digit) => digit.repeat(16))) {
    const group = { group: sightedGroup(undefined, sighting(id)) };
    await memory.groups.change([id], () => group, { visible: "now" }, t.signal);
  }
  const { show } = httpParts.groups;
  const answer = GROUPS["error-alike"];
  assert.ok(answer);
  httpParts.groups.show = async () => ({ ...answer, group: A });
  const { body } = await get(`/errors/${A}`);
  const forms = [...body.matchAll(/<details id="same-\d"\s*>[^]*?<\/details>/g)].map(
    ([form]) => form,
  );
  assert.equal(forms.length, 2);
  for (const [at, form] of forms.entries()) {
    assert.match(form, new RegExp(`method="post" action="/errors/${A}"`));
    assert.match(form, new RegExp(`name="other" value="${String(at + 8).repeat(16)}"`));
    assert.match(form, /name="rule" value="merge"[^]*name="rule" value="apart"/);
  }

  const [sure, other] = ["8".repeat(16), "9".repeat(16)];
  const merged = await post(`/errors/${A}`, { other: sure, rule: "merge", by: "kim" });
  assert.deepEqual([merged.status, merged.location], [303, `/errors/${A}?did=merged`]);
  const apart = await post(`/errors/${sure}`, { other, rule: "apart", by: "" });
  assert.deepEqual([apart.status, apart.location], [303, `/errors/${sure}?did=apart`]);
  const rules = await memory.groups.rules(t.signal);
  assert.deepEqual([rules.get(A)?.merged_into?.id, rules.get(A)?.merged_into?.by], [sure, "kim"]);
  assert.deepEqual(
    rules.get(sure)?.not_like.map(({ id, by }) => [id, by]),
    [[other, "the page"]],
  );
  httpParts.groups.show = show;
  assert.match((await get(`/errors/${A}?did=merged`)).text, /Both are one error from now on\./);
});

test("a decision about two errors that cannot be, or comes from elsewhere, writes no rule", async (t) => {
  const { post, memory, httpParts } = await setUpMemory(t);
  const answer = GROUPS["error-alike"];
  assert.ok(answer);
  httpParts.groups.show = async () => ({ ...answer, group: A });
  const other = "8".repeat(16);
  const unknown = await post(`/errors/${A}`, { other, rule: "merge", by: "kim of the night" });
  assert.equal(unknown.status, 404);
  assert.match(unknown.text, /Nothing was changed\./);
  assert.match(unknown.body, /<details id="same-0" open>[^]*value="kim of the night"/);
  const refused: Record<string, string>[] = [
    { other: "nonsense", rule: "merge" },
    { other, rule: "delete" },
    { other: A, rule: "apart" },
    { other: A, rule: "merge" },
  ];
  for (const fields of refused) {
    assert.equal((await post(`/errors/${A}`, fields)).status, 400, JSON.stringify(fields));
  }
  const group = { group: sightedGroup(undefined, sighting(other)) };
  await memory.groups.change([other], () => group, { visible: "now" }, t.signal);
  const foreign = { ...FORM, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  assert.equal((await post(`/errors/${A}`, { other, rule: "merge" }, foreign)).status, 403);
  assert.equal((await memory.groups.rules(t.signal)).size, 0);
  const closed = await setUpMemory(t, TOKEN);
  assert.equal((await closed.post(`/errors/${A}`, { other, rule: "merge" })).status, 401);
});

test("a note is written and judged by forms", async (t) => {
  const { get, post, memory } = await setUpMemory(t);
  const fields = { act: "note", cause: "a full\r\ndisk", fix: "", link: "", author: "kim" };
  const noted = await post(`/errors/${A}`, fields);
  assert.equal(noted.location, `/errors/${A}?did=noted`);
  const [note] = memory.kept.notes.values();
  assert.deepEqual([note?.cause, note?.fix, note?.author], ["a full\ndisk", null, "kim"]);
  const { id = "" } = note ?? {};
  const judged = await post(`/errors/${A}`, { note: id, verdict: "outdated", by: "li" });
  assert.equal(judged.location, `/errors/${A}?did=judged`);
  assert.match((await get(`/errors/${A}`)).text, /a full disk.*kim.*outdated by li/);
});

test("the longest note is taken whole, of characters that a form makes twelve of each", async (t) => {
  const { post, memory } = await setUpMemory(t);
  const [cause, fix] = ["𝕏".repeat(2000), "𝕏".repeat(4000)];
  const noted = await post(`/errors/${A}`, { act: "note", cause, fix, author: "kim" });
  assert.equal(noted.status, 303, noted.text.slice(0, 300));
  assert.equal([...memory.kept.notes.values()][0]?.fix, fix);
});

test("what a form asks for and cannot be done is said, and what was typed stays", async (t) => {
  const { post, memory } = await setUpMemory(t);
  const fields = { act: "note", cause: "typed for long", link: "ftp://x", author: "kim" };
  const refused = await post(`/errors/${A}`, fields);
  assert.equal(refused.status, 400);
  assert.match(refused.text, /Nothing was changed\. The link is not an address/);
  assert.match(refused.body, /typed for long<\/textarea>/);
  assert.equal(memory.kept.notes.size, 0);
  assert.equal(
    (await post(`/errors/${A}`, { note: "gone", verdict: "wrong", by: "li" })).status,
    404,
  );
  assert.equal((await post(`/errors/${A}`, { state: "back" })).status, 400);
  assert.equal((await post(`/errors/${A}`, { state: "muted", until: "soon" })).status, 400);
  assert.equal((await post("/errors/nonsense", { state: "known" })).status, 400);
  memory.groups.change = async () => {
    const about = { index: "groups", message: "groups takes no writes", hint: "Unblock it." };
    throw new MemoryFault("blocked", about);
  };
  const blocked = await post(`/errors/${A}`, { state: "known" });
  assert.equal(blocked.status, 503);
  assert.match(blocked.text, /groups takes no writes\. Unblock it\./);
});

test("another site's page decides nothing, and nobody gets in without the token", async (t) => {
  const { post, get, memory } = await setUpMemory(t);
  const foreign = { ...FORM, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  assert.equal((await post(`/errors/${A}`, { state: "muted" }, foreign)).status, 403);
  assert.equal(memory.kept.groups.get(A)?.state, "open");
  assert.equal((await get("/errors", { ...HERE, host: "evil.example" })).status, 403);

  const closed = await setUpMemory(t, TOKEN);
  assert.equal((await closed.post(`/errors/${A}`, { state: "muted" })).status, 401);
  assert.equal(closed.memory.kept.groups.get(A)?.state, "open");
  for (const path of ["/errors", `/errors/${A}`]) {
    const { status, headers } = await closed.get(path);
    assert.deepEqual(
      [status, headers.location],
      [303, `/sign-in?next=${encodeURIComponent(path)}`],
    );
  }
});

test("buttons are not pressed more than thirty times a minute", async (t) => {
  const { post } = await setUpMemory(t);
  for (let i = 0; i < 30; i++) await post(`/errors/${A}`, { state: "known" });
  assert.equal((await post(`/errors/${A}`, { state: "open" })).status, 429);
});

test("the two pages lead to each other", async (t) => {
  const { get } = await setUp(t);
  assert.match((await get("/")).body, /<a href="\/errors"\s*>Errors<\/a>/);
  const { body } = await get("/errors");
  assert.match(body, /<a href="\/"\s*>Status<\/a>/);
  assert.match(body, /<a href="\/errors" aria-current="page">Errors<\/a>/);
});
