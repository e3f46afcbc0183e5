import type { Client } from "@opensearch-project/opensearch";
import { z } from "zod";
import { Fault } from "../../model/faults.ts";
import type { UnfitIndex } from "../../model/survey.ts";
import type { LogStore } from "../../ports.ts";
import { nameChunks, type Api } from "./api.ts";
import { createBulkWriter, probeUpdates } from "./bulk.ts";
import type { Wanted } from "./fitness.ts";
import type { IndexShape } from "./index-shape.ts";
import { readInfo } from "./info.ts";
import { lookAt } from "./look.ts";
import { missingProperties, type VectorMapping } from "./mapping.ts";
import { openScan } from "./scan.ts";
import { findPending, readCoverage } from "./search.ts";
import { takeSurvey } from "./survey.ts";

export type OpenSearchStoreSettings = {
  indexPattern: string;
  wanted: Wanted;
  vector: VectorMapping;
  direction: "newest" | "oldest";
  maxAgeDays: number | undefined;
};

/** The log store on OpenSearch 2.19 or later. It owns the client and closes it. */
export function createOpenSearchStore(
  { api, client }: { api: Api; client: Pick<Client, "close"> },
  settings: OpenSearchStoreSettings,
): LogStore {
  const { indexPattern, wanted, vector, direction, maxAgeDays } = settings;
  const fields = { vectorField: vector.field, metaField: vector.metaField };
  let shapes = new Map<string, IndexShape>();
  const shapesOf = (indices: readonly string[]) => indices.flatMap((i) => shapes.get(i) ?? []);

  return {
    name: "OpenSearch",
    info: (signal) => readInfo(api, signal),
    async survey(signal) {
      const result = await takeSurvey(api, indexPattern, wanted, signal);
      shapes = result.shapes;
      return result.survey;
    },
    async prepare(indices, signal) {
      const unfit: UnfitIndex[] = [];
      for (const shape of shapesOf(indices)) {
        if (shape.mapped) continue;
        const refused = await putMapping(api, shape, vector, signal);
        if (refused) unfit.push(refused);
        else shape.mapped = true;
      }
      return unfit;
    },
    coverage: (indices, signal) =>
      readCoverage(api, { shapes: shapesOf(indices), fields, maxAgeDays }, signal),
    findPending({ indices, limit, excludeIds }, signal) {
      const selection = { shapes: shapesOf(indices), fields, direction, maxAgeDays };
      return findPending(api, { ...selection, limit, excludeIds }, signal);
    },
    openScan(index, signal) {
      const shape = shapes.get(index);
      if (!shape) throw new Fault("index", `OpenSearch: ${index} was not found fit`);
      return openScan(api, shape, { fields, maxAgeDays }, signal);
    },
    look: (records, signal) => lookAt(api, records, { shapes, fields }, signal),
    write: createBulkWriter(api, fields),
    async refresh(indices, signal) {
      for (const names of nameChunks(indices)) {
        const query = { ignore_unavailable: true };
        const path = `/${names}/_refresh`;
        await api.send({ method: "POST", path, query }, z.unknown(), signal);
      }
    },
    probeUpdates: (indices, signal) => probeUpdates(api, indices, signal),
    close: () => client.close(),
  };
}

/** Adds what is missing of the two fields; a refusal concerns this index alone, unless nobody answered. */
async function putMapping(
  api: Api,
  shape: IndexShape,
  vector: VectorMapping,
  signal: AbortSignal,
): Promise<UnfitIndex | undefined> {
  const { index } = shape;
  const properties = missingProperties(shape, vector);
  const path = `/${encodeURIComponent(index)}/_mapping`;
  try {
    await api.send({ method: "PUT", path, body: { properties } }, z.unknown(), signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === "outage" || error.kind === "rate") throw error;
    return {
      index,
      reason: `took no mapping for ${vector.field}: ${error.message}`,
      ...(error.hint ? { mend: error.hint } : {}),
    };
  }
}
