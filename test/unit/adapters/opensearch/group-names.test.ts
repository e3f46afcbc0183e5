import assert from "node:assert/strict";
import { test } from "node:test";
import { countNames } from "../../../../src/adapters/opensearch/group-names.ts";
import { createFakeApi, linesOf, type Sent } from "./fake-api.ts";
import { FIELDS, SHAPE } from "./index-facts.ts";

const { signal } = new AbortController();
const RUN = { groups: ["1111111111111111"], since: 1000, until: 2000 };
const SHARDS = { total: 1, successful: 1, failed: 0 };

type Terms = { names: Record<string, number>; others?: number; error?: number };

/** Two kinds of indices, which name hosts in other fields; an answer for each. */
async function count(limit: number, ...answers: Terms[]) {
  const shapes = [
    { ...SHAPE, hosts: ["host"] },
    { ...SHAPE, index: "web_logs", hosts: ["node"] },
  ].slice(0, answers.length);
  const terms = ({ names, others = 0, error = 0 }: Terms) => ({
    sum_other_doc_count: others,
    doc_count_error_upper_bound: error,
    buckets: Object.entries(names).map(([key, doc_count]) => ({ key, doc_count })),
  });
  const { api, sent } = createFakeApi(() => ({
    responses: answers.map((one) => ({
      _shards: SHARDS,
      aggregations: {
        runs: {
          buckets: {
            run_0: {
              doc_count: 9,
              hosts_0: { doc_count: 9, names: terms(one) },
              hosts_none: { doc_count: 0 },
              versions_none: { doc_count: 9 },
            },
          },
        },
      },
    })),
  }));
  const counted = {
    api,
    features: { expensiveQueries: true },
    fields: FIELDS,
    shapesOf: (indices: readonly string[]) => shapes.filter(({ index }) => indices.includes(index)),
    maxAgeDays: undefined,
  };
  const indices = shapes.map(({ index }) => index);
  const { rows, gaps } = await countNames(counted, { indices, runs: [RUN], limit }, signal);
  return { hosts: rows[0]?.hosts, gaps, sent };
}

const bodyOf = (sent: readonly Sent[]) => linesOf(sent[0] ?? assert.fail())[1];

test("names of indices that map them otherwise are added up, in one request", async () => {
  const { hosts, gaps, sent } = await count(
    2,
    { names: { a: 5, b: 4 } },
    { names: { b: 6, c: 3 } },
  );
  assert.deepEqual(hosts, {
    names: [
      { name: "b", records: 10 },
      { name: "a", records: 5 },
    ],
    others: 3,
    unnamed: 0,
  });
  assert.deepEqual([gaps, sent.length], [[], 1]);
});

test("that there are more names than are asked for is no gap; that a count may be too low is", async () => {
  assert.deepEqual((await count(2, { names: { a: 5 }, others: 7 })).gaps, []);
  assert.deepEqual((await count(2, { names: { a: 5 }, error: 3 })).gaps, [
    { index: "app_logs", reason: "counts of names may be too low by 3" },
  ]);
  const both = await count(2, { names: { a: 5, b: 2 }, others: 7 }, { names: { b: 6 } });
  assert.equal(both.hosts?.others, 7);
  assert.deepEqual(both.gaps, [
    { index: "app_logs", reason: "counts of names may be too low by 2" },
  ]);
});

test("a record counts by its first field, and as without a name only where it has none", async () => {
  const { api, sent } = createFakeApi(() => ({ responses: [{ _shards: SHARDS }] }));
  const shape = { ...SHAPE, hosts: ["host.name", "hostname"], versions: [] };
  await countNames(
    {
      api,
      features: { expensiveQueries: true },
      fields: FIELDS,
      shapesOf: () => [shape],
      maxAgeDays: undefined,
    },
    { indices: ["app_logs"], runs: [RUN], limit: 10 },
    signal,
  );
  const [first, second] = [{ exists: { field: "host.name" } }, { exists: { field: "hostname" } }];
  assert.partialDeepStrictEqual(bodyOf(sent), {
    aggs: {
      runs: {
        aggs: {
          hosts_0: { filter: { bool: { filter: [first], must_not: [] } } },
          hosts_1: { filter: { bool: { filter: [second], must_not: [first] } } },
          hosts_none: { filter: { bool: { must_not: [first, second] } } },
          versions_none: { filter: { bool: { must_not: [] } } },
        },
      },
    },
  });
});
