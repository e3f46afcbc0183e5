import { z } from "zod";
import { Fault } from "../../model/faults.ts";
import { indexKey } from "../../model/log-record.ts";
import type { Api } from "./api.ts";
import type { IndexShape } from "./index-shape.ts";
import { basisProperties, type VectorMapping } from "./mapping.ts";

/**
 * Maps what marks rest on in indices that took vectors before marks said so. One that refuses goes on with bare marks:
 * its records get their vectors all the same.
 */
export function createBasisMapper(api: Api, vector: VectorMapping, mapping: "auto" | "strict") {
  const refused = new Set<string>();
  return {
    async add(shape: IndexShape, signal: AbortSignal): Promise<void> {
      const { index, uuid: indexUuid } = shape;
      const key = indexKey({ index, indexUuid });
      if (shape.marks === "whole" || mapping === "strict" || refused.has(key)) return;
      const path = `/${encodeURIComponent(index)}/_mapping`;
      const body = { properties: basisProperties(vector) };
      try {
        await api.send({ method: "PUT", path, body }, z.unknown(), signal);
        shape.marks = "whole";
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        refused.add(key);
      }
    },
  };
}
