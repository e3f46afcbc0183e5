import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { createSeparateTexts } from "../../../../src/adapters/opensearch/bounded-hits.ts";
import { AnswerTooLarge } from "../../../../src/adapters/opensearch/bounded-answers.ts";
import { findByWords } from "../../../../src/adapters/opensearch/by-words.ts";
import { allFeatures } from "../../../../src/adapters/opensearch/cluster-features.ts";
import type { IndexShape } from "../../../../src/adapters/opensearch/index-shape.ts";
import type { WordsQuery } from "../../../../src/ports/record-store.ts";
import { createFakeApi, linesOf, type Sent } from "./fake-api.ts";
import { FIELDS, SHAPE } from "./index-facts.ts";

const { signal } = new AbortController();
const KEYWORD: IndexShape = {
  ...SHAPE,
  index: "keyword_logs",
  texts: [{ name: "message", type: "keyword", mapping: { type: "keyword" } }],
};
const headerShape = z.object({ index: z.array(z.string()), search_type: z.string() });

function setUp(shapes: readonly IndexShape[], { messageBytes = 100 } = {}) {
  const { api, sent } = createFakeApi((request: Sent) => {
    const { maxAnswerBytes = Infinity } = request;
    const isWhole = JSON.stringify(request).includes(String.raw`\"includes\":[\"message\"`);
    const bytes = isWhole ? 50 * messageBytes : 0;
    if (bytes > maxAnswerBytes) throw new AnswerTooLarge(bytes, maxAnswerBytes);
    const found = { _index: "app_logs", _id: "1", _seq_no: 1, _primary_term: 1 };
    const message = "é".repeat(10_000);
    if (request.path === "/_mget")
      return { docs: [{ ...found, found: true, _source: { message } }] };
    const responses = linesOf(request).flatMap((_, at) => {
      const hits = [{ ...found, _score: 1, _source: isWhole ? { message: "disk full" } : {} }];
      return at % 2 === 0 ? [{ _shards: SHARDS, hits: { hits } }] : [];
    });
    return { responses };
  });
  const features = allFeatures();
  const find = (changes: Partial<WordsQuery> = {}) => {
    const indices = shapes.map(({ index }) => index);
    const all = { indices, filter: {}, excludeKeys: [], excludeHashes: [], limit: 50 };
    const known = { shapes, fields: FIELDS, features, separateTexts: createSeparateTexts() };
    return findByWords(api, { ...all, words: ["disk"], ...changes }, known, signal);
  };
  return { find, sent, features };
}

const SHARDS = { total: 1, successful: 1, failed: 0 };

test("rarity is counted over all shards, and indices of other fields are other searches", async () => {
  const { find, sent } = setUp([SHAPE, { ...SHAPE, index: "web_logs" }, KEYWORD]);
  await find();
  const headers = linesOf(sent[0] ?? assert.fail()).filter((_, at) => at % 2 === 0);
  assert.deepEqual(
    headers.map((one) => headerShape.parse(one)),
    [["app_logs", "web_logs"], ["keyword_logs"]].map((index) => {
      return { index, search_type: "dfs_query_then_fetch" };
    }),
  );
});

test("messages too large for one answer are read apart, and only their heads are kept", async () => {
  const { find, sent } = setUp([SHAPE], { messageBytes: 1_000_000 });
  const { hits } = await find();
  assert.deepEqual(
    sent.map(({ path }) => path),
    ["/_msearch", "/_msearch", "/_mget"],
  );
  const [{ record } = assert.fail()] = hits;
  assert.ok(Buffer.byteLength(record.text) <= 8192);
  assert.equal(record.cut, true);
});

test("where patterns are forbidden an index of keywords is left out, and no pattern is sent", async () => {
  const { find, sent, features } = setUp([SHAPE, KEYWORD]);
  features.expensiveQueries = false;
  const { hits, leftOut } = await find({
    words: ["com.acme.Order"],
    filter: { phrases: ["acme.Order"] },
  });
  assert.equal(hits.length, 1);
  assert.deepEqual(
    leftOut.map(({ index }) => index),
    ["keyword_logs"],
  );
  assert.match(leftOut[0]?.reason ?? "", /search\.allow_expensive_queries/);
  assert.doesNotMatch(JSON.stringify(sent), /wildcard/);
});

test("a name within a longer token is looked for only where no token is the name", async () => {
  const { find, sent } = setUp([SHAPE]);
  await find({ words: ["disk", "full"] });
  assert.equal(sent.length, 1);
  await find({ words: ["Order.charge"] });
  assert.equal(sent.length, 3);
  assert.match(JSON.stringify(sent[2]), /\*Order\.charge\*/);
});
