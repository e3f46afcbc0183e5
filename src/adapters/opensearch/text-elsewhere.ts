import { z } from "zod";
import { longestTextFields } from "../../domain/textless.ts";
import type { Textless } from "../../domain/textless.ts";
import { AnswerTooLarge } from "./bounded-answers.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import type { IndexShape } from "./index-shape.ts";
import { completenessShape } from "./partial-answer.ts";
import { wantedQuery, type VectorFields } from "./queries.ts";
import { searchEachGroup, type Answered } from "./search-groups.ts";

const SAMPLE = 5;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

const answerShape = completenessShape.extend({
  hits: z.object({
    hits: z.array(z.object({ fields: z.record(z.string(), z.array(z.unknown())).default({}) })),
  }),
});

type Sampled = Answered<IndexShape, z.infer<typeof answerShape>>;

/** Names mapped fields that hold words in a sample of each index's wanted records. */
export async function findTextElsewhere(
  api: IsolatingApi,
  selection: {
    shapes: readonly IndexShape[];
    fields: VectorFields;
    maxAgeDays: number | undefined;
  },
  signal: AbortSignal,
): Promise<Textless[]> {
  const { shapes, fields: own, maxAgeDays } = selection;
  const bodyOf = ([shape]: readonly IndexShape[], size: number) => ({
    size,
    track_total_hits: false,
    _source: false,
    fields: ["*"],
    ...(shape ? { query: { bool: { filter: wantedQuery(shape, maxAgeDays) } } } : {}),
  });
  const sample = async (some: readonly IndexShape[], size = SAMPLE): Promise<Sampled[]> => {
    const groups = some.map((shape) => [shape]);
    const within = { endsEarly: true, maxAnswerBytes: MAX_ANSWER_BYTES };
    const body = (group: readonly IndexShape[]) => bodyOf(group, size);
    try {
      return (await searchEachGroup(api, groups, body, answerShape, signal, within)).answers;
    } catch (error) {
      if (!(error instanceof AnswerTooLarge)) throw error;
      const half = Math.ceil(some.length / 2);
      if (half < some.length) {
        return [
          ...(await sample(some.slice(0, half), size)),
          ...(await sample(some.slice(half), size)),
        ];
      }
      // Nothing is proposed for an index whose records are too large even one at a time.
      return size > 1 ? sample(some, 1) : [];
    }
  };
  const answers = await sample(shapes);
  const found = new Map(answers.map(({ group, answer }) => [group[0]?.index, answer.hits.hits]));
  return shapes.map((shape) => {
    const isOurs = (name: string) =>
      name === own.vectorField ||
      name.startsWith(`${own.metaField}.`) ||
      [...shape.messageFields, ...shape.levelFields].includes(name);
    const documents = (found.get(shape.index) ?? []).map(({ fields }) =>
      Object.entries(fields).filter(([name]) => !isOurs(name)),
    );
    return {
      index: shape.index,
      lookedIn: shape.messageFields,
      fields: longestTextFields(documents),
    };
  });
}
