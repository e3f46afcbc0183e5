import { z } from "zod";
import type { LogRecord } from "../../domain/log-record.ts";
import type { Gap } from "../../domain/partial.ts";
import type { SkipKind } from "../../domain/stamp.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import { toRecord } from "./hits.ts";
import { groupByShape, hitsAtMost, type IndexShape } from "./index-shape.ts";
import { bearingQuery, markedQuery, recordSource } from "./queries.ts";
import { COUNT_ONLY, completenessShape, wholeTerms } from "./partial-answer.ts";
import { searchEachGroup, searchGroups } from "./search-groups.ts";
import { markedScan } from "./scan.ts";
import type { PageSizes } from "./page-sizes.ts";
import { searchPages } from "./search-pages.ts";
import { searchShape, type Selection } from "./search.ts";

const answerShape = completenessShape.extend({
  aggregations: z
    .object({
      indices: wholeTerms(z.object({ key: z.string(), doc_count: z.number() })),
    })
    .optional(),
});

/** One row per index that has any. */
export async function countMarked(
  api: IsolatingApi,
  selection: Pick<Selection, "shapes" | "fields" | "maxAgeDays"> & {
    ids: readonly string[] | undefined;
    kinds: readonly SkipKind[];
  },
  signal: AbortSignal,
): Promise<{ rows: { index: string; records: number }[]; gaps: Gap[] }> {
  const { shapes, fields, maxAgeDays, ids, kinds } = selection;
  const { answers, gaps } = await searchEachGroup(
    api,
    groupByShape(shapes),
    (group) => {
      const [shape] = group;
      if (!shape) return {};
      return {
        ...COUNT_ONLY,
        query: bearingQuery(shape, fields, { maxAgeDays, ids, kinds }),
        aggs: { indices: { terms: { field: "_index", size: group.length } } },
      };
    },
    answerShape,
    signal,
  );
  const buckets = answers.flatMap(({ answer }) => answer.aggregations?.indices.buckets ?? []);
  const rows = buckets.map(({ key: index, doc_count: records }) => ({ index, records }));
  return { rows, gaps };
}

/**
 * A page of the marked records of one index by sequence number. Shards number independently, so the record at the seam
 * is read twice.
 */
export async function pageMarked(
  api: IsolatingApi,
  selection: Pick<Selection, "fields" | "maxAgeDays"> & {
    shape: IndexShape;
    from: string | undefined;
    limit: number;
  },
  signal: AbortSignal,
): Promise<{ records: LogRecord[]; next?: string }> {
  const { shape, fields, maxAgeDays, from, limit } = selection;
  const first = Number(from ?? 0);
  const size = hitsAtMost([shape], limit);
  const { source, query } = markedScan(shape, fields, {
    maxAgeDays,
    ids: undefined,
    kinds: ["empty", "refused"],
  });
  const body = {
    size,
    track_total_hits: false,
    seq_no_primary_term: true,
    _source: source,
    query: { bool: { filter: [query, { range: { _seq_no: { gte: first } } }] } },
    sort: [{ _seq_no: "asc" }],
  };
  const { answers } = await searchGroups(api, [[shape]], () => body, searchShape, signal);
  const hits = answers.flatMap((answer) => answer.hits.hits);
  const records = hits.map((hit) => toRecord(hit, shape, fields));
  const last = hits.at(-1)?._seq_no;
  if (last === undefined || hits.length < size) return { records };
  return { records, next: String(Math.max(last, first + 1)) };
}

/**
 * Records with a mark that holds as far as a query can tell, with their texts, latest change first: a text that changed
 * beside its mark is among the first.
 */
export async function findLatestMarked(
  api: IsolatingApi,
  selection: Pick<Selection, "shapes" | "fields" | "maxAgeDays"> & {
    limit: number;
    sizes: PageSizes;
  },
  signal: AbortSignal,
): Promise<LogRecord[]> {
  const { shapes, fields, maxAgeDays, limit, sizes } = selection;
  const bodyOf = (shape: IndexShape, size: number) => {
    const kinds = ["empty", "refused"] as const;
    const filter = [bearingQuery(shape, fields, { maxAgeDays, kinds }), markedQuery(shape, fields)];
    return {
      size,
      track_total_hits: false,
      seq_no_primary_term: true,
      _source: recordSource(shape, fields),
      query: { bool: { filter } },
      sort: [{ _seq_no: "desc" }],
    };
  };
  const wanted = { sizes, limit, bodyOf, answer: searchShape, every: false };
  const { pages } = await searchPages(api, groupByShape(shapes), wanted, signal);
  const shapeOf = new Map(shapes.map((shape) => [shape.index, shape]));
  return pages.flatMap(({ answer }) =>
    answer.hits.hits.flatMap((hit) => {
      const shape = shapeOf.get(hit._index);
      return shape ? [toRecord(hit, shape, fields)] : [];
    }),
  );
}
