import type { OpenSearchClient } from "./client.ts";
import { z } from "zod";
import { isTransient } from "../../domain/fault-policy.ts";
import { Fault, type FaultKind } from "../../domain/faults.ts";
import type { Survey } from "../../domain/survey.ts";
import type { VectorModel } from "../../domain/stamp.ts";
import type { RecordStore, Prepared, RefusedIndex, MadeVisible } from "../../ports/record-store.ts";
import type { VectorIndex } from "../../ports/vector-index.ts";
import { nameChunks, type Api } from "./api.ts";
import type { BulkLimiter } from "./bulk-limiter.ts";
import { createBulkWriter } from "./bulk-writer.ts";
import { findByWords } from "./by-words.ts";
import { embeddedQuery, pageEmbedded } from "./embedded-pages.ts";
import type { Wanted } from "./fitness.ts";
import type { IndexShape } from "./index-shape.ts";
import { createInfoReader } from "./info.ts";
import { isNotOffered } from "./faults.ts";
import { countOtherLevels, countStampKeys } from "./counts.ts";
import { createIsolatingApi } from "./isolating-api.ts";
import { locate } from "./locate.ts";
import { readCurrent } from "./read-current.ts";
import { countComparable, countOccurrences } from "./vector-counts.ts";
import { findNearest } from "./nearest.ts";
import { perIndexApi } from "./per-index-api.ts";
import { allFeatures } from "./cluster-features.ts";
import {
  createMappingUpgrader,
  leastProperties,
  missingProperties,
  type VectorMapping,
} from "./mapping.ts";
import { countMarked, findLatestMarked, pageMarked } from "./marked.ts";
import { attributedScan, openScan, pendingScan, markedScan, unsignedScan } from "./scan.ts";
import { createPageSizes } from "./page-sizes.ts";
import { findOutdated, findPending, readCoverage } from "./search.ts";
import { findStoredModels, findStoredVectors } from "./stored-vectors.ts";
import { findTextElsewhere } from "./text-elsewhere.ts";
import type { SurveyResult } from "./survey.ts";
import { createSurveyor } from "./surveyor.ts";
import { countUnfit } from "./unfit-records.ts";
import { probeWritable } from "./update-probe.ts";
import {
  bisectIndices,
  createFailureAttribution,
  type FailureAttribution,
} from "./failure-attribution.ts";

export type OpenSearchStoreSettings = {
  indexPattern: string;
  wanted: Wanted;
  vector: VectorMapping;
  inForce: VectorModel;
  /** Default: refusals of any token limit hold. */
  tokenLimit?: number;
  /** UTF-8 bytes after which a text is cut when read. Default: none. */
  maxTextBytes?: number;
  direction: "newest" | "oldest";
  maxAgeDays: number | undefined;
  /** Younger records are left to the tail. */
  minAgeMs: number;
  /** Vectors compared one by one, for each kind of index without a graph. Default: 10,000. */
  maxCompared?: number;
  /** AWS OpenSearch Serverless, which has no version and no refresh. Default: false. */
  serverless?: boolean;
  timeoutMs: number;
};

/** The share of a bulk request's time that OpenSearch may wait for shards, so that its answer still arrives. */
const WAIT_SHARE = 2 / 3;

const NOTHING: Survey = { fit: [], unfit: [] };

/** Both ports: vectors stand in the documents. */
export type OpenSearchStore = Required<RecordStore> & Omit<VectorIndex, "upsert" | "delete">;

