/** The wanted mapping of the vector field. */
export type VectorMapping = {
  field: string;
  metaField: string;
  dimensions: number;
  engine: string;
  spaceType: string;
};

/** What a stamp or a mark holds at least: without a mapping for these an index takes no vectors. */
export const STAMP_PROPERTIES = {
  model: { type: "keyword" },
  dimensions: { type: "integer" },
  text_hash: { type: "keyword" },
  embedded_at: { type: "date" },
  truncated: { type: "boolean" },
  skipped: { type: "keyword" },
  attempts: { type: "integer" },
  // Without ignore_above, which derived source refuses: what is written is short (quarantine/refusal-mark).
  error: { type: "keyword" },
  next_try: { type: "date" },
} as const;

/** What a mark rests on, for queries to ask; an index that takes no mapping for it gets marks without it. */
export const BASIS_PROPERTIES = {
  field: { type: "keyword" },
  refused_by: { type: "keyword" },
  token_limit: { type: "integer" },
} as const;

/** What proves who wrote a stamp; an index that takes no mapping for it gets stamps without it. */
export const SEAL_PROPERTIES = {
  // With doc values, out of which derived source rebuilds it.
  mac: { type: "keyword", index: false },
  key: { type: "keyword" },
  text: { type: "keyword" },
} as const;

/**
 * The two fields as mapping properties. The HNSW method is given only where `index.knn` is set: elsewhere OpenSearch
 * refuses it, and the vectors can be searched exactly.
 */
export function vectorProperties(vector: VectorMapping, knn: boolean): Record<string, unknown> {
  const { field, metaField, dimensions, engine, spaceType } = vector;
  return {
    [field]: {
      type: "knn_vector",
      dimension: dimensions,
      ...(knn ? { method: { name: "hnsw", engine, space_type: spaceType } } : {}),
    },
    [metaField]: stampProperty(),
  };
}

/** What an index still lacks. A vector mapping that is there stays as its owner made it. */
export function missingProperties(
  { knn, vectorMapped }: { knn: boolean; vectorMapped: boolean },
  vector: VectorMapping,
): Record<string, unknown> {
  return vectorMapped ? { [vector.metaField]: stampProperty() } : vectorProperties(vector, knn);
}

/** The same without what an index may do without. */
export function leastProperties(
  shape: { knn: boolean; vectorMapped: boolean },
  vector: VectorMapping,
): Record<string, unknown> {
  const least = { type: "object", dynamic: false, properties: STAMP_PROPERTIES };
  return { ...missingProperties(shape, vector), [vector.metaField]: least };
}

function stampProperty(): Record<string, unknown> {
  const properties = { ...STAMP_PROPERTIES, ...BASIS_PROPERTIES, ...SEAL_PROPERTIES };
  return { type: "object", dynamic: false, properties };
}

/** What an index lacks that took vectors before stamps and marks said who wrote them and what they rest on. */
export function addedProperties({ metaField }: Pick<VectorMapping, "metaField">) {
  return { [metaField]: { properties: { ...BASIS_PROPERTIES, ...SEAL_PROPERTIES } } };
}
