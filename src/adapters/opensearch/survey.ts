import { z } from "zod";
import { LEVEL_FIELDS, SERVICE_FIELDS, TIMESTAMP_FIELDS } from "../../model/document.ts";
import type { Survey } from "../../model/survey.ts";
import type { Api } from "./api.ts";
import { judge } from "./fitness.ts";
import type { IndexFacts, Wanted } from "./fitness.ts";
import type { IndexShape, Query } from "./index-shape.ts";
import type { KnownIndices } from "./locate.ts";
import type { FieldMapping, Properties } from "./fields.ts";
import { flatVectorsAreSafe, needsFlatVector, unsafeFlatVector } from "./flat-vectors.ts";

/** Every concrete index behind the pattern, judged, and the names that lead to them. */
export type SurveyResult = { survey: Survey } & KnownIndices;

/** Reads what is there and judges it. Fit indices come newest first. */
export async function takeSurvey(
  api: Api,
  pattern: string,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<SurveyResult> {
  const resolved = await resolve(api, pattern, signal);
  const names = concreteNames(resolved);
  const survey: Survey = { fit: [], unfit: [] };
  const shapes = new Map<string, IndexShape>();
  if (names.length === 0) return { survey, shapes, names: new Map() };
  const [mappings, settings, filters] = await Promise.all([
    readMappings(api, pattern, wanted, signal),
    readSettings(api, pattern, signal),
    aliasFilters(api, pattern, resolved, signal),
  ]);
  const listed = new Map(resolved.indices.map((index) => [index.name, index]));
  const readings = { listed, mappings, settings, filters, pattern };
  const judgements = names.map((name) => judge(factsOf(name, readings), wanted));
  const flat = judgements.some((one) => "shape" in one && needsFlatVector(one.shape));
  const flatIsSafe = !flat || (await flatVectorsAreSafe(api, signal));
  for (const judgement of judgements) {
    if ("unfit" in judgement) {
      survey.unfit.push(judgement.unfit);
    } else if (!flatIsSafe && needsFlatVector(judgement.shape)) {
      survey.unfit.push(unsafeFlatVector(judgement.shape));
    } else {
      survey.fit.push(judgement.fit);
      shapes.set(judgement.shape.index, judgement.shape);
    }
  }
  const createdAt = (index: string) => shapes.get(index)?.createdAt ?? 0;
  survey.fit.sort((a, b) => createdAt(b.index) - createdAt(a.index));
  const newestFirst = new Map(survey.fit.flatMap(({ index }) => entry(shapes, index)));
  return { survey, shapes: newestFirst, names: leadingNames(resolved, names, newestFirst) };
}

function entry(shapes: ReadonlyMap<string, IndexShape>, index: string): [string, IndexShape][] {
  const shape = shapes.get(index);
  return shape ? [[index, shape]] : [];
}

/** Concrete indices behind every index, alias and data stream; the fit ones newest first, then the others. */
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

const everything = { expand_wildcards: "all", ignore_unavailable: true, allow_no_indices: true };

const resolvedShape = z.object({
  indices: z.array(
    z.object({
      name: z.string(),
      attributes: z.array(z.string()).default([]),
      data_stream: z.string().optional(),
    }),
  ),
  aliases: z
    .array(z.object({ name: z.string(), indices: z.array(z.string()).default([]) }))
    .default([]),
  data_streams: z
    .array(z.object({ name: z.string(), backing_indices: z.array(z.string()).default([]) }))
    .default([]),
});
type Resolved = z.infer<typeof resolvedShape>;

function resolve(api: Api, pattern: string, signal: AbortSignal): Promise<Resolved> {
  return api.send(
    {
      method: "GET",
      path: `/_resolve/index/${encodeURIComponent(pattern)}`,
      query: { expand_wildcards: "all" },
    },
    resolvedShape,
    signal,
  );
}

/** Dot indices are the cluster's own, save the backing indices of data streams that are not. */
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
  return [...new Set([...open, ...ofStreams])].toSorted();
}

const fieldMapping: z.ZodType<FieldMapping> = z.lazy(() =>
  z.looseObject({
    type: z.string().optional(),
    properties: z.record(z.string(), fieldMapping).optional(),
    fields: z.record(z.string(), fieldMapping).optional(),
  }),
);
const mappingsShape = z.record(
  z.string(),
  z.object({
    mappings: z
      .object({
        _source: z
          .object({
            enabled: z.boolean().optional(),
            includes: z.array(z.string()).optional(),
            excludes: z.array(z.string()).optional(),
          })
          .optional(),
        properties: z.record(z.string(), fieldMapping).optional(),
      })
      .optional(),
  }),
);
type Mappings = z.infer<typeof mappingsShape>;

