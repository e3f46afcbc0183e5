import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { IndexFacts, Wanted } from "./fitness.ts";
import { STAMP_PROPERTIES, vectorProperties, type VectorMapping } from "./mapping.ts";

/** Changes with everything that is known of how an index is mapped and set, but for the stamp, which we map ourselves. */
export function traitsOf({ properties, ...facts }: IndexFacts, { metaField }: Wanted): string {
  const { [metaField]: _stamp, ...others } = properties;
  return createHash("sha256")
    .update(JSON.stringify([facts, others]))
    .digest("base64url")
    .slice(0, 16);
}

/** Whether its vector, or what stands beside it, has a mapping that is not the one we make. */
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
