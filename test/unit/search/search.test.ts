import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { SearchRefused } from "../../../src/search/search-refused.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { axis, MODEL, pending, setUpSearch, timeOf, vectorized } from "./search-setup.ts";

test("the nearest record comes first, and the answer says which records were searched", async () => {
  const { search, answerWith, store } = setUpSearch([
    vectorized(1, "disk is full", { vector: axis(0.5), service: { name: "orders" } }),
    vectorized(2, "no space left on device", { vector: axis(0.9) }),
    pending(3, "not embedded yet"),
  ]);
  store.define("closed_logs", { unfit: "closed" });
  answerWith(axis(1));
  const answer = await search("out of disk space");
  const { hits, duration_ms: _, ...rest } = answer;
  assert.deepEqual(
    hits.map(({ message, service, count }) => [message, service, count]),
    [
      ["no space left on device", null, 1],
      ["disk is full", "orders", 1],
    ],
  );
  const [{ score, ...first } = assert.fail()] = hits;
  assert.ok(Math.abs((score ?? 0) - 0.9) < 1e-6);
  assert.deepEqual(first, {
    vectorized: true,
    found_by: ["meaning"],
    count: 1,
    first_seen: timeOf(2),
    last_seen: timeOf(2),
    index: "app_logs",
    id: "log-2",
    shard_key: null,
    timestamp: timeOf(2),
    level: "ERROR",
    service: null,
    group: null,
    message: "no space left on device",
    message_truncated: false,
  });
  assert.deepEqual(rest, {
    query: { text: "out of disk space", truncated: false, must_have: [], index: null, id: null },
    mode: "meaning",
    searched_by: ["meaning"],
    not_searched_by: [],
    model: MODEL,
    dimensions: 8,
    more: false,
    searched: { indices: 1, records: 2, without_graph: null },
    other_models: [],
    nothing_comparable: null,
    left_out: [{ index: "closed_logs", reason: "closed" }],
    gaps: [],
    embedding: { requests: 1, texts: 1, tokens: 1, cost_usd: 1e-6 },
    stored: null,
  });
});

test("the text is masked before it is sent, and the messages before they are shown", async () => {
  const rules = { redaction: "secrets", form: "template" } as const;
  const { search, embedder } = setUpSearch(
    [vectorized(1, "login failed, password=hunter2hunter2")],
    { text: rules },
  );
  const answer = await search("login 12345 failed, password=swordfish99");
  const sent = embedder.calls.flat().map(({ text }) => text);
  assert.deepEqual(sent, ["login <number> failed, password=***"]);
  assert.equal(answer.query.text, sent[0]);
  assert.equal(answer.hits[0]?.message, "login failed, password=***");
});

test("a text that a record has already, or that was asked for before, is not paid for", async () => {
  const { search, embedder } = setUpSearch([vectorized(1, "disk is full")]);
  const own = await search("disk is full");
  assert.equal(own.hits[0]?.score?.toFixed(6), "1.000000");
  assert.equal(embedder.calls.length, 0);
  await search("something else");
  const again = await search("something else");
  assert.equal(embedder.calls.length, 1);
  assert.deepEqual(again.embedding, { requests: 0, texts: 0, tokens: 0, cost_usd: 0 });
});

test("where nothing can be compared nothing is paid, and the answer says so", async () => {
  const stamp = { model: "another-model" };
  const { search, embedder } = setUpSearch([
    vectorized(1, "of another model", { stamp }),
    vectorized(2, "of another model too", { stamp }),
    vectorized(3, "of none that is known", { stamp: { model: null } }),
  ]);
  const answer = await search("anything");
  assert.deepEqual(answer.hits, []);
  assert.equal(answer.searched.records, 0);
  assert.deepEqual(answer.other_models, [
    { model: "another-model", records: 2 },
    { model: null, records: 1 },
  ]);
  assert.equal(embedder.calls.length, 0);
});

test("a blank text is refused before anybody is asked", async () => {
  const { search, store } = setUpSearch([vectorized(1, "x")]);
  await assert.rejects(search(" \n "), (error: unknown) => {
    assert.ok(error instanceof SearchRefused);
    assert.equal(error.code, "no_text");
    return true;
  });
  assert.equal(store.calls.survey, 0);
});

test("a text that the embedder refuses is the asker's affair, an outage is not", async () => {
  const { search, embedder } = setUpSearch([vectorized(1, "x")]);
  embedder.plan(failWith(new Fault("record", "fake: too odd")));
  await assert.rejects(search("odd"), (error: unknown) => {
    assert.ok(error instanceof SearchRefused);
    assert.deepEqual([error.code, error.message], ["text_refused", "fake: too odd"]);
    return true;
  });
  embedder.plan(failWith(new Fault("credentials", "fake: no key")));
  await assert.rejects(search("even"), (error: unknown) => {
    assert.ok(error instanceof Fault);
    assert.equal(error.kind, "credentials");
    return true;
  });
});

