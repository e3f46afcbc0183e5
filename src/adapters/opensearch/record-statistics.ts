import { z } from "zod";
import { joinGaps, NO_GAPS, type Gap } from "../../domain/partial.ts";
import type { RecordStatistics, StatisticsScope, Traits } from "../../ports/record-statistics.ts";
import {
  anySpanQuery,
  countableByTraits,
  scopeQuery,
  spanQuery,
  traitFields,
  traitsIn,
} from "./countable-traits.ts";
import { hitsAtMost, type IndexShape, type Query } from "./index-shape.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import { COUNT_ONLY, completenessShape, gapOfEach } from "./partial-answer.ts";
import { searchEachGroup } from "./search-groups.ts";

type Counted = { api: IsolatingApi; shapesOf(indices: readonly string[]): IndexShape[] };

/** Counts by aggregations over all records, and samples by `random_score`. One search is under way at a time. */
export function createRecordStatistics(counted: Counted): RecordStatistics {
  return {
    countByTraits: (scope, signal) => countByTraits(counted, scope, signal),
    countSpans: (scope, spans, signal) => countSpans(counted, scope, spans, signal),
    sampleRecords: (scope, sample, signal) => sampleRecords(counted, scope, sample, signal),
  };
}

/** Levels and services that go together, of one answer and of one kind of index. */
const PAGE = 1000;
const MAX_PAGES = 10;

const key = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
const traitsShape = completenessShape.extend({
  hits: z.object({ total: z.object({ value: z.number() }).optional() }),
  aggregations: z
    .object({
      errors: z.object({ doc_count: z.number() }).optional(),
      traits: z.object({
        after_key: key.optional(),
        buckets: z.array(z.object({ key, doc_count: z.number() })),
      }),
    })
    .optional(),
});

async function countByTraits(
  { api, shapesOf }: Counted,
  scope: StatisticsScope,
  signal: AbortSignal,
): ReturnType<RecordStatistics["countByTraits"]> {
  const { groups, leftOut } = countableByTraits(shapesOf(scope.indices), scope);
  let [records, errors, gaps] = [0, 0, NO_GAPS];
  const rows = new Map<string, Traits & { records: number }>();
  const after = new Map<string, z.infer<typeof key>>();
  let rest: (readonly IndexShape[])[] = groups;
  for (let page = 0; page < MAX_PAGES && rest.length > 0; page++) {
    const asked = rest;
    const isFirst = page === 0;
    rest = [];
    const found = await searchEachGroup(
      api,
      asked,
      (group) => traitsBody(group, scope, { isFirst, after: after.get(group[0]?.index ?? "") }),
      traitsShape,
      signal,
    );
    gaps = joinGaps(gaps, found.gaps);
    for (const { group, answer } of found.answers) {
      const { errors: ofLevel, traits } = answer.aggregations ?? {};
      const [shape] = group;
      if (!traits || !shape) continue;
      if (isFirst) {
        records += answer.hits.total?.value ?? 0;
        errors += ofLevel?.doc_count ?? 0;
      }
      const fields = traitFields(shape);
      for (const bucket of traits.buckets) {
        const values = Object.keys(bucket.key).map((_, i) => bucket.key[nameOf(i)]);
        const one = traitsIn(values, fields);
        const name = JSON.stringify([one.level ?? null, one.service ?? null]);
        const known = rows.get(name)?.records ?? 0;
        rows.set(name, { ...one, records: known + bucket.doc_count });
      }
      if (traits.buckets.length < PAGE || !traits.after_key) continue;
      for (const { index } of group) after.set(index, traits.after_key);
      rest.push(group);
    }
  }
  const names = rest.flat().map(({ index }) => index);
  return {
    records,
    errors,
    rows: [...rows.values()],
    leftOut,
    gaps: joinGaps(gaps, gapOfEach(names, TOO_MANY)),
  };
}

const TOO_MANY = `it has more than ${PAGE * MAX_PAGES} pairs of level and service, and the rest is not counted by them`;

function traitsBody(
  group: readonly IndexShape[],
  scope: StatisticsScope,
  { isFirst, after }: { isFirst: boolean; after: z.infer<typeof key> | undefined },
): Query {
  const [shape] = group;
  if (!shape) return {};
  const { levels, services } = traitFields(shape);
  const sources = [...levels, ...services].map((field, i) => {
    return { [nameOf(i)]: { terms: { field, missing_bucket: true } } };
  });
  return {
    ...COUNT_ONLY,
    track_total_hits: isFirst,
    query: { bool: { filter: scopeQuery(shape, scope) } },
    aggs: {
      ...(isFirst ? { errors: { filter: shape.level } } : {}),
      traits: { composite: { size: PAGE, sources, ...(after ? { after } : {}) } },
    },
  };
}

