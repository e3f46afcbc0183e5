import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import { indexKey } from "../../domain/log-record.ts";
import type { Api } from "./api.ts";
import type { IndexShape } from "./index-shape.ts";
import { addedProperties, type VectorMapping } from "./mapping.ts";

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
      const isWhole = shape.marks === "whole" && shape.seals;
      if (isWhole || mapping === "strict" || refused.has(key)) return;
      const path = `/${encodeURIComponent(index)}/_mapping`;
      const body = { properties: addedProperties(vector) };
      try {
        await api.send({ method: "PUT", path, body }, z.unknown(), signal);
        shape.marks = "whole";
        shape.seals = true;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        refused.add(key);
      }
    },
  };
}
