import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { explainAnswerShape } from "../../../src/analysis/explanation/explain-answer.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { groupOf } from "../../../src/domain/group.ts";
import type { HttpParts } from "../../../src/http/parts.ts";
import { exactly } from "../../support/asserts/printed-json.ts";
import { vectorized } from "../search/search-setup.ts";
import { bearer, problemOf, setUpHttp, TOKEN } from "./http-setup.ts";

const DISK = { text: "Disk 7 is full <b>", service: "shop" };
const GROUP = groupOf(DISK).group;
const HERE = { host: "localhost:9464", accept: "text/html", "sec-fetch-site": "same-origin" };

async function setUp(t: TestContext, parts: Partial<HttpParts> = {}, token?: string) {
  const service = { name: DISK.service };
  const documents = [vectorized(1, DISK.text, { stamp: { group: GROUP }, service })];
  const settings = token === undefined ? {} : { token };
  const { app, store, told } = await setUpHttp(t, { documents, parts, settings });
  const ask = (payload: object, headers: Record<string, string> = {}) =>
    app.inject({
      method: "POST",
      url: "/api/v1/explain",
      headers: { ...HERE, accept: "*/*", ...headers },
      payload,
    });
  const press = (fields: Record<string, string>) =>
    app.inject({
      method: "POST",
      url: "/explain",
      headers: { ...HERE, "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams(fields).toString(),
    });
  const [record] = (
    await store.findAround(
      { indices: ["app_logs"], of: { service: "shop" }, since: 0, until: 4e12, limit: 1 },
      t.signal,
    )
  ).records;
  assert.ok(record);
  return { app, ask, press, record, told };
}

test("a record, an error and a text are explained", async (t) => {
  const { ask, record } = await setUp(t);
  const { index, id } = record;
  for (const body of [{ index, id }, { group: GROUP }, { text: DISK.text }]) {
    const answer = await ask(body);
    assert.equal(answer.statusCode, 200, answer.body);
    const { subject, evidence, model } = exactly(answer.json(), explainAnswerShape);
    assert.equal(subject.group, GROUP, JSON.stringify(body));
    assert.equal(model, null);
    assert.match(evidence[0]?.text ?? "", /^Disk 7 is full/);
  }
});

test("the answer comes as events, or as a report, to those who ask for it", async (t) => {
  const { ask } = await setUp(t);
  const { body, headers } = await ask({ group: GROUP }, { accept: "text/event-stream" });
  assert.match(String(headers["content-type"]), /^text\/event-stream/);
  const events = body
    .trim()
    .split("\n\n")
    .map((one) => /^event: (\w+)\ndata: (.*)$/.exec(one));
  assert.deepEqual(
    events.map((one) => one?.[1]),
    ["evidence", "answer"],
  );
  for (const [, , data = ""] of events.map((one) => one ?? [])) {
    exactly(JSON.parse(data), explainAnswerShape);
  }
  const report = await ask({ group: GROUP }, { accept: "text/markdown" });
  assert.match(String(report.headers["content-type"]), /^text\/markdown/);
  assert.match(report.body, /^# Error report: Disk 7 is full/);
});

test("a question is answered by the records that it means, and shown with its box", async (t) => {
  const { ask, press, app } = await setUp(t);
  const answer = await ask({ question: "which disk was full in the last 5000 days?" });
  assert.equal(answer.statusCode, 200, answer.body);
  const { subject, evidence } = exactly(answer.json(), explainAnswerShape);
  assert.equal(subject.question, "which disk was full in the last 5000 days?");
  const texts = evidence.map(({ sort, text }) => `${sort} ${text}`).join("\n");
  assert.match(texts, /document Disk 7 is full/);
  assert.match(texts, /fact Disk <\*> is full <b>\nIn shop: 1 record in that time/);
  assert.match(texts, /fact The question is taken to mean from/);
  const { statusCode, body } = await press({ question: 'disk "full"?' });
  assert.equal(statusCode, 200);
  assert.match(body, /value="disk &quot;full&quot;\?"/);
  assert.match((await app.inject({ url: "/errors", headers: HERE })).body, /name="question"/);
});

test("what names nothing, or nothing that is there, is refused, in a stream too", async (t) => {
  const { ask } = await setUp(t);
  for (const accept of ["*/*", "text/event-stream"]) {
    const unknown = await ask({ group: "f".repeat(16) }, { accept });
    assert.equal(unknown.statusCode, 404);
    assert.match(String(problemOf(unknown)["detail"]), /has the group/);
  }
  for (const body of [
    {},
    { group: "x" },
    { text: " " },
    { index: "app_logs" },
    { group: GROUP, text: "x" },
  ]) {
    assert.equal((await ask(body)).statusCode, 400, JSON.stringify(body));
  }
});

test("what fails after the evidence is told in the stream", async (t) => {
  const fault = new Fault("outage", "OpenSearch is away");
  const { ask } = await setUp(t, {
    async explain(_subject, _signal, progress) {
      progress?.evidence?.(explainAnswerShape.parse(ANSWER));
      await Promise.resolve();
      throw fault;
    },
  });
  const { statusCode, body } = await ask({ group: GROUP }, { accept: "text/event-stream" });
  assert.equal(statusCode, 200);
  assert.match(body, /event: error\ndata: .*OpenSearch is away/);
});

test("a bug after the evidence ends the stream, and is for the log alone", async (t) => {
  const bug = new TypeError("not for strangers");
  const { ask, told } = await setUp(t, {
    async explain(_subject, _signal, progress) {
      progress?.evidence?.(explainAnswerShape.parse(ANSWER));
      await Promise.resolve();
      throw bug;
    },
  });
  const { body } = await ask({ group: GROUP }, { accept: "text/event-stream" });
  assert.match(body, /event: error\ndata: .*"status":500/);
  assert.doesNotMatch(body, /strangers/);
  assert.equal(told.requestEnded.at(-1)?.bug, bug);
});

test("nobody without the token is answered, and no page of another site", async (t) => {
  const { ask } = await setUp(t, {}, TOKEN);
  assert.equal((await ask({ group: GROUP })).statusCode, 401);
  assert.equal((await ask({ group: GROUP }, bearer())).statusCode, 200);
  const open = await setUp(t);
  const foreign = { "sec-fetch-site": "cross-site" };
  assert.equal((await open.ask({ group: GROUP }, foreign)).statusCode, 403);
});

test("a button shows the explanation as a page, in which no text of a log is markup", async (t) => {
  const { app, press, record } = await setUp(t);
  const { index, id } = record;
  for (const fields of [{ group: GROUP }, { index, id }]) {
    const { statusCode, body } = await press(fields);
    assert.equal(statusCode, 200);
    assert.match(body, /id="E1"/);
    assert.match(body, /Disk 7 is full &lt;b&gt;/);
    assert.doesNotMatch(body, /full <b>/);
  }
  assert.equal((await press({})).statusCode, 400);
  assert.equal((await press({ group: "f".repeat(16) })).statusCode, 404);
  const { body } = await app.inject({ url: `/errors/${GROUP}`, headers: HERE });
  assert.match(body, new RegExp(`action="/explain"[^]*name="group" value="${GROUP}"`));
});

test("sentences of the model stand with their quotes, and lead to what they cite", async (t) => {
  const claim = {
    text: "Disk 7 is <i>full</i>.",
    kind: "hypothesis",
    cites: [{ ref: "E1", quote: "Disk 7 is full", index: "app_logs", id: "1" }],
  };
  const answer = explainAnswerShape.parse({
    ...ANSWER,
    model: "m",
    claims: [claim],
    dropped: [{ text: "Lie <u>", reason: "It cites nothing." }],
  });
  const { press } = await setUp(t, { explain: async () => answer });
  const { body } = await press({ group: GROUP });
  assert.match(body, /Hypothesis<\/b>\s*<span dir="auto">Disk 7 is &lt;i&gt;full&lt;\/i&gt;\./);
  assert.match(body, /<a href="#E1">E1<\/a>\s*<q dir="ltr">Disk 7 is full<\/q>/);
  assert.match(body, /It cites nothing/);
  assert.doesNotMatch(body, /Lie/);
});

const ANSWER: z.input<typeof explainAnswerShape> = {
  subject: {
    group: GROUP,
    service: "shop",
    index: null,
    id: null,
    text: "Disk 7 is full",
    question: null,
  },
  verdict: "unknown",
  claims: [],
  dropped: [],
  evidence: [
    {
      ref: "E1",
      sort: "document",
      title: "the error that is asked about",
      text: "Disk 7 is full",
      index: "app_logs",
      id: "1",
      shard_key: null,
      group: GROUP,
      at: null,
    },
  ],
  cause: null,
  action: null,
  missing: [],
  model: null,
  problem: null,
  usage: { requests: 0, input_tokens: 0, output_tokens: 0, cost_usd: null },
  memory: { kept: true, problems: [] },
  gaps: [],
  duration_ms: 1,
};
