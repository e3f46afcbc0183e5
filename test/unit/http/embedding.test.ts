import assert from "node:assert/strict";
import { test } from "node:test";
import { createAiServiceEmbedder } from "../../../src/adapters/ai-service/ai-service-embedder.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { errorLogs } from "../../support/log-documents.ts";
import { problemOf, setUpHttp } from "./http-setup.ts";

type Setup = Awaited<ReturnType<typeof setUpHttp>>;

const url = "/api/v1/embedding/batch";

function logsOf(...messages: string[]) {
  return { logs: messages.map((message, i) => ({ log_id: String(i), message, trace_id: "t" })) };
}

function post({ app }: Setup, ...messages: string[]) {
  return app.inject({ method: "POST", url, payload: logsOf(...messages) });
}

/** Another log-vectorizer that has this one for its AI service. */
function otherEnd({ app }: Setup) {
  const send: typeof fetch = async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const answer = await app.inject({
      method: "POST",
      url: pathname,
      payload: typeof init?.body === "string" ? init.body : "",
      headers: Object.fromEntries(new Headers(init?.headers)),
    });
    const headers = Object.entries(answer.headers).map(
      ([name, value]) => [name, String(value)] as [string, string],
    );
    return new Response(answer.body, { status: answer.statusCode, headers });
  };
  return createAiServiceEmbedder({
    url: "http://vectorizer",
    model: "theirs",
    dimensions: 8,
    maxTokensPerText: 8192,
    timeoutMs: 60_000,
    fetch: send,
  });
}

const { signal } = new AbortController();

test("one log-vectorizer is the AI service of another", async (t) => {
  const setup = await setUpHttp(t);
  const answer = await otherEnd(setup).embed(
    [
      { text: "disk full", logId: "a" },
      { text: "no route", logId: "a", traceId: "t" },
    ],
    signal,
  );
  assert.equal(answer.tokens, 5);
  const [first, second] = answer.vectors;
  for (const [vector, text] of [
    [first, "disk full"],
    [second, "no route"],
  ] as const) {
    assert.ok(vector);
    const expected = stubVector(text, 8);
    vector.forEach((value, i) => assert.ok(Math.abs(value - (expected[i] ?? 0)) < 1e-8));
  }
});

test("messages are masked, equal ones sent once, and known ones not at all", async (t) => {
  const setup = await setUpHttp(t, { enrich: { text: { redaction: "secrets", form: "message" } } });
  const first = await post(setup, "password=hunter22", "password=hunter33", "disk full");
  const again = await post(setup, "disk full");
  assert.deepEqual([first.statusCode, again.statusCode], [200, 200]);
  const sent = setup.embedder.calls.flat().map(({ text }) => text);
  assert.deepEqual(sent, ["password=***", "disk full"]);
  assert.deepEqual(again.json<{ usage: object }>().usage, { total_tokens: 0 });
});

test("a text whose vector a document has costs nothing, and nothing is written", async (t) => {
  const setup = await setUpHttp(t, { documents: errorLogs(1), enrich: { maxEntries: 0 } });
  const records = await setup.take();
  await setup.run(records);
  await setup.store.makeVisible([...new Set(records.map(({ index }) => index))], signal);
  const paid = setup.embedder.calls.length;
  const writes = setup.store.calls.write;
  const [record] = setup.embedder.calls.flat();
  const response = await post(setup, record?.text ?? "");
  assert.equal(response.statusCode, 200);
  assert.equal(setup.embedder.calls.length, paid);
  assert.equal(setup.store.calls.write, writes);
});

