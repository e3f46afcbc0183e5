import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { IndexFacts, Wanted } from "./fitness.ts";
import { STAMP_PROPERTIES, vectorProperties, type VectorMapping } from "./mapping.ts";

/** A hash over mapping and settings of an index, without the stamp's mapping, which this service changes itself. */
export function traitsOf({ properties, ...facts }: IndexFacts, { metaField }: Wanted): string {
  const { [metaField]: _stamp, ...others } = properties;
  return createHash("sha256")
    .update(JSON.stringify([facts, others]))
    .digest("base64url")
    .slice(0, 16);
}

/** Whether the vector or its stamp is mapped otherwise than this service would. */
export function isForeign({ properties, knn }: IndexFacts, vector: VectorMapping): boolean {
  const mapped = properties[vector.field];
  const ours = vectorProperties(vector, knn)[vector.field];
  const stamp = properties[vector.metaField]?.properties ?? {};
  const ourStamp: Record<string, unknown> = STAMP_PROPERTIES;
  return (
    (mapped !== undefined && !isAlike(mapped, ours)) ||
    Object.entries(stamp).some(([name, field]) => !isAlike(field, ourStamp[name]))
  );
}

function isAlike(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(withoutDefaults(a), withoutDefaults(b));
}

/** OpenSearch adds empty parameters to a method. */
function withoutDefaults(mapping: unknown): unknown {
  if (typeof mapping !== "object" || mapping === null) return mapping;
  const entries = Object.entries(mapping)
    .filter(([key, value]) => !(key === "parameters" && isDeepStrictEqual(value, {})))
    .map(([key, value]) => [key, withoutDefaults(value)] as const);
  return Object.fromEntries(entries);
}
