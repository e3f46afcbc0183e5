import type { OpenSearchClient } from "./client.ts";
import { Fault } from "../../domain/faults.ts";
import type { Survey } from "../../domain/survey.ts";
import type { VectorModel } from "../../domain/stamp.ts";
import type { GroupCounts } from "../../ports/group-counts.ts";
import type { RecordStatistics } from "../../ports/record-statistics.ts";
import type { Prepared, RecordStore, Scan } from "../../ports/record-store.ts";
import type { VectorIndex } from "../../ports/vector-index.ts";
import type { Api } from "./api.ts";
import { createSeparateTexts } from "./bounded-hits.ts";
import type { BulkLimiter } from "./bulk-limiter.ts";
import { findAround } from "./around.ts";
import { createBulkWriter } from "./bulk-writer.ts";
import { findByWords } from "./by-words.ts";
import { embeddedQuery, pageEmbedded } from "./embedded-pages.ts";
import type { Wanted } from "./fitness.ts";
import type { IndexShape } from "./index-shape.ts";
import { createInfoReader } from "./info.ts";
import { countOtherLevels, countStampKeys } from "./counts.ts";
import { createIsolatingApi } from "./isolating-api.ts";
import { locate } from "./locate.ts";
import { readCurrent } from "./read-current.ts";
import { countComparable, countOccurrences } from "./vector-counts.ts";
import { findNearest } from "./nearest.ts";
import { perIndexApi } from "./per-index-api.ts";
import { allFeatures } from "./cluster-features.ts";
import { createGroupCounts } from "./group-counts.ts";
import { createMappingUpgrader, makeWhole, type VectorMapping } from "./mapping.ts";
import { countMarked, findLatestMarked, pageMarked } from "./marked.ts";
import { putMapping, type Mapped } from "./put-mapping.ts";
import { createRecordStatistics } from "./record-statistics.ts";
import { createRefresher } from "./refresher.ts";
import {
  attributedScan,
  markedScan,
  openScan,
  pendingScan,
  ungroupedScan,
  unsignedScan,
  type ScanQuery,
} from "./scan.ts";
import { createPageSizes } from "./page-sizes.ts";
import { findOutdated, findPending, readCoverage } from "./search.ts";
import { findStoredModels, findStoredVectors } from "./stored-vectors.ts";
import { findTextElsewhere } from "./text-elsewhere.ts";
import type { SurveyResult } from "./survey.ts";
import { createSurveyor } from "./surveyor.ts";
import { countUnfit } from "./unfit-records.ts";
import { probeWritable } from "./update-probe.ts";
import { createFailureAttribution } from "./failure-attribution.ts";

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

/** All four ports: vectors and groups stand in the documents. */
export type OpenSearchStore = Required<RecordStore> &
  Omit<VectorIndex, "upsert" | "delete"> &
  GroupCounts &
  RecordStatistics;

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
    const { marks, seals = false, groups = false } = known.shapes.get(index) ?? {};
    return { basis: marks === "whole", seal: seals, group: groups };
  };

  // Two batches that meet a new index together map it once.
  const mapping = new Map<string, Promise<Mapped>>();
  const later = createMappingUpgrader(api, vector, wanted.mapping);

  const sizes = createPageSizes();
  const separateTexts = createSeparateTexts();

  const scanOf = (
    index: string,
    queryOf: (shape: IndexShape) => ScanQuery,
    signal: AbortSignal,
  ): Promise<Scan> => {
    const shape = fitShape(index);
    const open = () => openScan(api, { shape, sizes }, queryOf(shape), signal);
    return attributedScan(attribution, index, open, signal);
  };

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
        if (whole) makeWhole(shape);
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
    openUnsignedScan: (index, signal) =>
      scanOf(index, (shape) => unsignedScan(shape, fields, { maxAgeDays }), signal),
    openUngroupedScan: (index, signal) =>
      scanOf(index, (shape) => ungroupedScan(shape, fields, { maxAgeDays }), signal),
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
    openScan: (index, signal) =>
      scanOf(index, (shape) => pendingScan(shape, fields, { maxAgeDays, minAgeMs }), signal),
    countMarked({ indices, ids, kinds }, signal) {
      const selection = { shapes: shapesOf(indices), fields, maxAgeDays, ids, kinds };
      return countMarked(api, selection, signal);
    },
    openMarkedScan: ({ index, ids, kinds }, signal) =>
      scanOf(index, (shape) => markedScan(shape, fields, { maxAgeDays, ids, kinds }), signal),
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
    findAround: (query, signal) =>
      findAround(api, query, { shapes: shapesOf(query.indices), fields, separateTexts }, signal),
    locate: (targets, signal) => locate(api, targets, { ...known, fields }, signal),
    findVectors: (what, signal) =>
      findStoredVectors(api, what, { shapes: [...known.shapes.values()], fields }, signal),
    readCurrent: (records, signal) =>
      readCurrent(api, records, { shapes: known.shapes, fields }, signal),
    write: createBulkWriter({ api, fields: { ...fields, takes }, limiter, attribution, waitMs }),
    ...createGroupCounts({ api, features, fields, shapesOf, maxAgeDays }),
    ...createRecordStatistics({ api, shapesOf }),
    makeVisible: createRefresher(api, attribution, { offered: !serverless }),
    probeWritable: (indices, signal) =>
      probeWritable({ api, attribution, waitMs }, indices, signal),
    close: () => client.close(),
  };
}
