import type { GroupScope } from "../../ports/group-counts.ts";
import type { ClusterFeatures } from "./cluster-features.ts";
import type { IndexShape, Query } from "./index-shape.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import type { VectorFields } from "./queries.ts";
import { filterClauses, searchableGroups } from "./vector-conditions.ts";

/** What counting by group needs to know of a store. */
export type Counted = {
  api: IsolatingApi;
  features: Pick<ClusterFeatures, "expensiveQueries">;
  fields: VectorFields;
  shapesOf(indices: readonly string[]): IndexShape[];
  maxAgeDays: number | undefined;
};

/** Alike indices that can be counted by group. */
export function countable(
  { shapesOf, features }: Counted,
  { indices, filter }: GroupScope,
): IndexShape[][] {
  return searchableGroups(
    shapesOf(indices).filter(({ groups }) => groups),
    filter,
    features,
  ).groups;
}

/** Their records with a group in their stamps, or `only` with one of these. */
export function groupedQuery(
  { fields, features }: Counted,
  group: readonly IndexShape[],
  scope: GroupScope,
  only: readonly string[] | undefined,
): Query {
  const field = groupField(fields);
  const { filter } = filterClauses(group, scope, () => [], features);
  const which = only === undefined ? { exists: { field } } : { terms: { [field]: only } };
  return { bool: { filter: [...filter, which] } };
}

/** The field of the group's id. */
export function groupField({ metaField }: VectorFields): string {
  return `${metaField}.group`;
}
