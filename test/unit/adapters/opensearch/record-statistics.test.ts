import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { IndexShape } from "../../../../src/adapters/opensearch/index-shape.ts";
import { createRecordStatistics } from "../../../../src/adapters/opensearch/record-statistics.ts";
import { createFakeApi, linesOf, type Sent } from "./fake-api.ts";
import { SHAPE } from "./index-facts.ts";

const { signal } = new AbortController();
const SHARDS = { total: 1, successful: 1, failed: 0 };
const WITHIN = { from: 1000, to: 2000 };
const KEYWORD = { type: "keyword", mapping: { type: "keyword" } };
const SERVED: IndexShape = {
  ...SHAPE,
  services: [{ name: "service.name", ...KEYWORD }],
};

const bodyShape = z.looseObject({
  size: z.number().optional(),
  aggs: z
    .object({
      errors: z.unknown().optional(),
      traits: z.object({ composite: z.looseObject({ after: z.unknown().optional() }) }).optional(),
    })
    .optional(),
});

/** Answers each search of a request by its header's indices and its body. */
function setUp(
  shapes: readonly IndexShape[],
  answer: (indices: string[], body: z.infer<typeof bodyShape>) => object,
) {
  const bodies: z.infer<typeof bodyShape>[] = [];
  const { api } = createFakeApi((request: Sent) => {
    const lines = linesOf(request);
    const responses = lines.flatMap((header, at) => {
      if (at % 2 === 1) return [];
      const { index } = z.object({ index: z.array(z.string()) }).parse(header);
      const body = bodyShape.parse(lines[at + 1]);
      bodies.push(body);
      return [{ _shards: SHARDS, hits: { total: { value: 7 }, hits: [] }, ...answer(index, body) }];
    });
    return { responses };
  });
  const statistics = createRecordStatistics({ api, shapesOf: () => [...shapes] });
  const scope = { indices: shapes.map(({ index }) => index), within: WITHIN };
  return { statistics, scope, bodies };
}

function buckets(from: number, count: number) {
  return Array.from({ length: count }, (_, i) => {
    return { key: { field_0: "error", field_1: `service-${from + i}` }, doc_count: 1 };
  });
}

test("pairs of level and service beyond a page are read too, and records are counted once", async () => {
  const { statistics, scope, bodies } = setUp([SERVED], (_, { aggs }) => {
    const { after } = aggs?.traits?.composite ?? {};
    const page = after === undefined ? buckets(0, 1000) : buckets(1000, 3);
    const traits = { buckets: page, after_key: page.at(-1)?.key };
    return { aggregations: { traits, ...(aggs?.errors ? { errors: { doc_count: 4 } } : {}) } };
  });
  const { records, errors, rows, gaps } = await statistics.countByTraits(scope, signal);
  assert.deepEqual([records, errors, rows.length, gaps], [7, 4, 1003, []]);
  assert.deepEqual(bodies[1]?.aggs?.traits?.composite.after, {
    field_0: "error",
    field_1: "service-999",
  });
  assert.deepEqual(rows[0], { level: "ERROR", service: "service-0", records: 1 });
});

test("a service field with a value of its own for each record ends, and the answer says so", async () => {
  let asked = 0;
  const { statistics, scope } = setUp([SERVED], () => {
    const page = buckets(1000 * asked++, 1000);
    return { aggregations: { traits: { buckets: page, after_key: page.at(-1)?.key } } };
  });
  const { gaps } = await statistics.countByTraits(scope, signal);
  assert.equal(asked, 10);
  assert.deepEqual(
    gaps.map(({ index }) => index),
    ["app_logs"],
  );
  assert.match(gaps[0]?.reason ?? "", /more than 10000 pairs of level and service/);
});

