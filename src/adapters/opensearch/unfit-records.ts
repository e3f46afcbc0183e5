import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import type { UnfitCounts } from "../../ports/record-store.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import type { CountableShape } from "./index-shape.ts";
import { wantedQuery } from "./queries.ts";
import { COUNT_ONLY, gapsIn, completenessShape } from "./partial-answer.ts";
import { searchEachGroup } from "./search-groups.ts";

const answerShape = completenessShape.extend({
  hits: z.object({ total: z.object({ value: z.number() }) }),
});

/**
 * Counts wanted records, one search per index: unfit indices differ, and a failing one must not spoil the others'
 * counts. Throws no Fault; what cannot be counted is listed as uncounted.
 */
export async function countUnfit(
  api: IsolatingApi,
  indices: readonly string[],
  known: { countable: ReadonlyMap<string, CountableShape>; maxAgeDays: number | undefined },
  signal: AbortSignal,
): Promise<UnfitCounts> {
  const { countable, maxAgeDays } = known;
  const shapes = indices.flatMap((index): CountableShape[] => {
    const shape = countable.get(index);
    return shape && !(shape.agesUnknown && maxAgeDays !== undefined) ? [shape] : [];
  });
  const answers = await search(api, shapes, maxAgeDays, signal);
  const rows = answers.flatMap(({ group, answer }) => {
    const names = group.map(({ index }) => index);
    // A partial count would look complete.
    if (gapsIn(answer, { indices: names }).length > 0) return [];
    return names.map((index) => ({ index, records: answer.hits.total.value }));
  });
  const counted = new Set(rows.map(({ index }) => index));
  return { rows, uncounted: indices.filter((index) => !counted.has(index)) };
}

async function search(
  api: IsolatingApi,
  shapes: readonly CountableShape[],
  maxAgeDays: number | undefined,
  signal: AbortSignal,
) {
  const groups = shapes.map((shape) => [shape]);
  const bodyOf = ([shape]: readonly CountableShape[]) => ({
    ...COUNT_ONLY,
    track_total_hits: true,
    ...(shape ? { query: { bool: { filter: wantedQuery(shape, maxAgeDays) } } } : {}),
  });
  try {
    return (await searchEachGroup(api, groups, bodyOf, answerShape, signal)).answers;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [];
  }
}
