import type { Survey, UnfitIndex } from "../../domain/survey.ts";
import type { Api } from "./api.ts";
import { type VectorMapping, STAMP_PROPERTIES, vectorProperties } from "./mapping.ts";
import { assessIndex, type IndexFacts, type Wanted } from "./fitness.ts";
import type { CountableShape, IndexShape, Query } from "./index-shape.ts";
import type { KnownIndices } from "./locate.ts";
import type { Properties } from "./fields.ts";
import {
  readAliasFilters,
  readMappings,
  readSettings,
  resolveNames,
  type Mappings,
  type Resolved,
  type Settings,
} from "./read-indices.ts";
import { forbiddenReason } from "./vector-conditions.ts";
import { fitsOneUrl } from "./per-index-api.ts";
import { allFeatures, detectFeatures, type ClusterFeatures } from "./cluster-features.ts";
import { Fault } from "../../domain/faults.ts";
import { isNotOffered } from "./faults.ts";
import { readInfo } from "./info.ts";
import { isOwnIndex } from "./memory/own-indices.ts";
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

/** Every concrete index behind the pattern with its assessment, and the names that lead to them. */
export type SurveyResult = KnownIndices & {
  survey: Survey;
  /** Unfit indices whose records can be counted. */
  countable: ReadonlyMap<string, CountableShape>;
};

/** Reads and assesses the indices; fit ones newest first. */
export async function takeSurvey(
  api: Api,
  pattern: string,
  wanted: Wanted,
  signal: AbortSignal,
  features: ClusterFeatures = allFeatures(),
  vector?: VectorMapping,
): Promise<SurveyResult> {
  const [resolved, mappings, settings] = await Promise.all([
    resolveNames(api, pattern, signal),
    readMappings(api, pattern, wanted, signal),
    readSettings(api, pattern, signal),
    detectFeatures(api, features, signal),
  ]);
  const names = concreteNames(resolved);
  const survey: Survey = { fit: [], unfit: [] };
  const shapes = new Map<string, IndexShape>();
  const countable = new Map<string, CountableShape>();
  if (names.length === 0) return { survey, shapes, names: new Map(), countable };
  const filters = await readAliasFilters(api, pattern, resolved, signal);
  const listed = new Map(resolved.indices.map((index) => [index.name, index]));
  const readings = { listed, mappings, settings, filters, pattern };
  const judgements = names.map((name) => assessIndex(factsOf(name, readings), wanted));
  const flat = judgements.some((one) => "shape" in one && needsFlatVector(one.shape));
  const flatIsSafe = !flat || (await flatVectorsAreSafe(api, signal));
  for (const judgement of judgements) {
    if ("unfit" in judgement) {
      survey.unfit.push(judgement.unfit);
      if (judgement.countable) countable.set(judgement.unfit.index, judgement.countable);
    } else if (!flatIsSafe && needsFlatVector(judgement.shape)) {
      survey.unfit.push(unsafeFlatVector(judgement.shape));
      countable.set(judgement.shape.index, judgement.shape);
    } else {
      const { fit, shape } = judgement;
      const reason = forbiddenReason(shape, features);
      const facts = factsOf(fit.index, readings);
      survey.fit.push({
        ...fit,
        traits: traitsOf(facts, wanted),
        ...(vector && isForeign(facts, vector) ? { foreign: true } : {}),
        ...(reason === undefined ? {} : { unsearchable: reason }),
      });
      shapes.set(judgement.shape.index, judgement.shape);
    }
  }
  const createdAt = (index: string) => shapes.get(index)?.createdAt ?? 0;
  survey.fit.sort((a, b) => createdAt(b.index) - createdAt(a.index));
  const newestFirst = new Map(survey.fit.flatMap(({ index }) => entry(shapes, index)));
  if (!features.explicitIndex) setParts([...newestFirst.values()]);
  return {
    survey,
    shapes: newestFirst,
    names: leadingNames(resolved, names, newestFirst),
    countable,
  };
}

/** Splits the indices into parts whose names fit into a URL. */
function setParts(shapes: readonly IndexShape[]): void {
  let part = 0;
  let names: string[] = [];
  for (const shape of shapes) {
    names.push(shape.index);
    if (!fitsOneUrl(names)) {
      part++;
      names = [shape.index];
    }
    shape.part = part;
  }
}

function entry(shapes: ReadonlyMap<string, IndexShape>, index: string): [string, IndexShape][] {
  const shape = shapes.get(index);
  return shape ? [[index, shape]] : [];
}