/** Only what the verdict needs: whole mappings of thousands of indices are many megabytes. */
function readMappings(api: Api, pattern: string, wanted: Wanted, signal: AbortSignal) {
  const { messageField, timestampField, levelField, serviceField } = wanted;
  const { idField, vectorField, metaField } = wanted;
  const fields = [
    messageField,
    idField,
    vectorField,
    metaField,
    ...(timestampField ? [timestampField] : TIMESTAMP_FIELDS),
    ...(levelField ? [levelField] : LEVEL_FIELDS),
    ...(serviceField ? [serviceField] : SERVICE_FIELDS),
  ];
  const paths = new Set(["*.mappings._source"]);
  for (const field of fields) {
    const keys = field.split(".");
    paths.add(`*.mappings.properties.${keys.join(".properties.")}`);
    // A flat object, or an object mapped as something else, shows by the type of an outer field.
    for (let depth = 1; depth < keys.length; depth++) {
      paths.add(`*.mappings.properties.${keys.slice(0, depth).join(".properties.")}.type`);
    }
  }
  return readByPattern(api, pattern, "_mapping", [...paths], mappingsShape, signal);
}

const flag = z.union([z.boolean(), z.string()]).transform((value) => String(value) === "true");
const settingsShape = z.record(
  z.string(),
  z.object({
    settings: z.object({
      index: z.looseObject({
        knn: flag.optional(),
        creation_date: z.coerce.number().optional(),
        verified_before_close: flag.optional(),
        blocks: z.record(z.string(), flag).optional(),
        store: z.looseObject({ type: z.string().optional() }).optional(),
      }),
    }),
  }),
);
type Settings = z.infer<typeof settingsShape>;

function readSettings(api: Api, pattern: string, signal: AbortSignal) {
  const wanted = ["knn", "creation_date", "verified_before_close", "blocks", "store.type"];
  const paths = wanted.map((name) => `*.settings.index.${name}`);
  return readByPattern(api, pattern, "_settings", paths, settingsShape, signal);
}

const aliasesShape = z.record(
  z.string(),
  z.object({
    aliases: z.record(
      z.string(),
      z.looseObject({ filter: z.record(z.string(), z.unknown()).optional() }),
    ),
  }),
);

/** For indices reached by aliases alone: the filters under which the aliases show them. */
async function aliasFilters(
  api: Api,
  pattern: string,
  { indices, aliases, data_streams: streams }: Resolved,
  signal: AbortSignal,
): Promise<Map<string, Query[]>> {
  const filters = new Map<string, Query[]>();
  const direct = new Set(indices.map(({ name }) => name));
  for (const { backing_indices: backing } of streams) for (const name of backing) direct.add(name);
  const byAlias = new Map<string, string[]>();
  for (const alias of aliases) {
    for (const index of alias.indices) {
      if (!direct.has(index)) byAlias.set(index, [...(byAlias.get(index) ?? []), alias.name]);
    }
  }
  if (byAlias.size === 0) return filters;
  const details = await readByPattern(api, pattern, "_alias", ["*.aliases"], aliasesShape, signal);
  for (const [index, names] of byAlias) {
    const found = names.map((name) => details[index]?.aliases[name]?.filter);
    const filtered = found.filter((filter): filter is Query => filter !== undefined);
    if (filtered.length === found.length) filters.set(index, filtered);
  }
  return filters;
}

function readByPattern<T>(
  api: Api,
  pattern: string,
  what: string,
  paths: readonly string[],
  shape: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const path = `/${encodeURIComponent(pattern)}/${what}`;
  const query = { ...everything, filter_path: paths.join(",") };
  return api.send({ method: "GET", path, query }, shape, signal);
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
    closed: listed?.attributes.includes("closed") ?? settings?.verified_before_close ?? false,
    hidden: (listed?.attributes.includes("hidden") ?? false) && !inStream && !named,
    createdAt: settings?.creation_date ?? 0,
    knn: settings?.knn ?? false,
    blocks: settings?.blocks ?? {},
    remoteSnapshot: settings?.store?.type === "remote_snapshot",
    sourceSettings: sourceSettings(mapping?._source),
    properties,
    ...(filters ? { aliasFilters: filters } : {}),
  };
}

function sourceSettings(source: NonNullable<Mappings[string]["mappings"]>["_source"]) {
  return {
    ...(source?.enabled === undefined ? {} : { enabled: source.enabled }),
    ...(source?.includes ? { includes: source.includes } : {}),
    ...(source?.excludes ? { excludes: source.excludes } : {}),
  };
}
