import type { OpenSearchClient } from "./client.ts";
import { z } from "zod";
import { isPassing } from "../../model/fault-policy.ts";
import { Fault } from "../../model/faults.ts";
import type { Survey, UnfitIndex } from "../../model/survey.ts";
import type { VectorModel } from "../../model/stamp.ts";
import type { LogStore, Prepared, Refreshed } from "../../ports/log-store.ts";
import { nameChunks, type Api } from "./api.ts";
import type { BulkGate } from "./bulk-gate.ts";
import { createBulkWriter, probeUpdates } from "./bulk.ts";
import type { Wanted } from "./fitness.ts";
import type { IndexShape } from "./index-shape.ts";
import { createInfoReader } from "./info.ts";
import { isNotOffered } from "./faults.ts";
import { countOtherLevels } from "./level-counts.ts";
import { locate } from "./locate.ts";
import { lookAt } from "./look.ts";
import { countComparable, countOccurrences } from "./vector-counts.ts";
import { findNearest } from "./nearest.ts";
import { perIndexApi } from "./per-index-api.ts";
import { allWays } from "./ways.ts";
import { missingProperties, type VectorMapping } from "./mapping.ts";
import { countRefused } from "./refused.ts";
import { openScan, pendingScan, refusedScan } from "./scan.ts";
import { findOutdated, findPending, readCoverage } from "./search.ts";
import { findStoredVectors } from "./stored-vectors.ts";
import type { SurveyResult } from "./survey.ts";
import { createSurveyor } from "./surveyor.ts";
import { countUnfit } from "./unfit-records.ts";

export type OpenSearchStoreSettings = {
  indexPattern: string;
  wanted: Wanted;
  vector: VectorMapping;
  /** Vectors of another model are counted apart. */
  inForce: VectorModel;
  direction: "newest" | "oldest";
  maxAgeDays: number | undefined;
  /** Younger records are not handed out: the tail is at them. */
  minAgeMs: number;
  /** So many vectors are compared one by one at most, for each kind of index without a graph. Default: 10,000. */
  maxCompared?: number;
  /** AWS OpenSearch Serverless, which tells no version and refreshes in its own time. Default: false. */
  serverless?: boolean;
};

const NOTHING: Survey = { fit: [], unfit: [] };

