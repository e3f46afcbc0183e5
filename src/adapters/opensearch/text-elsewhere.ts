import { z } from "zod";
import { mostTelling } from "../../model/textless.ts";
import type { Textless } from "../../model/textless.ts";
import type { JudgedApi } from "./judged-api.ts";
import type { IndexShape } from "./index-shape.ts";
import { seenShape } from "./partial-answer.ts";
import { wantedQuery, type VectorFields } from "./queries.ts";
import { searchEachGroup } from "./search-groups.ts";

const SAMPLE = 5;

const answerShape = seenShape.extend({
  hits: z.object({
    hits: z.array(z.object({ fields: z.record(z.string(), z.array(z.unknown())).default({}) })),
  }),
});

/** Names the fields in which some of the wanted records of each index hold words; mapped ones alone. */
export async function findTextElsewhere(
  api: JudgedApi,
  selection: {
    shapes: readonly IndexShape[];
    fields: VectorFields;
    maxAgeDays: number | undefined;
  },
  signal: AbortSignal,
): Promise<Textless[]> {
  const { shapes, fields: own, maxAgeDays } = selection;
  const groups = shapes.map((shape) => [shape]);
  const bodyOf = ([shape]: readonly IndexShape[]) => ({
    size: SAMPLE,
    track_total_hits: false,
    _source: false,
    fields: ["*"],
    ...(shape ? { query: { bool: { filter: wantedQuery(shape, maxAgeDays) } } } : {}),
  });
  const { answers } = await searchEachGroup(api, groups, bodyOf, answerShape, signal, {
    endsEarly: true,
  });
  const found = new Map(answers.map(({ group, answer }) => [group[0]?.index, answer.hits.hits]));
  return shapes.map((shape) => {
    const isOurs = (name: string) =>
      name === own.vectorField ||
      name.startsWith(`${own.metaField}.`) ||
      [...shape.messageFields, ...shape.levelFields].includes(name);
    const documents = (found.get(shape.index) ?? []).map(({ fields }) =>
      Object.entries(fields).filter(([name]) => !isOurs(name)),
    );
    return { index: shape.index, lookedIn: shape.messageFields, fields: mostTelling(documents) };
  });
}