/** On OpenSearch 2.19 or later. Owns and closes the client. */
export function createOpenSearchStore(
  {
    api: direct,
    client,
    limiter,
  }: { api: Api; client: Pick<OpenSearchClient, "close">; limiter: BulkLimiter },
  settings: OpenSearchStoreSettings,
): OpenSearchStore {
  const { indexPattern, wanted, vector, direction, maxAgeDays, minAgeMs, maxCompared } = settings;
  const { inForce, tokenLimit, maxTextBytes, serverless = false, timeoutMs } = settings;
  const fields = {
    vectorField: vector.field,
    metaField: vector.metaField,
    inForce,
    ...(tokenLimit === undefined ? {} : { tokenLimit }),
    ...(maxTextBytes === undefined ? {} : { maxTextBytes }),
  };
  const features = allFeatures({ areTold: !serverless });
  const plain = perIndexApi(direct, features);
  const surveyor = createSurveyor(plain, indexPattern, wanted, features, vector);
  let known: SurveyResult = {
    survey: NOTHING,
    shapes: new Map(),
    names: new Map(),
    countable: new Map(),
  };
  const shapesOf = (indices: readonly string[]) =>
    indices.flatMap((i) => known.shapes.get(i) ?? []);
  const attribution = createFailureAttribution(plain, () => known.shapes.keys(), { timeoutMs });
  const api = createIsolatingApi(plain, attribution);
  const waitMs = serverless ? undefined : Math.floor(timeoutMs * WAIT_SHARE);
  const fitShape = (index: string) => {
    const shape = known.shapes.get(index);
    if (!shape) throw new Fault("index", `OpenSearch: ${index} was not found fit`);
    return shape;
  };

  /** An unmapped property is refused by a strict mapping and useless elsewhere. */
  const takes = (index: string) => {
    const { marks, seals = false } = known.shapes.get(index) ?? {};
    return { basis: marks === "whole", seal: seals };
  };

  // Two batches that meet a new index together map it once.
  const mapping = new Map<string, Promise<Mapped>>();
  const later = createMappingUpgrader(api, vector, wanted.mapping);

  const sizes = createPageSizes();
  const separateTexts = { searches: 0 };

  return {
    name: "OpenSearch",
    capabilities: {
      ordered: true,
      guardedWrites: true,
      delayedVisibility: true,
      storesVectors: true,
    },
    info: createInfoReader(api, { indexPattern, versionReadable: !serverless }),
    storedModels: (models, signal) =>
      findStoredModels(direct, models, { indexPattern, metaField: vector.metaField }, signal),
    async survey(signal) {
      known = await surveyor(signal);
      return known.survey;
    },
    async prepare(indices, signal) {
      const prepared: Prepared = { mapped: [], refused: [] };
      let hung = 0;
      for (const shape of shapesOf(indices)) {
        const { index } = shape;
        if (shape.mapped) {
          await later.upgrade(shape, signal);
          continue;
        }
        const other = mapping.get(index);
        const put = other ?? putMapping({ api, attribution }, shape, vector, signal);
        mapping.set(index, put);
        const { refused, whole } = await put.finally(() => mapping.delete(index));
        // Mapping is the cluster manager's work: two timeouts in a row are not one index's fault.
        if (refused?.hung && ++hung > 1) throw refused.hung;
        shape.mapped = refused === undefined;
        if (whole) {
          shape.marks = "whole";
          shape.seals = true;
        }
        if (refused) prepared.refused.push(refused);
        else if (!other) prepared.mapped.push(index);
      }
      return prepared;
    },
    coverage({ indices, quarantinedKeys = [], oldest = false }, signal) {
      const selection = { shapes: shapesOf(indices), fields, maxAgeDays, quarantinedKeys, oldest };
      return readCoverage(api, selection, signal);
    },
    countUnfit: (indices, signal) =>
      countUnfit(api, indices, { countable: known.countable, maxAgeDays }, signal),
    findTextElsewhere: (indices, signal) =>
      findTextElsewhere(api, { shapes: shapesOf(indices), fields, maxAgeDays }, signal),
    otherLevels: (indices, signal) =>
      countOtherLevels(api, { shapes: shapesOf(indices), maxAgeDays }, signal),
    countStampKeys: (indices, signal) =>
      countStampKeys(api, { shapes: shapesOf(indices), fields, maxAgeDays }, signal),
    findPending({ indices, limit, perIndex, excludeKeys }, signal) {
      const selection = { shapes: shapesOf(indices), fields, direction, maxAgeDays, minAgeMs };
      return findPending(api, { ...selection, sizes, limit, perIndex, excludeKeys }, signal);
    },
    findOutdated({ indices, limit, excludeKeys, notAfterMs }, signal) {
      const selection = { shapes: shapesOf(indices), fields, maxAgeDays, notAfterMs };
      return findOutdated(api, { ...selection, sizes, limit, excludeKeys }, signal);
    },
    openUnsignedScan(index, signal) {
      const shape = fitShape(index);
      const query = unsignedScan(shape, fields, { maxAgeDays });
      return attributedScan(
        attribution,
        index,
        () => openScan(api, { shape, sizes }, query, signal),
        signal,
      );
    },
    async pageEmbedded({ index, limit, from, sinceMs }, signal) {
      const shape = fitShape(index);
      const query = embeddedQuery(shape, fields, { maxAgeDays, sinceMs });
      try {
        return await pageEmbedded(api, { shape, sizes, fields, query, limit, from }, signal);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        throw await attribution.attributeToIndex(index, error, signal);
      }
    },
    openScan(index, signal) {
      const shape = fitShape(index);
      const query = pendingScan(shape, fields, { maxAgeDays, minAgeMs });
      return attributedScan(
        attribution,
        index,
        () => openScan(api, { shape, sizes }, query, signal),
        signal,
      );
    },
    countMarked({ indices, ids, kinds }, signal) {
      const selection = { shapes: shapesOf(indices), fields, maxAgeDays, ids, kinds };
      return countMarked(api, selection, signal);
    },
    openMarkedScan({ index, ids, kinds }, signal) {
      const shape = fitShape(index);
      const query = markedScan(shape, fields, { maxAgeDays, ids, kinds });
      return attributedScan(
        attribution,
        index,
        () => openScan(api, { shape, sizes }, query, signal),
        signal,
      );
    },
    findLatestMarked({ indices, limit }, signal) {
      const selection = { shapes: shapesOf(indices), fields, sizes, maxAgeDays, limit };
      return findLatestMarked(api, selection, signal);
    },
    pageMarked: ({ index, from, limit }, signal) =>
      pageMarked(api, { shape: fitShape(index), fields, maxAgeDays, from, limit }, signal),
    comparable: (scope, signal) =>
      countComparable(api, scope, { shapes: shapesOf(scope.indices), fields, features }, signal),
    nearest: (query, signal) =>
      findNearest(
        api,
        query,
        { shapes: shapesOf(query.indices), fields, maxCompared, features, separateTexts },
        signal,
      ),
    occurrences: (query, signal) =>
      countOccurrences(api, query, { shapes: shapesOf(query.indices), fields, features }, signal),
    findByWords: (query, signal) =>
      findByWords(
        api,
        query,
        { shapes: shapesOf(query.indices), fields, features, separateTexts },
        signal,
      ),
    locate: (targets, signal) => locate(api, targets, { ...known, fields }, signal),
    findVectors: (what, signal) =>
      findStoredVectors(api, what, { shapes: [...known.shapes.values()], fields }, signal),
    readCurrent: (records, signal) =>
      readCurrent(api, records, { shapes: known.shapes, fields }, signal),
    write: createBulkWriter({ api, fields: { ...fields, takes }, limiter, attribution, waitMs }),
    makeVisible: createRefresher(api, attribution, { offered: !serverless }),
    probeWritable: (indices, signal) =>
      probeWritable({ api, attribution, waitMs }, indices, signal),
    close: () => client.close(),
  };
}