/** Concrete indices behind every name; fit ones newest first, then the others. */
function leadingNames(
  { aliases, data_streams: streams }: Resolved,
  concrete: readonly string[],
  newestFirst: ReadonlyMap<string, IndexShape>,
): Map<string, string[]> {
  const rank = new Map([...newestFirst.keys()].map((index, i) => [index, i]));
  const inOrder = (indices: readonly string[]) =>
    indices.toSorted((a, b) => (rank.get(a) ?? Infinity) - (rank.get(b) ?? Infinity));
  const names = new Map<string, string[]>();
  for (const { name, indices } of aliases) names.set(name, inOrder(indices));
  for (const { name, backing_indices: backing } of streams) names.set(name, inOrder(backing));
  for (const name of concrete) names.set(name, [name]);
  return names;
}

/**
 * Leaves out dot indices, which are the cluster's own, except backing indices of ordinary data streams; and the indices of this
 * service, which hold no logs.
 */
function concreteNames({ indices, aliases, data_streams: streams }: Resolved): string[] {
  const ofStreams = new Set<string>();
  for (const { name, backing_indices: backing } of streams) {
    if (!name.startsWith(".")) for (const index of backing) ofStreams.add(index);
  }
  for (const { name, data_stream: stream } of indices) {
    if (stream && !stream.startsWith(".")) ofStreams.add(name);
  }
  const open = [
    ...indices.map(({ name }) => name),
    ...aliases.filter(({ name }) => !name.startsWith(".")).flatMap((alias) => alias.indices),
  ].filter((name) => !name.startsWith("."));
  return [...new Set([...open, ...ofStreams])].filter((name) => !isOwnIndex(name)).toSorted();
}

type Readings = {
  listed: Map<string, Resolved["indices"][number]>;
  mappings: Mappings;
  settings: Settings;
  filters: Map<string, Query[]>;
  pattern: string;
};

function factsOf(index: string, readings: Readings): IndexFacts {
  const listed = readings.listed.get(index);
  const settings = readings.settings[index]?.settings.index;
  const mapping = readings.mappings[index]?.mappings;
  const filters = readings.filters.get(index);
  const named = readings.pattern.split(",").includes(index);
  const inStream = listed?.data_stream !== undefined || index.startsWith(".ds-");
  const properties: Properties = mapping?.properties ?? {};
  return {
    index,
    ...(settings?.uuid === undefined ? {} : { uuid: settings.uuid }),
    closed: listed?.attributes.includes("closed") ?? settings?.verified_before_close ?? false,
    hidden: (listed?.attributes.includes("hidden") ?? false) && !inStream && !named,
    createdAt: settings?.creation_date ?? 0,
    knn: settings?.knn ?? false,
    blocks: settings?.blocks ?? {},
    remoteSnapshot: settings?.store?.type === "remote_snapshot",
    sourceSettings: sourceSettings(mapping?._source),
    properties,
    ...(mapping?.derived ? { derived: mapping.derived } : {}),
    derivedSource: settings?.derived_source?.enabled ?? false,
    ...(settings?.max_result_window === undefined ? {} : { maxHits: settings.max_result_window }),
    ...(settings?.search?.default_pipeline === undefined
      ? {}
      : { pipeline: settings.search.default_pipeline }),
    ...(filters ? { aliasFilters: filters } : {}),
    ...(settings?.write ? { write: settings.write } : {}),
    ...(settings?.number_of_replicas === undefined
      ? {}
      : { replicas: settings.number_of_replicas }),
  };
}

function sourceSettings(source: NonNullable<Mappings[string]["mappings"]>["_source"]) {
  return {
    ...(source?.enabled === undefined ? {} : { enabled: source.enabled }),
    ...(source?.includes ? { includes: source.includes } : {}),
    ...(source?.excludes ? { excludes: source.excludes } : {}),
  };
}

/** Without `index.knn` the vector has to be mapped without a graph. */
function needsFlatVector({ knn, mapped }: IndexShape): boolean {
  return !knn && !mapped;
}

/**
 * Before 2.19.4, any later mapping change beside such a vector fails the shard:
 * https://github.com/opensearch-project/k-NN/issues/2540. Throws a Fault where OpenSearch does not answer.
 */
async function flatVectorsAreSafe(api: Api, signal: AbortSignal): Promise<boolean> {
  try {
    const { version = "" } = await readInfo(api, signal);
    const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
    return major > 2 || (major === 2 && (minor > 19 || (minor === 19 && patch >= 4)));
  } catch (error) {
    // An unreadable version counts as safe: most are newer.
    if (isNotOffered(error) || (error instanceof Fault && error.kind === "credentials"))
      return true;
    throw error;
  }
}

function unsafeFlatVector({ index }: IndexShape): UnfitIndex {
  return {
    index,
    reason:
      "index.knn is not set, and before 2.19.4 OpenSearch then fails the shard at the next new field beside a vector",
    fix: "upgrade OpenSearch, or go on in a new index made after init",
  };
}

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