test("levels count by the first field that has one, whatever its case, and numbers by their names", async () => {
  const shape: IndexShape = {
    ...SHAPE,
    levels: [
      { name: "level", type: "text", mapping: { type: "text", fields: { raw: KEYWORD } } },
      { name: "severityNumber", type: "integer", mapping: { type: "integer" } },
    ],
  };
  const { statistics, scope, bodies } = setUp([shape], () => {
    const of = (level: string | null, severity: number | null, records: number) => {
      return { key: { field_0: level, field_1: severity }, doc_count: records };
    };
    const all = [of("Error", 9, 1), of("ERROR", null, 2), of("", 17, 4), of(null, null, 8)];
    return { aggregations: { traits: { buckets: all } } };
  });
  const { rows } = await statistics.countByTraits(scope, signal);
  assert.deepEqual(rows, [{ level: "ERROR", records: 7 }, { records: 8 }]);
  const { composite } = bodies[0]?.aggs?.traits ?? {};
  assert.deepEqual(composite?.["sources"], [
    { field_0: { terms: { field: "level.raw", missing_bucket: true } } },
    { field_1: { terms: { field: "severityNumber", missing_bucket: true } } },
  ]);
});

const { timestampField: _, ...UNTIMED } = SHAPE;
const LEFT_OUT: [what: string, shape: IndexShape, reason: RegExp][] = [
  ["without a date", UNTIMED, /no date/],
  [
    "whose level is words only",
    { ...SHAPE, levels: [{ name: "level", type: "text", mapping: { type: "text" } }] },
    /values of level \(text\) cannot be counted; LEVEL_FIELD/,
  ],
  [
    "whose service lies in nested objects",
    { ...SHAPE, services: [{ name: "by.name", ...KEYWORD, nested: "by" }] },
    /values of by\.name \(keyword\) cannot be counted; SERVICE_FIELD/,
  ],
];
for (const [what, shape, reason] of LEFT_OUT) {
  test(`an index ${what} is left out of counts and samples alike, with its reason`, async () => {
    const { statistics, scope, bodies } = setUp([shape], () => ({}));
    const { leftOut, records } = await statistics.countByTraits(scope, signal);
    assert.equal(records, 0);
    assert.equal(leftOut.length, 1);
    assert.match(leftOut[0]?.reason ?? "", reason);
    await statistics.countSpans(scope, [WITHIN], signal);
    await statistics.sampleRecords(scope, { size: 5, seed: 1, spans: [] }, signal);
    assert.deepEqual(bodies, [], "it is not searched");
  });
}

test("of a project that the index has no field for, nothing is counted and the setting is named", async () => {
  const { statistics, scope } = setUp([SHAPE], () => ({}));
  const { leftOut } = await statistics.countByTraits({ ...scope, project: "p" }, signal);
  assert.match(leftOut[0]?.reason ?? "", /PROJECT_FIELD/);
});

test("a sample over several kinds of index takes the largest random numbers of all", async () => {
  const other: IndexShape = { ...SERVED, index: "web_logs", maxHits: 3 };
  const { statistics, scope, bodies } = setUp([SHAPE, other], ([index], { size = 0 }) => {
    const own = index === "web_logs" ? [0.9, 0.5, 0.1] : [0.8, 0.7, 0.6];
    const hits = own.slice(0, size).map((score) => {
      const fields = index === "web_logs" ? { level: ["info"], "service.name": ["web"] } : {};
      return { _score: score, fields, matched_queries: score === 0.8 ? ["error"] : ["in_spans"] };
    });
    return { hits: { hits } };
  });
  const sample = { size: 5, seed: 1, spans: [WITHIN] };
  const { rows, whole } = await statistics.sampleRecords(scope, sample, signal);
  assert.deepEqual(
    bodies.map(({ size }) => size),
    [3, 3],
    "one limit for all, else an index would be less likely",
  );
  assert.deepEqual(rows, [
    { level: "INFO", service: "web", isError: false, inSpans: true },
    { isError: true, inSpans: false },
    { isError: false, inSpans: true },
  ]);
  assert.equal(whole, false);
});

test("a shard that failed is a gap, and its sample is not everything", async () => {
  const failing = { _shards: { total: 2, successful: 1, failed: 1, failures: [] } };
  const { statistics, scope } = setUp([SHAPE], () => failing);
  const counted = await statistics.countSpans(scope, [WITHIN], signal);
  assert.deepEqual(counted.gaps, [{ index: "app_logs", reason: "1 of 2 shards failed" }]);
  const sample = await statistics.sampleRecords(scope, { size: 5, seed: 1, spans: [] }, signal);
  assert.equal(sample.whole, false);
  assert.equal(sample.gaps.length, 1);
});
