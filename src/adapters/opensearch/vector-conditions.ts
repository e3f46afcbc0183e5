import type { VectorScope } from "../../ports/vector-index.ts";
import { groupByVector, type IndexShape, type Query } from "./index-shape.ts";
import type { NamedRecords } from "./named-records.ts";
import type { ClusterFeatures } from "./cluster-features.ts";
import { levelQuery, shownBy, valueQuery, type VectorFields } from "./queries.ts";
import { phraseQuery, wordsObjection } from "./word-clauses.ts";

/** Any of several level fields may match. */
const ANY = { inOrder: false } as const;

/** Groups of alike indices to search, and those that are left out. */
export type SearchableGroups = {
  groups: IndexShape[][];
  leftOut: { index: string; reason: string }[];
};

/** Divides the indices by whether they have vectors and the fields that the filter needs. */
export function searchableGroups(
  shapes: readonly IndexShape[],
  filter: VectorScope["filter"],
  features: Pick<ClusterFeatures, "expensiveQueries">,
): SearchableGroups {
  const open: IndexShape[] = [];
  const leftOut: SearchableGroups["leftOut"] = [];
  for (const shape of shapes) {
    const isUnused = !shape.mapped && !shape.vectorMapped;
    const none = isUnused ? "no record has a vector yet" : undefined;
    const reason = none ?? filterObjection(shape, filter, features);
    if (reason === undefined) open.push(shape);
    else leftOut.push({ index: shape.index, reason });
  }
  return { groups: groupByVector(open), leftOut };
}

/** The same for searches by vector, which need a graph or permission for scripts. */
export function comparable(
  shapes: readonly IndexShape[],
  filter: VectorScope["filter"],
  features: Pick<ClusterFeatures, "expensiveQueries">,
): SearchableGroups {
  const isOpen = (shape: IndexShape) => forbiddenReason(shape, features) === undefined;
  const { groups, leftOut } = searchableGroups(shapes.filter(isOpen), filter, features);
  const forbidden = shapes.flatMap((shape) => {
    const reason = forbiddenReason(shape, features);
    return reason === undefined ? [] : [{ index: shape.index, reason }];
  });
  return { groups, leftOut: [...leftOut, ...forbidden] };
}

/** Why the cluster forbids searching this index by vector. */
export function forbiddenReason(
  { comparedBy }: Pick<IndexShape, "comparedBy">,
  { expensiveQueries }: Pick<ClusterFeatures, "expensiveQueries">,
): string | undefined {
  if (expensiveQueries || comparedBy === "graph") return undefined;
  return "no graph to search by, and search.allow_expensive_queries is false";
}

/** Why the fields of this index do not support the filter. */
export function filterObjection(
  shape: IndexShape,
  { since, until, level, service, phrases = [] }: VectorScope["filter"],
  features: Pick<ClusterFeatures, "expensiveQueries">,
): string | undefined {
  if ((since ?? until) !== undefined && !shape.timestampField) return "no date to filter by";
  if (level !== undefined && !levelQuery(shape.levels, [level], ANY)) {
    return `no level ${level} can be there`;
  }
  if (service !== undefined && !valueQuery(shape.services, [service])) {
    return "no service to filter by";
  }
  return phrases.length > 0 ? wordsObjection(shape, features) : undefined;
}

/** Clauses for the filter, without the one for the vector. */
export function filterClauses(
  group: readonly IndexShape[],
  { filter }: Pick<VectorScope, "filter">,
  excluded: NamedRecords,
  features: Pick<ClusterFeatures, "expensiveQueries">,
): { filter: Query[]; must_not: Query[] } {
  const [shape] = group;
  if (!shape) return { filter: [], must_not: [] };
  const { since, until, level, service, phrases = [] } = filter;
  const { levels, services, timestampField } = shape;
  const clauses = [
    level === undefined ? undefined : levelQuery(levels, [level], ANY),
    service === undefined ? undefined : valueQuery(services, [service]),
    ...phrases.map((phrase) => phraseQuery(shape, phrase, features)),
    ...shownBy(shape),
  ];
  if (timestampField && (since ?? until) !== undefined) {
    const span = {
      ...(since === undefined ? {} : { gte: since }),
      ...(until === undefined ? {} : { lte: until }),
    };
    clauses.push({ range: { [timestampField]: { ...span, format: "epoch_millis" } } });
  }
  return { filter: clauses.filter((clause) => clause !== undefined), must_not: excluded(group) };
}

export function modelClauses(
  group: readonly IndexShape[],
  model: string,
  { vectorField }: VectorFields,
): Query[] {
  const [shape] = group;
  return shape ? [{ term: { [shape.modelField]: model } }, { exists: { field: vectorField } }] : [];
}

export function hashField({ metaField }: VectorFields): string {
  return `${metaField}.text_hash`;
}
