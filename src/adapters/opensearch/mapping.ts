import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import { indexKey } from "../../domain/log-record.ts";
import type { Api } from "./api.ts";
import type { IndexShape } from "./index-shape.ts";

export type VectorMapping = {
  field: string;
  metaField: string;
  dimensions: number;
  engine: string;
  spaceType: string;
};

/** Required properties of stamps and marks: without mappings for these an index takes no vectors. */
export const STAMP_PROPERTIES = {
  model: { type: "keyword" },
  dimensions: { type: "integer" },
  text_hash: { type: "keyword" },
  embedded_at: { type: "date" },
  truncated: { type: "boolean" },
  skipped: { type: "keyword" },
  attempts: { type: "integer" },
  // Without ignore_above, which derived source refuses; the value is short (quarantine/refusal-mark).
  error: { type: "keyword" },
  next_try: { type: "date" },
} as const;

/** What a mark rests on, for queries; an index without a mapping for it gets marks without it. */
export const BASIS_PROPERTIES = {
  field: { type: "keyword" },
  refused_by: { type: "keyword" },
  token_limit: { type: "integer" },
} as const;

/** The signature of a stamp; an index without a mapping for it gets unsigned stamps. */
export const SEAL_PROPERTIES = {
  // With doc values, from which derived source rebuilds it.
  mac: { type: "keyword", index: false },
  key: { type: "keyword" },
  text: { type: "keyword" },
} as const;

/** The id of the record's group, by which Dashboards and Grafana count; an index without a mapping for it gets stamps without it. */
export const GROUP_PROPERTIES = { group: { type: "keyword" } } as const;

/** All properties that later releases have added; an index mapped by an earlier one works without them. */
const ADDED_PROPERTIES = { ...BASIS_PROPERTIES, ...SEAL_PROPERTIES, ...GROUP_PROPERTIES } as const;

/**
 * Vector and stamp as mapping properties. The HNSW method is set only with `index.knn`: without it OpenSearch refuses
 * the method, and vectors are searched exactly.
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

/** Mappings that an index still lacks. An existing vector mapping stays as it is. */
export function missingProperties(
  { knn, vectorMapped }: { knn: boolean; vectorMapped: boolean },
  vector: VectorMapping,
): Record<string, unknown> {
  return vectorMapped ? { [vector.metaField]: stampProperty() } : vectorProperties(vector, knn);
}

/** The same without the optional properties. */
export function leastProperties(
  shape: { knn: boolean; vectorMapped: boolean },
  vector: VectorMapping,
): Record<string, unknown> {
  const least = { type: "object", dynamic: false, properties: STAMP_PROPERTIES };
  return { ...missingProperties(shape, vector), [vector.metaField]: least };
}

function stampProperty(): Record<string, unknown> {
  const properties = { ...STAMP_PROPERTIES, ...ADDED_PROPERTIES };
  return { type: "object", dynamic: false, properties };
}

/** Properties added since earlier releases, for indices that those have mapped. */
export function addedProperties({ metaField }: Pick<VectorMapping, "metaField">) {
  return { [metaField]: { properties: ADDED_PROPERTIES } };
}

/** Whether an index has a mapping for every property of stamps and marks. */
export function isWhole({ marks, seals, groups }: Pick<IndexShape, "marks" | "seals" | "groups">) {
  return marks === "whole" && seals && groups;
}

/** Notes that the mapping has them all now. */
export function makeWhole(shape: IndexShape): void {
  shape.marks = "whole";
  shape.seals = true;
  shape.groups = true;
}

/**
 * Adds mappings for newer properties of stamps and marks to indices mapped by an earlier release. An index that refuses
 * keeps working without them.
 */
export function createMappingUpgrader(api: Api, vector: VectorMapping, mapping: "auto" | "strict") {
  const refused = new Set<string>();
  return {
    async upgrade(shape: IndexShape, signal: AbortSignal): Promise<void> {
      const { index, uuid: indexUuid } = shape;
      const key = indexKey({ index, indexUuid });
      if (isWhole(shape) || mapping === "strict" || refused.has(key)) return;
      const path = `/${encodeURIComponent(index)}/_mapping`;
      const body = { properties: addedProperties(vector) };
      try {
        await api.send({ method: "PUT", path, body }, z.unknown(), signal);
        makeWhole(shape);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        refused.add(key);
      }
    },
  };
}
