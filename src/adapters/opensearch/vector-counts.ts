import { z } from "zod";
import type { Comparable, Occurrences, VectorScope } from "../../ports/vector-index.ts";
import type { Gap } from "../../domain/partial.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import type { IndexShape, Query } from "./index-shape.ts";
import { namedRecords } from "./named-records.ts";
import { NO_MODEL } from "./coverage-search.ts";
import type { VectorFields } from "./queries.ts";
import type { ClusterFeatures } from "./cluster-features.ts";
import { COUNT_ONLY, completenessShape, wholeTerms } from "./partial-answer.ts";
import { searchEachGroup } from "./search-groups.ts";
import {
  searchableGroups,
  comparable,
  filterClauses,
  hashField,
  modelClauses,
} from "./vector-conditions.ts";

type Known = { shapes: readonly IndexShape[]; fields: VectorFields };
type Compared = Known & { features: Pick<ClusterFeatures, "expensiveQueries"> };

/** Models counted separately. */
const MAX_MODELS = 50;
/** Per shard; up to that many models the sums are exact. */
const MODELS_A_SHARD = 1000;

const modelsShape = completenessShape.extend({
  aggregations: z
    .object({
      models: wholeTerms(z.object({ key: z.string(), doc_count: z.number() })),
    })
    .optional(),
});

/** Records with a vector by model, as of the last refresh. */
export async function countComparable(
  api: IsolatingApi,
  scope: VectorScope,
  { shapes, fields, features }: Compared,
  signal: AbortSignal,
): Promise<Comparable> {
  const { groups, leftOut } = comparable(shapes, scope.filter, features);
  const excluded = namedRecords(scope.excludeKeys);
  const { answers, gaps } = await searchEachGroup(
    api,
    groups,
    (group) => {
      const { filter, must_not } = filterClauses(group, scope, excluded);
      const field = group[0]?.modelField;
      const withVector = { exists: { field: fields.vectorField } };
      return {
        ...COUNT_ONLY,
        query: { bool: { filter: [...filter, withVector], must_not } },
        aggs: {
          models: {
            terms: { field, missing: NO_MODEL, size: MAX_MODELS, shard_size: MODELS_A_SHARD },
          },
        },
      };
    },
    modelsShape,
    signal,
  );
  const counts = new Map<string, number>();
  for (const { answer } of answers) {
    for (const { key, doc_count: records } of answer.aggregations?.models.buckets ?? []) {
      counts.set(key, (counts.get(key) ?? 0) + records);
    }
  }
  const models = [...counts]
    .map(([key, records]) => ({ model: key === NO_MODEL ? null : key, records }))
    .toSorted((a, b) => b.records - a.records);
  return { models, leftOut, gaps };
}

const bound = z.object({ value: z.number().nullable() }).optional();
/** A bucket of an aggregation that asks for `timesOf`. */
export const occurrencesShape = z.object({ doc_count: z.number(), first: bound, last: bound });
const textsShape = completenessShape.extend({
  aggregations: z
    .object({ texts: wholeTerms(occurrencesShape.extend({ key: z.string() })) })
    .optional(),
});

/** Aggregations for the first and the last time of alike indices; none where they have no time. */
export function timesOf([shape]: readonly IndexShape[]): Query {
  const field = shape?.timestampField;
  return field === undefined ? {} : { first: { min: { field } }, last: { max: { field } } };
}

export function occurrencesIn(bucket: z.infer<typeof occurrencesShape>): Occurrences {
  const [first, last] = [bucket.first?.value, bucket.last?.value];
  return {
    records: bucket.doc_count,
    ...(typeof first === "number" ? { first } : {}),
    ...(typeof last === "number" ? { last } : {}),
  };
}

/** How often each text occurs; indices whose text hash cannot be grouped are left out. */
export async function countOccurrences(
  api: IsolatingApi,
  query: VectorScope & { model: string; textHashes: readonly string[] },
  { shapes, fields }: Known,
  signal: AbortSignal,
): Promise<{ byHash: Map<string, Occurrences>; gaps: Gap[] }> {
  const byHash = new Map<string, Occurrences>();
  if (query.textHashes.length === 0) return { byHash, gaps: [] };
  const countable = shapes.filter(({ hashIsKeyword }) => hashIsKeyword);
  const { groups } = searchableGroups(countable, query.filter);
  const excluded = namedRecords(query.excludeKeys);
  const hash = hashField(fields);
  const { answers, gaps } = await searchEachGroup(
    api,
    groups,
    (group) => {
      const { filter, must_not } = filterClauses(group, query, excluded);
      const texts = { terms: { [hash]: query.textHashes } };
      return {
        ...COUNT_ONLY,
        query: {
          bool: {
            filter: [...filter, ...modelClauses(group, query.model, fields), texts],
            must_not,
          },
        },
        aggs: {
          texts: { terms: { field: hash, size: query.textHashes.length }, aggs: timesOf(group) },
        },
      };
    },
    textsShape,
    signal,
  );
  for (const { answer } of answers) {
    for (const bucket of answer.aggregations?.texts.buckets ?? []) {
      byHash.set(bucket.key, addOccurrences(byHash.get(bucket.key), occurrencesIn(bucket)));
    }
  }
  return { byHash, gaps };
}

/** The sum of both. */
export function addOccurrences(known: Occurrences | undefined, more: Occurrences): Occurrences {
  if (!known) return more;
  const firsts = [known.first, more.first].filter((time) => time !== undefined);
  const lasts = [known.last, more.last].filter((time) => time !== undefined);
  return {
    records: known.records + more.records,
    ...(firsts.length > 0 ? { first: Math.min(...firsts) } : {}),
    ...(lasts.length > 0 ? { last: Math.max(...lasts) } : {}),
  };
}
