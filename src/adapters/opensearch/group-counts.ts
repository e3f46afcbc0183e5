import { z } from "zod";
import { isGroupId } from "../../domain/group.ts";
import { joinGaps, NO_GAPS } from "../../domain/partial.ts";
import type { GroupCount, GroupCounts, GroupDetail } from "../../ports/group-counts.ts";
import { countable, groupedQuery, groupField, type Counted } from "./grouped-records.ts";
import { withTexts } from "./hit-texts.ts";
import { countNames } from "./group-names.ts";
import { documentShape, timeIn, toRecord } from "./hits.ts";
import { groupByShape, type IndexShape, type Query } from "./index-shape.ts";
import { COUNT_ONLY, completenessShape, wholeTerms } from "./partial-answer.ts";
import { order, recordSource, wantedQuery, type VectorFields } from "./queries.ts";
import { searchEachGroup } from "./search-groups.ts";
import { addOccurrences, occurrencesIn, occurrencesShape, timesOf } from "./vector-counts.ts";

/** Counts by aggregations over the stamps of records. */
export function createGroupCounts(counted: Counted): GroupCounts {
  return {
    pageGroups: (query, signal) => pageGroups(counted, query, signal),
    describeGroups: (query, signal) => describeGroups(counted, query, signal),
    countNames: (query, signal) => countNames(counted, query, signal),
    countUngrouped: (indices, signal) => countUngrouped(counted, indices, signal),
  };
}

const pageShape = completenessShape.extend({
  aggregations: z
    .object({
      groups: z.object({
        after_key: z.object({ group: z.string() }).optional(),
        buckets: z.array(occurrencesShape.extend({ key: z.object({ group: z.string() }) })),
      }),
    })
    .optional(),
});

/** Pages of a composite aggregation, one for each kind of index, joined in the order of the ids. */
async function pageGroups(
  counted: Counted,
  { from, limit, only, ...scope }: Parameters<GroupCounts["pageGroups"]>[0],
  signal: AbortSignal,
): ReturnType<GroupCounts["pageGroups"]> {
  const { answers, gaps } = await searchEachGroup(
    counted.api,
    countable(counted, scope),
    (group) => ({
      ...COUNT_ONLY,
      track_total_hits: false,
      query: groupedQuery(counted, group, scope, only),
      aggs: {
        groups: {
          composite: {
            size: limit,
            sources: [{ group: { terms: { field: groupField(counted.fields) } } }],
            ...(from === undefined ? {} : { after: { group: from } }),
          },
          aggs: timesOf(group),
        },
      },
    }),
    pageShape,
    signal,
  );
  const pages = answers.map(({ answer }) => answer.aggregations?.groups.buckets ?? []);
  // Beyond the end of a full page another kind of index may have groups that this one has too.
  const ends = pages.flatMap((page) => (page.length < limit ? [] : (page.at(-1)?.key.group ?? [])));
  const end = ends.toSorted(compareIds)[0];
  const rows = new Map<string, GroupCount>();
  for (const bucket of pages.flat()) {
    const { group } = bucket.key;
    if (!isGroupId(group) || (end !== undefined && compareIds(group, end) > 0)) continue;
    rows.set(group, { group, ...addOccurrences(rows.get(group), occurrencesIn(bucket)) });
  }
  const sorted = [...rows.values()].toSorted((a, b) => compareIds(a.group, b.group));
  return { rows: sorted, ...(end === undefined ? {} : { next: end }), gaps };
}

