import { z } from "zod";
import type { Neighbour } from "../../ports/vector-search.ts";
import type { Api } from "./api.ts";
import { documentShape, toRecord } from "./hits.ts";
import type { IndexShape } from "./index-shape.ts";
import { askInPages } from "./page-sizes.ts";
import type { VectorFields } from "./queries.ts";

/** Of a hit's text: more than is shown of it, so that a mask sees what stands behind the end. */
export const MAX_HIT_TEXT_BYTES = 16 * 1024;

/** One document of 1 MB takes a few milliseconds to be read: others have their turn between two answers. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const TEXTS_AT_ONCE = 10;

const found = documentShape.extend({ found: z.literal(true) });
const absent = z.union([
  z.object({ found: z.literal(false) }),
  z.object({ error: z.object({ type: z.string() }) }),
]);
const answerShape = z.object({ docs: z.array(z.union([found, absent])) });

type Known = { shapeOf: ReadonlyMap<string, IndexShape>; fields: VectorFields };

/** The same hits with the heads of their texts, read a few at a time; without those that are gone by now. */
export async function withTexts(
  api: Api,
  hits: readonly Neighbour[],
  { shapeOf, fields }: Known,
  signal: AbortSignal,
): Promise<Neighbour[]> {
  const limits = { atOnce: TEXTS_AT_ONCE, maxBytes: MAX_ANSWER_BYTES };
  const read = await askInPages(hits, limits, async (part, within) => {
    const docs = part.map(({ record: { index, id, routing } }) => ({
      _index: index,
      _id: id,
      ...(routing === undefined ? {} : { routing }),
      _source: { includes: shapeOf.get(index)?.messageFields ?? [] },
    }));
    const request = { method: "POST", path: "/_mget", body: { docs }, ...within } as const;
    const answer = await api.send(request, answerShape, signal);
    return part.map((hit, i): Neighbour[] => {
      const doc = answer.docs[i];
      const shape = shapeOf.get(hit.record.index);
      if (!doc || !shape || !("_source" in doc)) return [];
      const { text, cut } = toRecord(doc, shape, fields);
      return [{ ...hit, record: { ...hit.record, text, ...(cut && { cut }) } }];
    });
  });
  return read.flat();
}
