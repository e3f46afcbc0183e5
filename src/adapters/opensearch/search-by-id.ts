import { asText, readPath } from "../../domain/document.ts";
import type { Gap } from "../../domain/partial.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import { groupById, hitsAtMost, type IdField, type IndexShape, type Query } from "./index-shape.ts";
import { shownBy, type VectorFields } from "./queries.ts";
import { searchEachGroup } from "./search-groups.ts";
import { searchShape } from "./search.ts";

/** Documents with the same id that one search may return. */
const MAX_COPIES = 3;
const MAX_HITS = 10_000;

export type DocumentAddress = { shape: IndexShape; id: string; shardKey?: string };

/** `gaps`: documents may be missing from these parts. */
export type FoundAddresses = { byId: Map<string, DocumentAddress[]>; gaps: readonly Gap[] };

/**
 * Finds documents by `_id` or by the log's own id, as of the last refresh and through filtered aliases. Throws a Fault.
 */
export async function searchById(
  api: IsolatingApi,
  ids: readonly string[],
  { shapes, fields }: { shapes: readonly IndexShape[]; fields: VectorFields },
  signal: AbortSignal,
): Promise<FoundAddresses> {
  const { answers, gaps } = await searchEachGroup(
    api,
    groupById(shapes),
    (group) => (group[0] ? searchBody(group[0], ids, fields, hitsAtMost(group, MAX_HITS)) : {}),
    searchShape,
    signal,
  );
  const shapeOf = new Map(shapes.map((shape) => [shape.index, shape]));
  const hits = new Map<string, DocumentAddress[]>();
  for (const hit of answers.flatMap(({ answer }) => answer.hits.hits ?? [])) {
    const shape = shapeOf.get(hit._index);
    if (!shape) continue;
    const key = hit._routing === undefined ? {} : { shardKey: hit._routing };
    const address = { shape, id: hit._id, ...key };
    const ownIds = shape.idFields.map(({ source }) => asText(readPath(hit._source, source)));
    for (const id of new Set([hit._id, ...ownIds])) {
      if (id !== "") hits.set(id, [...(hits.get(id) ?? []), address]);
    }
  }
  return { byId: hits, gaps };
}

function searchBody(
  shape: IndexShape,
  ids: readonly string[],
  { vectorField, metaField }: VectorFields,
  maxHits: number,
): Query {
  const sources = shape.idFields.map(({ source }) => source);
  return {
    size: Math.min(maxHits, ids.length * MAX_COPIES),
    track_total_hits: false,
    seq_no_primary_term: true,
    // OpenSearch 3 omits the routing of a document with a vector unless the vector is excluded by name.
    _source: { includes: [...sources, metaField], excludes: [vectorField] },
    query: {
      bool: { should: idClauses(shape, ids), minimum_should_match: 1, filter: shownBy(shape) },
    },
  };
}

function idClauses({ idFields }: IndexShape, ids: readonly string[]): Query[] {
  return [
    { ids: { values: ids } },
    ...idFields.flatMap((field) => {
      const values = ids.filter((id) => canHold(field, id));
      return values.length > 0 ? [{ terms: { [field.name]: values } }] : [];
    }),
  ];
}

/** A numeric field fails the whole search for a word or a number out of its range. */
function canHold({ range }: IdField, id: string): boolean {
  if (!range) return true;
  return /^-?\d{1,18}$/.test(id) && Number(id) >= range.least && Number(id) <= range.most;
}
