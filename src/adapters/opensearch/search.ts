import { z } from "zod";
import { sumModels, type IndexCoverage, type ModelRecords } from "../../domain/coverage.ts";
import type { LogRecord } from "../../domain/log-record.ts";
import type { Gap } from "../../domain/partial.ts";
import type { OutdatedRecord } from "../../ports/record-store.ts";
import type { Api } from "./api.ts";
import type { Bounded } from "./bounded-answers.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import { groupByShape, type IndexShape, type Query } from "./index-shape.ts";
import { documentShape, toRecord, type StoredDocument } from "./hits.ts";
import { namedRecords } from "./named-records.ts";
import { coverageSearch, NO_MODEL } from "./coverage-search.ts";
import { outdatedQuery } from "./outdated-query.ts";
import { order, pendingQuery, recordSource, type WantedVectors } from "./queries.ts";
import { completenessShape, wholeTerms } from "./partial-answer.ts";
import { bypassPipelines, searchEachGroup, searchTimeout } from "./search-groups.ts";
import type { PageSizes } from "./page-sizes.ts";
import { searchPages } from "./search-pages.ts";

export const searchShape = completenessShape.extend({
  hits: z.object({ hits: z.array(documentShape) }),
});
const bucketCount = z.object({ doc_count: z.number() });
const modelBuckets = z.object({
  buckets: z.array(
    z.object({
      key: z.string(),
      doc_count: z.number(),
      dimensions: z.object({
        buckets: z.array(z.object({ key: z.number(), doc_count: z.number() })),
      }),
    }),
  ),
});
const coverageShape = completenessShape.extend({
  aggregations: z
    .object({
      indices: wholeTerms(
        z.object({
          key: z.string(),
          doc_count: z.number(),
          vectorized: bucketCount,
          other: bucketCount.extend({ models: modelBuckets }),
          pending: bucketCount.extend({
            oldest: z.object({ value: z.number().nullable() }).optional(),
          }),
          quarantined: bucketCount,
        }),
      ),
    })
    .optional(),
});

export type Selection = {
  shapes: readonly IndexShape[];
  fields: WantedVectors;
  direction: "newest" | "oldest";
  maxAgeDays: number | undefined;
  minAgeMs: number;
};

/**
 * The first pending records over all indices in the wanted order; those without a time come last. `more`: some did not
 * fit into an answer.
 */
export async function findPending(
  api: IsolatingApi,
  selection: Selection & {
    sizes: PageSizes;
    limit: number;
    perIndex?: number | undefined;
    excludeKeys: readonly string[];
  },
  signal: AbortSignal,
): Promise<{ records: LogRecord[]; gaps: Gap[]; more: boolean }> {
  const { shapes, fields, direction, maxAgeDays, minAgeMs, limit, excludeKeys } = selection;
  const { perIndex = limit, sizes } = selection;
  const isShared = perIndex >= limit || shapes.length <= 1;
  const groups = isShared ? groupByShape(shapes) : shapes.map((shape) => [shape]);
  const excluded = namedRecords(excludeKeys);
  const bodyOf = (shape: IndexShape, size: number, group: readonly IndexShape[]) => ({
    size,
    track_total_hits: false,
    seq_no_primary_term: true,
    _source: recordSource(shape, fields),
    query: pendingQuery(shape, fields, { maxAgeDays, minAgeMs, exclude: excluded(group) }),
    sort: order(shape, direction),
  });
  const wanted = { sizes, limit: Math.min(limit, perIndex), bodyOf, answer: searchShape };
  const found = await searchPages(api, groups, { ...wanted, every: false }, signal);
  const shapeOf = new Map(shapes.map((shape) => [shape.index, shape]));
  const hits = found.pages.flatMap(({ group, answer }) => {
    const timed = group[0]?.timestampField !== undefined;
    return answer.hits.hits.map((hit) => ({
      hit,
      time: timed ? timeOf(hit, direction) : Infinity,
    }));
  });
  hits.sort((a, b) => (a.time === b.time ? 0 : a.time - b.time));
  const records = hits.slice(0, limit).flatMap(({ hit }) => {
    const shape = shapeOf.get(hit._index);
    return shape ? [toRecord(hit, shape, fields)] : [];
  });
  return { records, gaps: found.gaps, more: found.more };
}