/** Of the source that stands at that place. */
function nameOf(at: number): string {
  return `field_${at}`;
}

const spansShape = completenessShape.extend({
  aggregations: z
    .object({ spans: z.object({ buckets: z.array(z.object({ doc_count: z.number() })) }) })
    .optional(),
});

async function countSpans(
  { api, shapesOf }: Counted,
  scope: StatisticsScope,
  spans: Parameters<RecordStatistics["countSpans"]>[1],
  signal: AbortSignal,
): ReturnType<RecordStatistics["countSpans"]> {
  if (spans.length === 0) return { counts: [], gaps: NO_GAPS };
  const { groups } = countableByTraits(shapesOf(scope.indices), scope);
  const { answers, gaps } = await searchEachGroup(
    api,
    groups,
    ([shape]) => {
      if (!shape) return {};
      const filters = spans.map((span) => spanQuery(shape, span));
      return {
        ...COUNT_ONLY,
        track_total_hits: false,
        query: { bool: { filter: [...scopeQuery(shape, scope), anySpanQuery(shape, spans)] } },
        aggs: { spans: { filters: { filters } } },
      };
    },
    spansShape,
    signal,
  );
  const counts = spans.map((_, i) =>
    answers.reduce((sum, { answer }) => {
      return sum + (answer.aggregations?.spans.buckets[i]?.doc_count ?? 0);
    }, 0),
  );
  return { counts, gaps };
}

/** The names by which a hit says which of the optional queries it matches. */
const [ERROR, IN_SPANS] = ["error", "in_spans"];

const sampleShape = completenessShape.extend({
  hits: z.object({
    hits: z.array(
      z.object({
        _score: z.number(),
        fields: z.record(z.string(), z.array(z.unknown())).default({}),
        matched_queries: z.array(z.string()).default([]),
      }),
    ),
  }),
});

/**
 * The records with the largest random numbers, which OpenSearch makes of the seed, the shard and the record's sequence number:
 * https://docs.opensearch.org/latest/query-dsl/compound/function-score/#the-random-score-function
 */
async function sampleRecords(
  { api, shapesOf }: Counted,
  scope: StatisticsScope,
  { size: wanted, seed, spans }: Parameters<RecordStatistics["sampleRecords"]>[1],
  signal: AbortSignal,
): ReturnType<RecordStatistics["sampleRecords"]> {
  const { groups } = countableByTraits(shapesOf(scope.indices), scope);
  // One size for all: else the records of an index with a lower limit would be less likely.
  const size = hitsAtMost(groups.flat(), wanted);
  const { answers, gaps }: { answers: Answers; gaps: readonly Gap[] } = await searchEachGroup(
    api,
    groups,
    ([shape]) => {
      if (!shape) return {};
      const { levels, services } = traitFields(shape);
      const should = [
        { bool: { filter: [shape.level], _name: ERROR } },
        { bool: { filter: [anySpanQuery(shape, spans)], _name: IN_SPANS } },
      ];
      return {
        size,
        track_total_hits: false,
        _source: false,
        docvalue_fields: [...levels, ...services],
        query: {
          function_score: {
            query: { bool: { filter: scopeQuery(shape, scope), should } },
            random_score: { seed, field: "_seq_no" },
            boost_mode: "replace",
          },
        },
      };
    },
    sampleShape,
    signal,
  );
  const hits = answers.flatMap(({ group: [shape], answer }) => {
    if (!shape) return [];
    const fields = traitFields(shape);
    const names = [...fields.levels, ...fields.services];
    return answer.hits.hits.map(({ _score: score, fields: found, matched_queries: matched }) => {
      const traits = traitsIn(
        names.map((name) => found[name]?.[0]),
        fields,
      );
      const [isError, inSpans] = [matched.includes(ERROR), matched.includes(IN_SPANS)];
      return { score, row: { ...traits, isError, inSpans } };
    });
  });
  const best = hits.toSorted((a, b) => b.score - a.score).slice(0, size);
  const isCut = answers.some(({ answer }) => answer.hits.hits.length >= size);
  return {
    rows: best.map(({ row }) => row),
    whole: !isCut && hits.length <= size && gaps.length === 0,
    gaps,
  };
}

type Answers = { group: readonly IndexShape[]; answer: z.infer<typeof sampleShape> }[];
