import { z } from "zod";
import type { Gap } from "../../domain/partial.ts";
import type { Nearest, NearestQuery } from "../../ports/vector-index.ts";
import type { ClusterFeatures } from "./cluster-features.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import { hitsAtMost, type IndexShape, type Query } from "./index-shape.ts";
import type { NamedRecords } from "./named-records.ts";
import { completenessShape, COUNT_ONLY } from "./partial-answer.ts";
import { order, type VectorFields } from "./queries.ts";
import { searchEachGroup } from "./search-groups.ts";
import { filterClauses, modelClauses } from "./vector-conditions.ts";

const reachShape = completenessShape.extend({
  hits: z.object({
    total: z.object({ value: z.number() }),
    hits: z.array(z.object({ sort: z.tuple([z.number()]).optional() })),
  }),
});

type Windows = {
  /** The groups that could be read, or parts of them. */
  windows: { group: readonly IndexShape[]; window: Query[] }[];
  each: Nearest["each"];
  gaps: Gap[];
};

type Compared = {
  groups: IndexShape[][];
  fields: VectorFields;
  excluded: NamedRecords;
  maxCompared: number;
  features: Pick<ClusterFeatures, "expensiveQueries">;
};

/**
 * The newest vectors that are compared one by one where there is no graph, as conditions on their time; without a date,
 * an arbitrary set of that size.
 */
export async function readWindows(
  api: IsolatingApi,
  query: NearestQuery,
  { groups, fields, excluded, maxCompared, features }: Compared,
  signal: AbortSignal,
): Promise<Windows> {
  const { answers, gaps } = await searchEachGroup(
    api,
    groups,
    (group) => {
      const [shape] = group;
      const { filter, must_not } = filterClauses(group, query, excluded, features);
      const body = {
        query: {
          bool: { filter: [...filter, ...modelClauses(group, query.model, fields)], must_not },
        },
        track_total_hits: true,
        _source: false,
      };
      if (!shape?.timestampField) return { ...body, ...COUNT_ONLY };
      return {
        ...body,
        from: hitsAtMost(group, maxCompared) - 1,
        size: 1,
        sort: order(shape, "newest"),
      };
    },
    reachShape,
    signal,
  );
  const each = { indices: 0, records: 0, compared: 0 };
  const windows = answers.map(({ group, answer }) => {
    const { total, hits } = answer.hits;
    each.indices += group.length;
    each.records += total.value;
    each.compared += Math.min(total.value, hitsAtMost(group, maxCompared));
    const field = group[0]?.timestampField;
    const [oldest] = hits[0]?.sort ?? [];
    // A record without a time sorts as the smallest long, after all dated ones.
    if (!field || oldest === undefined || Math.abs(oldest) > LATEST_TIME) {
      return { group, window: [] };
    }
    const since = { range: { [field]: { gte: oldest, format: "epoch_millis" } } };
    return { group, window: [since] };
  });
  return { windows, each, gaps };
}

/** The largest date in ms: ECMA-262. */
const LATEST_TIME = 8.64e15;