/** Records with a vector of another model, newest first over all indices. */
export async function findOutdated(
  api: IsolatingApi,
  selection: Pick<Selection, "shapes" | "maxAgeDays"> & {
    fields: WantedVectors;
    sizes: PageSizes;
    limit: number;
    excludeKeys: readonly string[];
    notAfterMs: number | undefined;
  },
  signal: AbortSignal,
): Promise<{ records: OutdatedRecord[]; gaps: Gap[] }> {
  const { shapes, fields, sizes, maxAgeDays, limit, excludeKeys, notAfterMs } = selection;
  const excluded = namedRecords(excludeKeys);
  const bodyOf = (shape: IndexShape, size: number, group: readonly IndexShape[]) => ({
    size,
    track_total_hits: false,
    seq_no_primary_term: true,
    _source: recordSource(shape, fields),
    query: outdatedQuery(shape, fields, { maxAgeDays, notAfterMs, exclude: excluded(group) }),
    sort: order(shape, "newest"),
  });
  const wanted = { sizes, limit, bodyOf, answer: searchShape, every: true };
  const { pages, gaps } = await searchPages(api, groupByShape(shapes), wanted, signal);
  const shapeOf = new Map(shapes.map((shape) => [shape.index, shape]));
  let seenFrom = -Infinity;
  const records = pages.flatMap(({ group, answer, cutShort }) => {
    const timed = group[0]?.timestampField !== undefined;
    const own = answer.hits.hits.flatMap((hit): OutdatedRecord[] => {
      const shape = shapeOf.get(hit._index);
      if (!shape) return [];
      const record = { ...toRecord(hit, shape, fields), outdated: true as const };
      return [{ record, atMs: timed ? sortedAt(hit) : -Infinity }];
    });
    if (cutShort) seenFrom = Math.max(seenFrom, own.at(-1)?.atMs ?? -Infinity);
    return own;
  });
  records.sort((a, b) => (a.atMs === b.atMs ? 0 : b.atMs - a.atMs));
  // Records older than the end of a reduced page would come before unread ones of that index.
  const inOrder = records.filter(({ atMs }) => atMs >= seenFrom);
  return { records: inOrder.slice(0, limit), gaps };
}

/** The largest date in ms: ECMA-262. */
const LATEST_TIME = 8.64e15;

/** A missing time sorts as the smallest long, after every date. */
function sortedAt({ sort }: StoredDocument): number {
  const value = sort?.[0];
  if (typeof value !== "number" || value < -LATEST_TIME) return -Infinity;
  return Math.min(value, LATEST_TIME);
}

/** Sort key by time, smallest first. A missing time sorts as the smallest or largest long. */
function timeOf(hit: StoredDocument, direction: "newest" | "oldest"): number {
  const value = hit.sort?.[0];
  if (typeof value !== "number" || Math.abs(value) > 8.64e15) return Number.MAX_VALUE;
  return direction === "newest" ? -value : value;
}

export async function readCoverage(
  api: IsolatingApi,
  selection: Pick<Selection, "shapes" | "maxAgeDays"> & {
    fields: WantedVectors;
    quarantinedKeys: readonly string[];
    oldest: boolean;
  },
  signal: AbortSignal,
): Promise<{ rows: IndexCoverage[]; gaps: Gap[] }> {
  const { shapes, fields, maxAgeDays, quarantinedKeys, oldest } = selection;
  const groups = groupByShape(shapes);
  const inLocalQuarantine = namedRecords(quarantinedKeys);
  const { answers, gaps } = await searchEachGroup(
    api,
    groups,
    (group) => {
      const [shape] = group;
      const options = { maxAgeDays, quarantined: inLocalQuarantine(group), oldest };
      return shape ? coverageSearch(shape, fields, group.length, options) : {};
    },
    coverageShape,
    signal,
  );
  const counted = new Map(
    answers
      .flatMap(({ answer }) => answer.aggregations?.indices.buckets ?? [])
      .map((bucket) => [bucket.key, bucket]),
  );
  const rows = shapes.map(({ index }) => {
    const bucket = counted.get(index);
    const records = bucket?.doc_count ?? 0;
    const vectorized = bucket?.vectorized.doc_count ?? 0;
    const otherModel = bucket?.other.doc_count ?? 0;
    const otherModels = bucket ? modelRecords(bucket.other.models) : [];
    const pending = bucket?.pending.doc_count ?? 0;
    const quarantined = bucket?.quarantined.doc_count ?? 0;
    const withoutText = records - vectorized - otherModel - pending - quarantined;
    const counts = { records, vectorized, otherModel, pending, quarantined, withoutText };
    const row = { index, ...counts, otherModels };
    const at = bucket?.pending.oldest?.value ?? undefined;
    return at === undefined ? row : { ...row, oldestPendingAt: at };
  });
  return { rows, gaps };
}

function modelRecords({ buckets }: z.infer<typeof modelBuckets>): ModelRecords[] {
  return sumModels(
    buckets.flatMap(({ key, doc_count: all, dimensions }) => {
      const model = key === NO_MODEL ? null : key;
      const stamped = dimensions.buckets.map((one) => ({
        model,
        dimensions: one.key,
        records: one.doc_count,
      }));
      const unstamped = stamped.reduce((left, { records }) => left - records, all);
      return unstamped > 0
        ? [...stamped, { model, dimensions: null, records: unstamped }]
        : stamped;
    }),
  );
}

/** One index, all of its shards or none; `total`: how many shards there are. Throws a Fault. */
export async function searchIndex(
  api: Api,
  shape: IndexShape,
  {
    body,
    preference,
    within = {},
  }: { body: Query; preference: string | undefined; within?: Bounded },
  signal: AbortSignal,
): Promise<{ total: number; hits: StoredDocument[] }> {
  const { _shards, hits } = await api.send(
    {
      method: "POST",
      path: `/${encodeURIComponent(shape.index)}/_search`,
      query: {
        allow_partial_search_results: false,
        ...bypassPipelines([shape]),
        ...(preference === undefined ? {} : { preference }),
      },
      body: { ...searchTimeout(api), track_total_hits: false, ...body },
      ...within,
    },
    searchShape.extend({ _shards: z.object({ total: z.number().min(1) }) }),
    signal,
  );
  return { total: _shards.total, hits: hits.hits };
}
