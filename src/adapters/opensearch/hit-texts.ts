import { z } from "zod";
import type { LogRecord } from "../../domain/log-record.ts";
import type { Gap } from "../../domain/partial.ts";
import { documentShape, toRecord } from "./hits.ts";
import type { IndexShape } from "./index-shape.ts";
import { readIsolatingFailures, unreadableReason, type IsolatingApi } from "./isolating-api.ts";
import { fetchInPages } from "./page-sizes.ts";
import type { VectorFields } from "./queries.ts";

/** More than is shown of a hit's text, so that redaction sees beyond the cut. */
export const MAX_HIT_TEXT_BYTES = 8 * 1024;

/** Parsing 1 MB takes a few milliseconds; between two answers other work runs. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const TEXTS_AT_ONCE = 10;

const found = documentShape.extend({ found: z.literal(true) });
const absent = z.union([
  z.object({ found: z.literal(false) }),
  z.object({ error: z.object({ type: z.string() }) }),
]);
const answerShape = z.object({ docs: z.array(z.union([found, absent])) });

type Known = { shapeOf: ReadonlyMap<string, IndexShape>; fields: VectorFields };

/**
 * The hits with the heads of their texts, read in small requests. Hits that are gone are left out; an unreadable index
 * becomes a gap. Throws a Fault.
 */
export async function withTexts<Hit extends { record: LogRecord }>(
  api: IsolatingApi,
  hits: readonly Hit[],
  { shapeOf, fields }: Known,
  signal: AbortSignal,
): Promise<{ hits: Hit[]; gaps: Gap[] }> {
  const limits = { atOnce: TEXTS_AT_ONCE, maxBytes: MAX_ANSWER_BYTES };
  const ask = async (indices: readonly string[]) => {
    const part = new Set(indices);
    const asked = hits.filter(({ record }) => part.has(record.index));
    return fetchInPages(asked, limits, async (some, within) => {
      const docs = some.map(({ record: { index, id, shardKey } }) => ({
        _index: index,
        _id: id,
        ...(shardKey === undefined ? {} : { routing: shardKey }),
        _source: { includes: shapeOf.get(index)?.messageFields ?? [] },
      }));
      const request = { method: "POST", path: "/_mget", body: { docs }, ...within } as const;
      const answer = await api.send(request, answerShape, signal);
      return some.map((hit, i) => {
        const doc = answer.docs[i];
        const shape = shapeOf.get(hit.record.index);
        if (!doc || !shape || !("_source" in doc)) return [hit, undefined] as const;
        const { text, cut } = toRecord(doc, shape, fields);
        return [hit, { text, ...(cut && { cut }) }] as const;
      });
    });
  };
  const indices = [...new Set(hits.map(({ record }) => record.index))];
  const { answers, failed } = await readIsolatingFailures(api, indices, ask, signal);
  const textOf = new Map(answers.flat());
  return {
    hits: hits.flatMap((hit) => {
      const text = textOf.get(hit);
      return text ? [{ ...hit, record: { ...hit.record, ...text } }] : [];
    }),
    gaps: failed.map(({ index, fault }) => ({ index, reason: unreadableReason(fault) })),
  };
}
