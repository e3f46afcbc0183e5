import { z } from "zod";
import type { LogRecord } from "../../domain/log-record.ts";
import { joinGaps, NO_GAPS, type Gap } from "../../domain/partial.ts";
import type { AroundQuery } from "../../ports/record-store.ts";
import { readTexts, searchBounded, type SeparateTexts } from "./bounded-hits.ts";
import { MAX_HIT_TEXT_BYTES } from "./hit-texts.ts";
import { documentShape, timeIn, toRecord } from "./hits.ts";
import { groupByShape, hitsAtMost, type IndexShape, type Query } from "./index-shape.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import { completenessShape } from "./partial-answer.ts";
import {
  anyOf,
  hasMessage,
  order,
  recordSource,
  shownBy,
  valueQuery,
  type VectorFields,
} from "./queries.ts";

type Known = {
  shapes: readonly IndexShape[];
  fields: VectorFields;
  separateTexts: SeparateTexts;
};

const answerShape = completenessShape.extend({
  hits: z.object({ hits: z.array(documentShape) }),
});

/** Fields of a trace's id, and how they are found where they are mapped as a text. */
const TRACE_FIELDS = ["trace.id", "trace.id.keyword", "trace_id", "trace_id.keyword"];

/** The records of a trace or a service within a time, of any level, latest first. Throws a Fault. */
export async function findAround(
  api: IsolatingApi,
  query: AroundQuery,
  { shapes, fields, separateTexts }: Known,
  signal: AbortSignal,
): Promise<{ records: LogRecord[]; gaps: readonly Gap[] }> {
  const groups = groupByShape(
    shapes.filter((shape) => shape.timestampField && ofQuery(shape, query)),
  );
  const shapeOf = new Map(shapes.map((shape) => [shape.index, shape]));
  const shown = { ...fields, maxTextBytes: MAX_HIT_TEXT_BYTES };
  const { answers, gaps, texts } = await searchBounded(
    api,
    groups,
    (group, whole) => searchBody(group, query, { fields, texts: whole }),
    answerShape,
    { separateTexts },
    signal,
  );
  const latest = answers
    .flatMap(({ answer }) => answer.hits.hits)
    .flatMap((hit) => {
      const shape = shapeOf.get(hit._index);
      return shape ? [{ record: toRecord(hit, shape, shown) }] : [];
    })
    // A field may be there and hold nothing.
    .filter(({ record }) => !texts || record.text.trim() !== "")
    .toSorted((a, b) => timeIn(b.record) - timeIn(a.record))
    .slice(0, query.limit);
  const read = texts
    ? { hits: latest, gaps: NO_GAPS }
    : await readTexts(api, latest, { shapeOf, fields: shown, separateTexts }, signal);
  const records = read.hits.map(({ record }) => record).filter(({ text }) => text.trim() !== "");
  return { records, gaps: joinGaps(gaps, read.gaps) };
}

function searchBody(
  group: readonly IndexShape[],
  query: AroundQuery,
  { fields, texts }: Pick<Known, "fields"> & { texts: boolean },
): Query {
  const [shape] = group;
  if (!shape?.timestampField) return {};
  const { since: gte, until: lte, limit } = query;
  const time = { range: { [shape.timestampField]: { gte, lte, format: "epoch_millis" } } };
  return {
    size: hitsAtMost(group, limit),
    seq_no_primary_term: true,
    track_total_hits: false,
    _source: recordSource(texts ? shape : { ...shape, messageFields: [] }, fields),
    query: {
      bool: {
        filter: [time, ofQuery(shape, query), hasMessage(shape.messageFields), ...shownBy(shape)],
      },
    },
    sort: order(shape, "newest"),
  };
}

/** Undefined where the fields of the index cannot tell. */
function ofQuery({ services }: IndexShape, { of }: Pick<AroundQuery, "of">): Query | undefined {
  if ("service" in of) return valueQuery(services, [of.service]);
  return anyOf(TRACE_FIELDS.map((field) => ({ term: { [field]: of.traceId } })));
}
