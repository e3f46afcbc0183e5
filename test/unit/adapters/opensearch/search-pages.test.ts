import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { AnswerTooLarge } from "../../../../src/adapters/opensearch/bounded-answers.ts";
import type { IndexShape } from "../../../../src/adapters/opensearch/index-shape.ts";
import { createPageSizes, MAX_PAGE_BYTES } from "../../../../src/adapters/opensearch/page-sizes.ts";
import { findOutdated, findPending } from "../../../../src/adapters/opensearch/search.ts";
import { createFakeApi, linesOf, type Sent } from "./fake-api.ts";
import { FIELDS, SHAPE } from "./index-facts.ts";

const { signal } = new AbortController();
const fields = { ...FIELDS, inForce: { model: "m", dimensions: 8 } };
const common = { fields, maxAgeDays: undefined, excludeKeys: [] };

const header = z.object({ index: z.array(z.string()) });
const body = z.object({ size: z.number() });

/** A cluster whose documents have a time and so many bytes each. */
function cluster(indices: Record<string, number[]>, recordBytes: number) {
  return createFakeApi((request: Sent) => {
    const lines = linesOf(request);
    const responses = lines.flatMap((line, at) => {
      if (at % 2 === 1) return [];
      const { index: names } = header.parse(line);
      const { size } = body.parse(lines[at + 1]);
      const docs = names
        .flatMap((name) => (indices[name] ?? []).map((time) => ({ name, time })))
        .toSorted((a, b) => b.time - a.time)
        .slice(0, size);
      const hits = docs.map(({ name, time }) => ({
        _index: name,
        _id: `${time}`,
        _seq_no: 1,
        _primary_term: 1,
        _source: { message: `error at ${time}` },
        sort: [time],
      }));
      return [{ _shards: { total: 1, successful: 1, failed: 0 }, hits: { hits } }];
    });
    const bytes = responses.reduce((sum, { hits }) => sum + hits.hits.length, 0) * recordBytes;
    const { maxAnswerBytes = Infinity } = request;
    if (bytes > maxAnswerBytes) throw new AnswerTooLarge(bytes, maxAnswerBytes);
    return { responses };
  });
}

/** Alike only in part: each is searched for itself. */
const shapesOf = (...names: string[]): IndexShape[] =>
  names.map((index, part) => ({ ...SHAPE, index, part }));

const times = (from: number, count: number) => Array.from({ length: count }, (_, i) => from - i);
const MEGABYTE = 1_000_000;

test("of large records as many are handed out as one answer has room for, with the word that there are more", async () => {
  const { api, sent } = cluster({ a: times(1000, 100) }, MEGABYTE);
  const sizes = createPageSizes();
  const find = () =>
    findPending(
      api,
      {
        ...common,
        shapes: shapesOf("a"),
        sizes,
        limit: 100,
        direction: "newest",
        minAgeMs: 0,
      },
      signal,
    );
  const { records, more } = await find();
  assert.ok(records.length > 2 && records.length * MEGABYTE <= MAX_PAGE_BYTES);
  assert.equal(records[0]?.id, "1000");
  assert.equal(more, true);
  assert.equal(sent.length, 2);
  await find();
  assert.equal(sent.length, 3, "what worked is remembered");
});

test("there are no more where an answer had room for all", async () => {
  const { api } = cluster({ a: times(10, 3), b: times(20, 3) }, 300);
  const selection = { ...common, shapes: shapesOf("a", "b"), sizes: createPageSizes() };
  const query = { ...selection, limit: 100, direction: "newest", minAgeMs: 0 } as const;
  const { records, more } = await findPending(api, query, signal);
  assert.deepEqual([records.length, more], [6, false]);
});

test("where one large record of each of many indices is too much, the first of them come first", async () => {
  const names = Array.from({ length: 40 }, (_, i) => `logs_${i}`);
  const { api } = cluster(Object.fromEntries(names.map((name) => [name, [1]])), MEGABYTE);
  const shapes = shapesOf(...names);
  const query = { ...common, shapes, sizes: createPageSizes(), limit: 100, minAgeMs: 0 };
  const found = await findPending(api, { ...query, direction: "newest" }, signal);
  assert.ok(found.records.length > 0 && found.records.length < 20);
  assert.equal(found.more, true);
  assert.equal(found.records[0]?.index, "logs_0");
});

test("of outdated records none comes before a newer one that its own answer had no room for", async () => {
  const { api } = cluster({ a: times(1000, 50), b: times(500, 50), c: times(980, 2) }, MEGABYTE);
  const query = { ...common, shapes: shapesOf("a", "b", "c"), limit: 100, notAfterMs: undefined };
  const { records } = await findOutdated(api, { ...query, sizes: createPageSizes() }, signal);
  const found = records.map(({ record, atMs }) => [record.index, atMs]);
  const newest = times(1000, found.length).map((time) => ["a", time]);
  assert.deepEqual(found, newest);
});

test("of outdated records every index is asked, however large its newest is", async () => {
  const names = Array.from({ length: 40 }, (_, i) => `logs_${i}`);
  const all = Object.fromEntries(names.map((name, i) => [name, [i]]));
  const { api } = cluster(all, MEGABYTE);
  const query = { ...common, shapes: shapesOf(...names), limit: 100, notAfterMs: undefined };
  const { records } = await findOutdated(api, { ...query, sizes: createPageSizes() }, signal);
  // Whether another record of its index is newer than the second, nobody has seen.
  assert.deepEqual(
    records.map(({ atMs }) => atMs),
    [39],
  );
});