/** The log store on OpenSearch 2.19 or later. It owns the client and closes it. */
export function createOpenSearchStore(
  {
    api: direct,
    client,
    gate,
  }: { api: Api; client: Pick<OpenSearchClient, "close">; gate: BulkGate },
  settings: OpenSearchStoreSettings,
): LogStore {
  const { indexPattern, wanted, vector, direction, maxAgeDays, minAgeMs, maxCompared } = settings;
  const { inForce, serverless = false } = settings;
  const fields = { vectorField: vector.field, metaField: vector.metaField, inForce };
  const ways = allWays({ areTold: !serverless });
  const api = perIndexApi(direct, ways);
  const surveyor = createSurveyor(api, indexPattern, wanted, ways);
  let known: SurveyResult = {
    survey: NOTHING,
    shapes: new Map(),
    names: new Map(),
    countable: new Map(),
  };
  const shapesOf = (indices: readonly string[]) =>
    indices.flatMap((i) => known.shapes.get(i) ?? []);
  const fitShape = (index: string) => {
    const shape = known.shapes.get(index);
    if (!shape) throw new Fault("index", `OpenSearch: ${index} was not found fit`);
    return shape;
  };

  // Two batches that come upon a new index together map it once.
  const mapping = new Map<string, Promise<UnfitIndex | undefined>>();

  return {
    name: "OpenSearch",
    info: createInfoReader(api, { indexPattern, told: !serverless }),
    async survey(signal) {
      known = await surveyor(signal);
      return known.survey;
    },
    async prepare(indices, signal) {
      const prepared: Prepared = { mapped: [], refused: [] };
      for (const shape of shapesOf(indices)) {
        if (shape.mapped) continue;
        const { index } = shape;
        const other = mapping.get(index);
        const put = other ?? putMapping(api, shape, vector, signal);
        mapping.set(index, put);
        const refused = await put.finally(() => mapping.delete(index));
        shape.mapped = refused === undefined;
        if (refused) prepared.refused.push(refused);
        else if (!other) prepared.mapped.push(index);
      }
      return prepared;
    },
    coverage({ indices, asideKeys = [], oldest = false }, signal) {
      const selection = { shapes: shapesOf(indices), fields, maxAgeDays, asideKeys, oldest };
      return readCoverage(api, selection, signal);
    },
    countUnfit: (indices, signal) =>
      countUnfit(api, indices, { countable: known.countable, maxAgeDays }, signal),
    otherLevels: (indices, signal) =>
      countOtherLevels(api, { shapes: shapesOf(indices), maxAgeDays }, signal),
    findPending({ indices, limit, perIndex, excludeKeys }, signal) {
      const selection = { shapes: shapesOf(indices), fields, direction, maxAgeDays, minAgeMs };
      return findPending(api, { ...selection, limit, perIndex, excludeKeys }, signal);
    },
    findOutdated({ indices, limit, excludeKeys, notAfterMs }, signal) {
      const selection = { shapes: shapesOf(indices), fields, maxAgeDays, notAfterMs };
      return findOutdated(api, { ...selection, limit, excludeKeys }, signal);
    },
    openScan(index, signal) {
      const shape = fitShape(index);
      return openScan(api, shape, pendingScan(shape, fields, { maxAgeDays, minAgeMs }), signal);
    },
    countRefused({ indices, ids }, signal) {
      const selection = { shapes: shapesOf(indices), fields, maxAgeDays, ids };
      return countRefused(api, selection, signal);
    },
    openRefusedScan({ index, ids }, signal) {
      const shape = fitShape(index);
      return openScan(api, shape, refusedScan(shape, fields, { maxAgeDays, ids }), signal);
    },
    comparable: (scope, signal) =>
      countComparable(api, scope, { shapes: shapesOf(scope.indices), fields, ways }, signal),
    nearest: (query, signal) =>
      findNearest(
        api,
        query,
        { shapes: shapesOf(query.indices), fields, maxCompared, ways },
        signal,
      ),
    occurrences: (query, signal) =>
      countOccurrences(api, query, { shapes: shapesOf(query.indices), fields }, signal),
    locate: (targets, signal) => locate(api, targets, { ...known, fields }, signal),
    findVectors: (what, signal) =>
      findStoredVectors(api, what, { shapes: [...known.shapes.values()], fields }, signal),
    look: (records, signal) => lookAt(api, records, { shapes: known.shapes, fields }, signal),
    write: createBulkWriter(api, fields, gate),
    refresh: createRefresher(api, { offered: !serverless }),
    probeUpdates: (indices, signal) => probeUpdates(api, indices, signal),
    close: () => client.close(),
  };
}

/** Where a refresh is not to be had, none is asked for again: search sees what was written when the store likes. */
function createRefresher(api: Api, { offered }: { offered: boolean }): LogStore["refresh"] {
  let isOffered = offered;
  const none: Refreshed = { seen: [], failed: [] };
  return async (indices, signal) => {
    if (!isOffered) return none;
    const query = { ignore_unavailable: true };
    try {
      for (const names of nameChunks(indices)) {
        const path = `/${names}/_refresh`;
        await api.send({ method: "POST", path, query }, z.unknown(), signal);
      }
      return { seen: [...indices], failed: [] };
    } catch (error) {
      if (!isNotOffered(error)) throw error;
      isOffered = false;
      return none;
    }
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
    if (!(error instanceof Fault) || isPassing(error.kind)) throw error;
    return {
      index,
      reason: `took no mapping for ${vector.field}: ${error.message}`,
      ...(error.hint ? { mend: error.hint } : {}),
    };
  }
}
