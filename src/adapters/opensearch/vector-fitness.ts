import { count } from "../../domain/count.ts";
import { asText, isObject } from "../../domain/document.ts";
import { settingsForLength } from "../../domain/other-models.ts";
import type { FieldMapping } from "./fields.ts";
import type { IndexFacts, Wanted } from "./fitness.ts";
import type { Objection } from "./log-fields.ts";
import { BASIS_PROPERTIES, SEAL_PROPERTIES, STAMP_PROPERTIES } from "./mapping.ts";

/** The objection to the existing vector mapping, or to adding one. */
export function vectorObjection(facts: IndexFacts, wanted: Wanted): Objection | undefined {
  const { vectorField, dimensions } = wanted;
  const vector = facts.properties[vectorField];
  if (!vector) return derivedSourceObjection(facts, wanted);
  if (vector.type !== "knn_vector") {
    return {
      reason: `${vectorField} is ${vector.type ?? "an object"}, not knn_vector`,
      fix: reindexing({ index: facts.index }),
    };
  }
  if (vector.model_id) {
    return { reason: `${vectorField} takes its shape from the model ${vector.model_id}` };
  }
  // OpenSearch returns it in upper case.
  const elements = asText(vector["data_type"]).toLowerCase();
  if (elements === "byte" || elements === "binary") {
    return {
      reason: `${vectorField} takes ${elements === "byte" ? "bytes" : "bits"} (data_type ${elements}), not the floats that are written`,
      fix: `set VECTOR_FIELD to another field, or ${reindexing(ownVectors(facts, wanted))}`,
    };
  }
  const { dimension: length = 0 } = vector;
  if (length === dimensions) return undefined;
  return {
    reason: `${vectorField} has ${count(length, "dimension")}, not ${dimensions}`,
    fix: `set ${settingsForLength(length, wanted)}, or ${reindexing(ownVectors(facts, wanted))}`,
    ...(length === 0 ? {} : { dimensions: length }),
  };
}

/** OpenSearch 3.2 refuses a vector mapping under derived source, because it cannot rebuild vectors. */
function derivedSourceObjection(
  { derivedSource = false, index }: IndexFacts,
  { vectorField }: Wanted,
): Objection | undefined {
  if (!derivedSource) return undefined;
  return {
    reason: `index.derived_source.enabled is set, and such an index takes no mapping for ${vectorField}`,
    fix: `reindex into one without derived source: ${reindexCall({ index })}`,
  };
}

export function strictObjection(facts: IndexFacts, wanted: Wanted): Objection | undefined {
  if (wanted.mapping !== "strict" || isMapped(facts, wanted)) return undefined;
  return {
    reason: `no mapping for ${wanted.vectorField}, and MAPPING=strict`,
    fix: "log-vectorizer init",
  };
}

/** Copying a vector of another type would be refused with its document. */
function ownVectors({ index }: IndexFacts, { vectorField, metaField }: Wanted): Source {
  return { index, _source: { excludes: [vectorField, metaField] } };
}

type Source = { index: string; _source?: { excludes: string[] } };

function reindexing(source: Source): string {
  return `reindex into one made after init: ${reindexCall(source)}`;
}

function reindexCall(source: Source): string {
  return `POST /_reindex ${JSON.stringify({ source, dest: { index: "NEW" } })}`;
}

export function stampObjection(facts: IndexFacts, { metaField }: Wanted): Objection | undefined {
  const stamp = facts.properties[metaField];
  if (!stamp || stamp.properties || stamp.type === "object") return undefined;
  return { reason: `${metaField} is ${stamp.type}, not an object`, fix: "set VECTOR_FIELD" };
}

export function isMapped({ properties }: IndexFacts, { vectorField, metaField }: Wanted): boolean {
  const stamp = properties[metaField]?.properties ?? {};
  return vectorField in properties && Object.keys(STAMP_PROPERTIES).every((key) => key in stamp);
}

/** Whether queries can filter by what a mark rests on. */
export function basisIsMapped({ properties }: IndexFacts, { metaField }: Wanted): boolean {
  const stamp = properties[metaField]?.properties ?? {};
  return Object.entries(BASIS_PROPERTIES).every(([key, { type }]) => stamp[key]?.type === type);
}

/** Whether stamps can be signed and queried by key. */
export function sealIsMapped({ properties }: IndexFacts, { metaField }: Wanted): boolean {
  const stamp = properties[metaField]?.properties ?? {};
  return Object.entries(SEAL_PROPERTIES).every(([key, { type }]) => stamp[key]?.type === type);
}

/** As mapped, or OpenSearch's default. */
export function spaceOf(vector: FieldMapping | undefined): string {
  const { method, space_type: own } = vector ?? {};
  const named = isObject(method) ? method["space_type"] : undefined;
  return [named, own].find((space) => typeof space === "string") ?? "l2";
}

/** nmslib's graph cannot be searched with a filter. */
export function isNmslib(vector: FieldMapping | undefined): boolean {
  const { method } = vector ?? {};
  return isObject(method) && method["engine"] === "nmslib";
}

export function hasGraph({ knn, properties }: IndexFacts, { vectorField }: Wanted): boolean {
  const vector = properties[vectorField];
  return knn && (vector === undefined || vector.index !== false);
}
