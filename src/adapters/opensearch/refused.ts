import { z } from "zod";
import type { Gap } from "../../model/partial.ts";
import type { Api } from "./api.ts";
import { groupByShape } from "./index-shape.ts";
import { refusedQuery } from "./queries.ts";
import { COUNT_ONLY, seenShape } from "./partial-answer.ts";
import { searchEachGroup } from "./search-groups.ts";
import type { Selection } from "./search.ts";

const answerShape = seenShape.extend({
  aggregations: z
    .object({
      indices: z.object({
        buckets: z.array(z.object({ key: z.string(), doc_count: z.number() })),
      }),
    })
    .optional(),
});

/** Per index, for those that have any. */
export async function countRefused(
  api: Api,
  selection: Pick<Selection, "shapes" | "fields" | "maxAgeDays"> & {
    ids: readonly string[] | undefined;
  },
  signal: AbortSignal,
): Promise<{ rows: { index: string; records: number }[]; gaps: Gap[] }> {
  const { shapes, fields, maxAgeDays, ids } = selection;
  const { answers, gaps } = await searchEachGroup(
    api,
    groupByShape(shapes),
    (group) => {
      const [shape] = group;
      if (!shape) return {};
      return {
        ...COUNT_ONLY,
        query: refusedQuery(shape, fields, { maxAgeDays, ids }),
        aggs: { indices: { terms: { field: "_index", size: group.length } } },
      };
    },
    answerShape,
    signal,
  );
  const buckets = answers.flatMap((answer) => answer?.aggregations?.indices.buckets ?? []);
  const rows = buckets.map(({ key: index, doc_count: records }) => ({ index, records }));
  return { rows, gaps };
}