for (const [kind, status, seen] of [
  ["outage", 503, "outage"],
  ["rate", 429, "rate"],
  ["credentials", 503, "outage"],
  ["quota", 503, "outage"],
] as const) {
  test(`a fault of ours (${kind}) is ${status} to others, who take it for ${seen}`, async (t) => {
    const setup = await setUpHttp(t);
    const fault = new Fault(kind, "fake at http://upstream: no", { retryAfterMs: 90_000 });
    setup.embedder.always(failWith(fault));
    setup.clock.sleep = () => Promise.resolve();
    const response = await post(setup, "disk full");
    assert.equal(response.statusCode, status);
    assert.equal(problemOf(response)["kind"], kind);
    assert.equal(response.headers["retry-after"], "90", "as long as the other side said");
    await assert.rejects(
      otherEnd(setup).embed([{ text: "disk full", logId: "a" }], signal),
      (error) => error instanceof Fault && error.kind === seen,
    );
  });
}

for (const [kind, retryAfterMs, header] of [
  ["rate", undefined, "1"],
  ["rate", 10, "1"],
  ["rate", 3_600_000, "3600"],
  ["outage", 1500, "2"],
  ["outage", undefined, undefined],
] as const) {
  test(`Retry-After of a ${kind} fault that says ${retryAfterMs ?? "no"} ms is ${header}`, async (t) => {
    const setup = await setUpHttp(t);
    const details = retryAfterMs === undefined ? {} : { retryAfterMs };
    setup.embedder.always(failWith(new Fault(kind, "fake: no", details)));
    setup.clock.sleep = (ms) => Promise.resolve(setup.clock.jump(ms));
    const response = await post(setup, "disk full");
    assert.equal(response.headers["retry-after"], header);
  });
}

test("a message that is refused by the embedder is 422, and the others are not paid for again", async (t) => {
  const setup = await setUpHttp(t, { enrich: { maxEntries: 0 } });
  setup.embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text === "poison"))
      throw new Fault("record", "fake: cannot read it");
    return answer();
  });
  const refused = await post(setup, "disk full", "poison");
  assert.equal(refused.statusCode, 422);
  await assert.rejects(
    otherEnd(setup).embed([{ text: "poison", logId: "a" }], signal),
    (error) => error instanceof Fault && error.kind === "record",
  );
  const before = setup.embedder.calls.length;
  assert.equal((await post(setup, "disk full")).statusCode, 200);
  assert.equal(setup.embedder.calls.length, before);
});

test("a text embedded by request counts against the day's budget, not against a cycle's", async (t) => {
  const setup = await setUpHttp(t);
  const response = await post(setup, "disk full");
  assert.equal(response.statusCode, 200);
  const spent = setup.state.appended.filter(({ ledger }) => ledger.startsWith("spent-"));
  await setup.embedderLimits.flush();
  assert.ok(
    spent.length > 0 || setup.state.appended.length > 0,
    "nobody wrote down what was spent",
  );
});

for (const [what, payload] of [
  ["no logs", { logs: [] }],
  ["a blank message", logsOf(" \n")],
  ["a message that is no text", { logs: [{ log_id: "a", message: 7 }] }],
  ["a log without an id", { logs: [{ message: "a" }] }],
  ["more logs than it takes at once", logsOf(...Array.from({ length: 1001 }, () => "a"))],
] as const) {
  test(`${what} is refused before anything is paid for`, async (t) => {
    const { app, embedder } = await setUpHttp(t);
    const response = await app.inject({ method: "POST", url, payload });
    assert.equal(response.statusCode, 400);
    problemOf(response);
    assert.equal(embedder.calls.length, 0);
  });
}

test("no more batches are held than eight; the next is asked to come again", async (t) => {
  const setup = await setUpHttp(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  setup.embedder.always(async ({ answer }) => {
    await promise;
    return answer();
  });
  const held = Array.from({ length: 8 }, (_, i) => post(setup, `text ${i}`).then((one) => one));
  const ninth = await post(setup, "one more");
  assert.equal(ninth.statusCode, 429);
  assert.equal(ninth.headers["retry-after"], "1");
  resolve();
  assert.deepEqual(
    new Set((await Promise.all(held)).map(({ statusCode }) => statusCode)),
    new Set([200]),
  );
  assert.equal((await post(setup, "one more")).statusCode, 200);
});