/** As OpenSearch sorts keywords: by their UTF-8 bytes. */
function compareIds(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const detailsShape = completenessShape.extend({
  aggregations: z
    .object({
      groups: wholeTerms(
        z.object({
          key: z.string(),
          newest: z.object({ hits: z.object({ hits: z.array(documentShape) }) }),
          recent: z
            .object({
              spans: z.object({
                buckets: z.array(z.object({ key: z.number(), doc_count: z.number() })),
              }),
            })
            .optional(),
        }),
      ),
    })
    .optional(),
});

/** Texts are read apart from the aggregation, whose answer would have no bound. */
async function describeGroups(
  counted: Counted,
  { groups, spanMs, spansSince, ...scope }: Parameters<GroupCounts["describeGroups"]>[0],
  signal: AbortSignal,
): ReturnType<GroupCounts["describeGroups"]> {
  if (groups.length === 0) return { rows: [], gaps: NO_GAPS };
  const { api, fields } = counted;
  const field = groupField(fields);
  const shapes = countable(counted, scope);
  const { answers, gaps } = await searchEachGroup(
    api,
    shapes,
    (group) => {
      const [shape] = group;
      if (!shape) return {};
      const among = groupedQuery(counted, group, scope, groups);
      const source = recordSource({ ...shape, messageFields: [] }, fields);
      const newest = { size: 1, seq_no_primary_term: true, _source: source };
      const { timestampField: time } = shape;
      const byTime = order(shape, "newest").filter((one) => typeof one !== "string");
      const histogram = { field: time, fixed_interval: `${spanMs}ms`, min_doc_count: 1 };
      const within = { gte: spansSince ?? 0, format: "epoch_millis" };
      const spans = { date_histogram: histogram };
      return {
        ...COUNT_ONLY,
        track_total_hits: false,
        query: among,
        aggs: {
          groups: {
            terms: { field, include: groups, size: groups.length },
            aggs: {
              newest: { top_hits: { ...newest, ...(time ? { sort: byTime } : {}) } },
              ...(time
                ? { recent: { filter: { range: { [time]: within } }, aggs: { spans } } }
                : {}),
            },
          },
        },
      };
    },
    detailsShape,
    signal,
  );
  const shapeOf = new Map(shapes.flat().map((shape) => [shape.index, shape]));
  const found = new Map<string, GroupDetail>();
  for (const { answer } of answers) {
    for (const { key: group, newest, recent } of answer.aggregations?.groups.buckets ?? []) {
      const [hit] = newest.hits.hits;
      const shape = hit && shapeOf.get(hit._index);
      if (!hit || !shape) continue;
      const counts = (recent?.spans.buckets ?? []).map((span) => ({
        from: span.key,
        records: span.doc_count,
      }));
      const one = { group, example: toRecord(hit, shape, fields), spans: counts };
      found.set(group, addDetails(found.get(group), one));
    }
  }
  const read = await withTexts(
    api,
    [...found.values()].map(({ example: record, group }) => ({ record, group })),
    { shapeOf, fields },
    signal,
  );
  const rows = read.hits.map(({ group, record: example }) => {
    return { group, example, spans: found.get(group)?.spans ?? [] };
  });
  return { rows, gaps: joinGaps(gaps, read.gaps) };
}

function addDetails(a: GroupDetail | undefined, b: GroupDetail): GroupDetail {
  if (!a) return b;
  const spans = new Map(a.spans.map(({ from, records }) => [from, records]));
  for (const { from, records } of b.spans) spans.set(from, (spans.get(from) ?? 0) + records);
  return {
    group: a.group,
    example: timeIn(b.example) > timeIn(a.example) ? b.example : a.example,
    spans: [...spans]
      .map(([from, records]) => ({ from, records }))
      .toSorted((x, y) => x.from - y.from),
  };
}

const indicesShape = completenessShape.extend({
  aggregations: z
    .object({ indices: wholeTerms(z.object({ key: z.string(), doc_count: z.number() })) })
    .optional(),
});

async function countUngrouped(
  { api, fields, shapesOf, maxAgeDays }: Counted,
  indices: readonly string[],
  signal: AbortSignal,
): ReturnType<GroupCounts["countUngrouped"]> {
  const mapped = shapesOf(indices).filter((shape) => shape.mapped);
  const { answers, gaps } = await searchEachGroup(
    api,
    groupByShape(mapped),
    (group) => {
      const [shape] = group;
      if (!shape) return {};
      const size = group.length;
      return {
        ...COUNT_ONLY,
        track_total_hits: false,
        query: ungroupedQuery(shape, fields, maxAgeDays),
        aggs: { indices: { terms: { field: "_index", size } } },
      };
    },
    indicesShape,
    signal,
  );
  const buckets = answers.flatMap(({ answer }) => answer.aggregations?.indices.buckets ?? []);
  return { rows: buckets.map(({ key: index, doc_count: records }) => ({ index, records })), gaps };
}

/** Wanted records with a vector whose stamps name no group. */
export function ungroupedQuery(
  shape: IndexShape,
  fields: VectorFields,
  maxAgeDays: number | undefined,
): Query {
  const filter = [...wantedQuery(shape, maxAgeDays), { exists: { field: fields.vectorField } }];
  const must_not = shape.groups ? [{ exists: { field: groupField(fields) } }] : [];
  return { bool: { filter, must_not } };
}