test("only the indices that were named, data streams by their own name", async () => {
  const at = (index: string, number: number) => ({ ...vectorized(number, "full"), index });
  const documents = [at("app_a", 1), at("app_b", 2), at(".ds-web_logs-000001", 3)];
  const { search, store } = setUpSearch(documents);
  store.define("app_c", { unfit: "closed" });
  const found = async (index: string) => {
    const { hits, searched, left_out: left } = await search("full", { index });
    return [hits[0]?.count ?? 0, searched.indices, left.length];
  };
  assert.deepEqual(await found("app_*"), [2, 2, 1]);
  assert.deepEqual(await found("app_a, web_logs"), [2, 2, 0]);
  assert.deepEqual(await found("gone"), [0, 0, 0]);
});

test("filters narrow what is found, what is counted, and what is said", async () => {
  const { search } = setUpSearch([
    vectorized(1, "full", { service: "orders" }),
    vectorized(2, "full", { service: "billing" }),
    vectorized(3, "full", { service: "orders", level: "FATAL" }),
  ]);
  const orders = await search("full", { service: "Orders" });
  assert.deepEqual([orders.hits[0]?.count, orders.searched.records], [2, 2]);
  const span = { since: Date.parse(timeOf(2)), until: Date.parse(timeOf(2)) };
  const { hits } = await search("full", span);
  assert.deepEqual([hits[0]?.count, hits[0]?.service], [1, "billing"]);
  assert.equal((await search("full", { level: "fatal" })).hits[0]?.count, 1);
});

test("the least score is what a hit must have", async () => {
  const documents = [0.9, 0.5].map((score, i) => vectorized(i, `m${i}`, { vector: axis(score) }));
  const { search, answerWith } = setUpSearch(documents);
  answerWith(axis(1));
  const messages = async (minScore: number) =>
    (await search("asked", { minScore })).hits.map(({ message }) => message);
  assert.deepEqual(await messages(0.6), ["m0"]);
  assert.deepEqual(await messages(0.95), []);
});

test("indices without a graph and without vectors are spoken of", async () => {
  const { search, store } = setUpSearch([vectorized(1, "full")]);
  store.define("app_logs", { search: "exact", partial: "2 of 5 shards failed" });
  store.define("new_logs", { mapped: false });
  const answer = await search("full");
  assert.deepEqual(answer.searched, {
    indices: 1,
    records: null,
    without_graph: { indices: 1, records: 1, compared: 1 },
  });
  assert.deepEqual(answer.left_out, [{ index: "new_logs", reason: "no record has a vector yet" }]);
  assert.deepEqual(answer.gaps, [{ index: "app_logs", reason: "2 of 5 shards failed" }]);
});

test("searches in a row share a survey for some seconds", async () => {
  const { search, store, clock } = setUpSearch([vectorized(1, "full")]);
  await search("full");
  await search("full");
  assert.equal(store.calls.survey, 1);
  await clock.advance(6000);
  await search("full");
  assert.equal(store.calls.survey, 2);
});

test("where every vector is of another model that is said, with what new ones take, and nothing is paid", async () => {
  const old = { model: "old" };
  const { search, similar, embedder } = setUpSearch([
    vectorized(1, "disk full", { stamp: old }),
    vectorized(2, "no space", { stamp: old }),
  ]);
  const answer = await search("disk");
  assert.deepEqual(answer.hits, []);
  assert.equal(answer.searched.records, 0);
  assert.deepEqual(answer.other_models, [{ model: "old", records: 2 }]);
  assert.partialDeepStrictEqual(answer.nothing_comparable, {
    records: 2,
    models: [{ model: "old", dimensions: 8, records: 2 }],
    command: "log-vectorizer reembed",
  });
  assert.ok(answer.nothing_comparable?.estimate);
  const like = await similar("log-1");
  assert.equal(like.nothing_comparable?.records, 2);
  assert.equal(like.stored, null);
  assert.equal(embedder.calls.length, 0);
});

test("vectors of another model where nobody can count them are told from what was seen", async () => {
  const { search, store } = setUpSearch([vectorized(1, "disk full", { stamp: { model: "old" } })]);
  store.before("coverage", () => {
    throw new Fault("outage", "fake: away");
  });
  assert.deepEqual((await search("disk")).nothing_comparable, {
    records: 1,
    models: [{ model: "old", dimensions: null, records: 1 }],
    estimate: null,
    command: "log-vectorizer reembed",
  });
});

test("some of another model keep nobody from finding the others", async () => {
  const { search } = setUpSearch([
    vectorized(1, "disk full"),
    vectorized(2, "no space", { stamp: { model: "old" } }),
  ]);
  const { hits, nothing_comparable: nothing } = await search("disk full");
  assert.deepEqual([hits.length, nothing], [1, null]);
});