const refreshShape = z.object({
  _shards: z
    .object({
      failures: z
        .array(
          z.object({
            index: z.string(),
            reason: z.object({ type: z.string(), reason: z.string().nullish() }),
          }),
        )
        .default([]),
    })
    .default({ failures: [] }),
});

/** Where refreshing is not offered, search sees writes in the store's own time. */
function createRefresher(
  api: Api,
  attribution: FailureAttribution,
  { offered }: { offered: boolean },
): NonNullable<RecordStore["makeVisible"]> {
  let isOffered = offered;
  const none: MadeVisible = { seen: [], failed: [] };
  return async (indices, signal) => {
    if (!isOffered) return none;
    const query = { ignore_unavailable: true };
    const ask = async (part: readonly string[]) => {
      for (const names of nameChunks(part)) {
        const path = `/${names}/_refresh`;
        const request = { method: "POST", path, query, once: true } as const;
        const { _shards: shards } = await api.send(request, refreshShape, signal);
        failures.push(...shards.failures);
      }
      return part;
    };
    const failures: z.infer<typeof refreshShape>["_shards"]["failures"] = [];
    try {
      const { answers, failed } = await bisectIndices(attribution, indices, ask, signal);
      const shards = failures.map(({ index, reason }) => {
        const cause = `${reason.type}: ${reason.reason ?? ""}`;
        return { index, fault: new Fault("index", `${index} was not refreshed: ${cause}`) };
      });
      const unseen = new Set(shards.map(({ index }) => index));
      const seen = answers.flat().filter((index) => !unseen.has(index));
      return { seen, failed: [...failed, ...shards] };
    } catch (error) {
      if (!isNotOffered(error)) throw error;
      isOffered = false;
      return none;
    }
  };
}

/** `whole`: with all properties of stamps and marks. */
type Mapped = { whole: boolean; refused?: RefusedIndex | undefined };

type Mapping = { api: Api; attribution: FailureAttribution };

/** Falls back to the required properties where the mapping has no room for all. */
async function putMapping(
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
