import type { VectorScope } from "../../ports/vector-search.ts";
import { groupByVector, type IndexShape, type Query } from "./index-shape.ts";
import type { NamedRecords } from "./named-records.ts";
import { shownBy, valueQuery, type VectorFields } from "./queries.ts";

/** The indices that a search is put to, alike ones together, and those to which it cannot be put. */
export type Asked = {
  groups: IndexShape[][];
  leftOut: { index: string; reason: string }[];
};

/** Sorts the indices by whether there are vectors in them, and fields for what the filter asks. */
export function askable(shapes: readonly IndexShape[], filter: VectorScope["filter"]): Asked {
  const open: IndexShape[] = [];
  const leftOut: Asked["leftOut"] = [];
  for (const shape of shapes) {
    const reason = objection(shape, filter);
    if (reason === undefined) open.push(shape);
    else leftOut.push({ index: shape.index, reason });
  }
  return { groups: groupByVector(open), leftOut };
}

function objection(shape: IndexShape, { since, until, level, service }: VectorScope["filter"]) {
  if (!shape.mapped && !shape.vectorMapped) return "no record has a vector yet";
  if ((since ?? until) !== undefined && !shape.timestampField) return "no date to filter by";
  if (level !== undefined && !valueQuery(shape.levels, [level])) {
    return `no level ${level} can be there`;
  }
  if (service !== undefined && !valueQuery(shape.services, [service])) {
    return "no service to filter by";
  }
  return undefined;
}

/** Clauses that every record has to meet that is asked for, save that it has a vector. */
export function conditions(
  group: readonly IndexShape[],
  { filter }: Pick<VectorScope, "filter">,
  excluded: NamedRecords,
): { filter: Query[]; must_not: Query[] } {
  const [shape] = group;
  if (!shape) return { filter: [], must_not: [] };
  const { since, until, level, service } = filter;
  const { levels, services, timestampField } = shape;
  const clauses = [
    level === undefined ? undefined : valueQuery(levels, [level]),
    service === undefined ? undefined : valueQuery(services, [service]),
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

/** Those with a vector of the model. */
export function ofModel(
  group: readonly IndexShape[],
  model: string,
  { vectorField }: VectorFields,
): Query[] {
  const [shape] = group;
  return shape ? [{ term: { [shape.modelField]: model } }, { exists: { field: vectorField } }] : [];
}

/** In the stamp. */
export function hashField({ metaField }: VectorFields): string {
  return `${metaField}.text_hash`;
}
