import { z } from "zod";
import type { Gap } from "../../domain/partial.ts";
import type { StampKeys } from "../../domain/stamp-keys.ts";
import { groupByShape } from "./index-shape.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import { COUNT_ONLY, completenessShape, wholeTerms } from "./partial-answer.ts";
import { wantedQuery } from "./queries.ts";
import { searchEachGroup } from "./search-groups.ts";
import type { Selection } from "./search.ts";

/** Keys counted separately per index. */
const MAX_KEYS = 20;
/** The bucket of stamps without a key. */
const NO_KEY = "";

const answerShape = completenessShape.extend({
  aggregations: z
    .object({
      indices: wholeTerms(
        z.object({
          key: z.string(),
          keys: z.object({
            buckets: z.array(z.object({ key: z.string(), doc_count: z.number() })),
          }),
        }),
      ),
    })
    .optional(),
});

/** Counts wanted records with a vector by key, in indices whose stamps can have one. */
export async function countStampKeys(
  api: IsolatingApi,
  { shapes, fields, maxAgeDays }: Pick<Selection, "shapes" | "fields" | "maxAgeDays">,
  signal: AbortSignal,
): Promise<{ rows: StampKeys[]; gaps: Gap[] }> {
  const signing = shapes.filter(({ mapped, seals }) => mapped && seals);
  if (signing.length === 0) return { rows: [], gaps: [] };
  const { vectorField, metaField } = fields;
  const keys = { terms: { field: `${metaField}.key`, missing: NO_KEY, size: MAX_KEYS } };
  const { answers, gaps } = await searchEachGroup(
    api,
    groupByShape(signing),
    (group) => {
      const [shape] = group;
      if (!shape) return {};
      const filter = [...wantedQuery(shape, maxAgeDays), { exists: { field: vectorField } }];
      return {
        ...COUNT_ONLY,
        query: { bool: { filter } },
        aggs: { indices: { terms: { field: "_index", size: group.length }, aggs: { keys } } },
      };
    },
    answerShape,
    signal,
  );
  const indices = answers.flatMap(({ answer }) => answer.aggregations?.indices.buckets ?? []);
  const rows = indices.flatMap(({ key: index, keys: { buckets } }) =>
    buckets.map(({ key, doc_count: records }) => {
      return { index, key: key === NO_KEY ? null : key, records };
    }),
  );
  return { rows, gaps };
}
