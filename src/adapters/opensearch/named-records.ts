import { indexKey } from "../../domain/log-record.ts";
import type { IndexShape, Query } from "./index-shape.ts";

/** Clauses that match those of the named records that are in these indices; none where none is. */
export type NamedRecords = (group: readonly Pick<IndexShape, "index" | "uuid">[]) => Query[];

/** OpenSearch refuses a query of more than 1,024 clauses. */
const MAX_CLAUSES = 100;

/**
 * Matches by index and id. Beyond 100 indices the rest share one clause, which may match an equal id of another of
 * them. Records of an earlier index of the same name do not match.
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
