import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { createSeparateTexts } from "../../../../src/adapters/opensearch/bounded-hits.ts";
import { AnswerTooLarge } from "../../../../src/adapters/opensearch/bounded-answers.ts";
import { findNearest } from "../../../../src/adapters/opensearch/nearest.ts";
import { findTextElsewhere } from "../../../../src/adapters/opensearch/text-elsewhere.ts";
import { allFeatures } from "../../../../src/adapters/opensearch/cluster-features.ts";
import { createFakeApi, linesOf, type Sent } from "./fake-api.ts";
import { FIELDS, SHAPE } from "./index-facts.ts";

const { signal } = new AbortController();
const MEGABYTE = 1_000_000;

const body = z.object({ size: z.number(), _source: z.object({ includes: z.array(z.string()) }) });
const asked = z.object({ docs: z.array(z.object({ _id: z.string() })) });

type Cluster = { hits: number; messageBytes: number; otherBytes: number; gone?: string };

/** Hits whose messages, and whose other fields, have so many bytes each. */
function cluster({ hits, messageBytes, otherBytes, gone }: Cluster) {
  const answered: number[] = [];
  const { api, sent } = createFakeApi((request: Sent) => {
    const { maxAnswerBytes = Infinity } = request;
    const within = <T>(bytes: number, answer: T): T => {
      if (bytes > maxAnswerBytes) throw new AnswerTooLarge(bytes, maxAnswerBytes);
      answered.push(bytes);
      return answer;
    };
    if (request.path === "/_mget") {
      const docs = asked.parse(request.body).docs.map(({ _id }) =>
        _id === gone
          ? { found: false }
          : {
              found: true,
              ...documentOf(_id),
              _source: { message: `${_id} ${"é".repeat(10_000)}` },
            },
      );
      return within(docs.length * messageBytes, { docs });
    }
    const { size, _source: source } = body.parse(linesOf(request)[1]);
    const isWhole = source.includes.includes("message");
    const found = Array.from({ length: Math.min(hits, size) }, (_, i) => ({
      ...documentOf(`${i}`),
      _score: 1 - i / 1000,
      _source: isWhole ? { message: `${i} whole` } : {},
    }));
    const each = otherBytes + (isWhole ? messageBytes : 0);
    const total = { value: hits };
    const shards = { total: 1, successful: 1, failed: 0 };
    return within(found.length * each, {
      responses: [{ _shards: shards, hits: { total, hits: found } }],
    });
  });
  const separateTexts = createSeparateTexts();
  const find = () =>
    findNearest(
      api,
      {
        indices: ["app_logs"],
        filter: {},
        excludeKeys: [],
        excludeHashes: [],
        vector: Float32Array.of(1),
        model: "m",
        limit: 50,
      },
      {
        shapes: [SHAPE],
        fields: FIELDS,
        maxCompared: undefined,
        features: allFeatures(),
        separateTexts,
      },
      signal,
    );
  return { find, sent, answered };
}

function documentOf(_id: string) {
  return { _index: "app_logs", _id, _seq_no: 1, _primary_term: 1 };
}

test("of hits with large messages only the heads are kept, read a few at a time", async () => {
  const { find, sent, answered } = cluster({ hits: 50, messageBytes: MEGABYTE, otherBytes: 100 });
  const { hits } = await find();
  assert.deepEqual(
    hits.map(({ record }) => record.text.split(" ")[0]),
    Array.from({ length: 50 }, (_, i) => `${i}`),
  );
  for (const { record } of hits) {
    assert.ok(Buffer.byteLength(record.text) <= 8192);
    assert.equal(record.cut, true);
  }
  assert.ok(answered.every((bytes) => bytes <= 4 * 1024 * 1024));
  const before = sent.length;
  await find();
  assert.equal(sent[before]?.path, "/_msearch");
  assert.equal(sent[before + 1]?.path, "/_mget", "the next search does not try it with the texts");
});

test("hits with usual messages are read in one request", async () => {
  const { find, sent } = cluster({ hits: 50, messageBytes: 300, otherBytes: 100 });
  const { hits } = await find();
  assert.deepEqual([hits.length, hits[0]?.record.text, sent.length], [50, "0 whole", 1]);
});

test("a hit that is gone when its text is read is left out", async () => {
  const { find } = cluster({ hits: 20, messageBytes: MEGABYTE, otherBytes: 100, gone: "7" });
  assert.equal((await find()).hits.length, 19);
});

test("where somebody wrote megabytes into names or stamps, the search is refused instead of read", async () => {
  const { find, answered } = cluster({ hits: 50, messageBytes: 0, otherBytes: MEGABYTE });
  await assert.rejects(find(), {
    name: "Fault",
    kind: "index",
    message: /even without their mess/,
  });
  assert.deepEqual(answered, []);
});

test("where a text may stand is looked for in as many records as an answer has room for", async () => {
  const sizes = z.object({ size: z.number() });
  const large = new Set(["b", "c"]);
  const { api } = createFakeApi((request: Sent) => {
    const { maxAnswerBytes = Infinity } = request;
    const lines = linesOf(request);
    const responses = lines.flatMap((line, at) => {
      if (at % 2 === 1) return [];
      const [name = ""] = z.object({ index: z.array(z.string()) }).parse(line).index;
      const { size } = sizes.parse(lines[at + 1]);
      const hits = Array.from({ length: size }, () => ({ fields: { details: ["disk full now"] } }));
      const shards = { total: 1, successful: 1, failed: 0 };
      return [{ name, size, _shards: shards, hits: { hits } }];
    });
    const bytes = responses.reduce((sum, { name, size }) => {
      return sum + size * (name === "c" ? 20 : large.has(name) ? 3 : 0) * MEGABYTE;
    }, 0);
    if (bytes > maxAnswerBytes) throw new AnswerTooLarge(bytes, maxAnswerBytes);
    return { responses };
  });
  const shapes = ["a", "b", "c"].map((index) => ({ ...SHAPE, index }));
  const found = await findTextElsewhere(
    api,
    { shapes, fields: FIELDS, maxAgeDays: undefined },
    signal,
  );
  assert.deepEqual(
    found.map(({ index, fields }) => [index, fields]),
    [
      ["a", ["details"]],
      ["b", ["details"]],
      ["c", []],
    ],
  );
});
