import { z } from "zod";
import { isTransient } from "../../domain/fault-policy.ts";
import { Fault, type FaultKind } from "../../domain/faults.ts";
import type { RefusedIndex } from "../../ports/record-store.ts";
import type { Api } from "./api.ts";
import type { FailureAttribution } from "./failure-attribution.ts";
import type { IndexShape } from "./index-shape.ts";
import { leastProperties, missingProperties, type VectorMapping } from "./mapping.ts";

/** `whole`: with all properties of stamps and marks. */
export type Mapped = { whole: boolean; refused?: RefusedIndex | undefined };

type Mapping = { api: Api; attribution: FailureAttribution };

/** Falls back to the required properties where the mapping has no room for all. */
export async function putMapping(
  deps: Mapping,
  shape: IndexShape,
  vector: VectorMapping,
  signal: AbortSignal,
): Promise<Mapped> {
  const first = await tryMapping(deps, shape, missingProperties(shape, vector), vector, signal);
  if (!first) return { whole: true };
  if (!NO_ROOM.has(first.kind)) return { whole: false, refused: first.refused };
  const second = await tryMapping(deps, shape, leastProperties(shape, vector), vector, signal);
  return { whole: false, refused: second && first.refused };
}

/** The kinds of a mapping refusal; a missing permission would refuse the fallback too. */
const NO_ROOM = new Set<FaultKind>(["record", "configuration"]);

/** A refusal concerns this index alone, unless OpenSearch did not answer. */
async function tryMapping(
  { api, attribution }: Mapping,
  { index }: IndexShape,
  properties: Record<string, unknown>,
  vector: VectorMapping,
  signal: AbortSignal,
): Promise<{ refused: RefusedIndex; kind: FaultKind } | undefined> {
  const path = `/${encodeURIComponent(index)}/_mapping`;
  try {
    const request = { method: "PUT", path, body: { properties }, once: true } as const;
    await api.send(request, z.unknown(), signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const fault = await attribution.attributeToIndex(index, error, signal);
    if (isTransient(fault.kind)) throw fault;
    const refused = {
      index,
      reason: `took no mapping for ${vector.field}: ${fault.message}`,
      ...(fault.hint ? { fix: fault.hint } : {}),
      ...(fault.timedOut ? { hung: fault } : {}),
    };
    return { refused, kind: fault.kind };
  }
}
