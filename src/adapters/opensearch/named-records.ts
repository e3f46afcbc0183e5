import { indexKey } from "../../domain/log-record.ts";
import type { IndexShape, Query } from "./index-shape.ts";

/** Clauses that together find those of the named records that lie in these indices; none where none does. */
export type NamedRecords = (group: readonly Pick<IndexShape, "index" | "uuid">[]) => Query[];

/** A query of more than 1,024 clauses is refused. */
const MAX_CLAUSES = 100;

/**
 * By record key, for an id alone may name records of several indices. Beyond 100 indices with records among them it
 * does: records of the 101st index and those after it share their ids. Records of an earlier index of the same name are
 * not among them.
 */
export function namedRecords(keys: readonly string[]): NamedRecords {
  const idsOf = new Map<string, string[]>();
  for (const key of keys) {
    const slash = key.indexOf("/");
    const index = key.slice(0, slash);
    const ids = idsOf.get(index);
    const id = key.slice(slash + 1);
    if (ids) ids.push(id);
    else idsOf.set(index, [id]);
  }
  return (group) => {
    const own = group.flatMap(({ index, uuid }) => {
      const ids = idsOf.get(indexKey({ index, indexUuid: uuid }));
      return ids ? [{ index, ids }] : [];
    });
    const rest = own.slice(MAX_CLAUSES);
    const clauses = own.slice(0, MAX_CLAUSES).map(({ index, ids }) => recordsIn([index], ids));
    if (rest.length === 0) return clauses;
    const restIds = new Set(rest.flatMap(({ ids }) => ids));
    const indices = rest.map(({ index }) => index);
    return [...clauses, recordsIn(indices, [...restIds])];
  };
}

function recordsIn(indices: readonly string[], ids: readonly string[]): Query {
  return { bool: { filter: [{ terms: { _index: indices } }, { ids: { values: ids } }] } };
}
