import { z } from "zod";
import {
  HOST_FIELDS,
  LEVEL_FIELDS,
  MESSAGE_FIELDS,
  SERVICE_FIELDS,
  TIMESTAMP_FIELDS,
  VERSION_FIELDS,
} from "../../domain/document.ts";
import { SEVERITY_NUMBER_FIELDS } from "../../domain/severity.ts";
import type { Api, Request } from "./api.ts";
import type { FieldMapping, Properties } from "./fields.ts";
import type { Wanted } from "./fitness.ts";
import type { Query } from "./index-shape.ts";

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
export type Resolved = z.infer<typeof resolvedShape>;

/** Every index, alias and data stream behind the pattern. Throws a Fault, like all functions here. */
export function resolveNames(
  api: Api,
  pattern: string,
  signal: AbortSignal,
  how: Pick<Request, "probe"> = {},
): Promise<Resolved> {
  return api.send(
    {
      method: "GET",
      path: `/_resolve/index/${encodeURIComponent(pattern)}`,
      query: { expand_wildcards: "all" },
      ...how,
    },
    resolvedShape,
    signal,
  );
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
        derived: z.record(z.string(), fieldMapping).optional(),
      })
      .optional(),
  }),
);
export type Mappings = z.infer<typeof mappingsShape>;

/**
 * Reads only the mapping parts that the assessment needs: whole mappings of thousands of indices are many megabytes.
 */
export async function readMappings(
  api: Api,
  pattern: string,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Mappings> {
  const { messageFields, timestampField, levelFields, serviceField, projectField } = wanted;
  const { hostFields, versionFields } = wanted;
  const named = [
    ...(messageFields ?? []),
    ...(levelFields ?? []),
    ...(timestampField ? [timestampField] : []),
    ...(serviceField ? [serviceField] : []),
    ...(projectField ? [projectField] : []),
    ...(hostFields ?? []),
    ...(versionFields ?? []),
    wanted.idField,
    wanted.vectorField,
    wanted.metaField,
  ];
  const usual = [
    ...(messageFields ? [] : MESSAGE_FIELDS),
    ...(levelFields ? LEVEL_FIELDS : [...LEVEL_FIELDS, ...SEVERITY_NUMBER_FIELDS]),
    ...(timestampField ? [] : TIMESTAMP_FIELDS),
    ...(serviceField ? [] : SERVICE_FIELDS),
    ...(hostFields ? [] : HOST_FIELDS.filter((field) => field !== HOST)),
    ...(versionFields ? [] : VERSION_FIELDS),
  ];
  const paths = [
    "*.mappings._source",
    "*.mappings.derived",
    ...named.flatMap((field) => pathsOf(field, [...AROUND, ...SUB_FIELD])),
    ...usual.flatMap((field) => pathsOf(field, AROUND)),
    ...(hostFields ? [] : ITSELF.map((option) => `${pathOf([HOST])}.${option}`)),
  ];
  const mappings = await readPaths(api, pattern, paths, signal);
  const targets = aliasTargets(Object.values(mappings));
  if (targets.size === 0) return mappings;
  const more = [...targets].flatMap((field) => pathsOf(field, [...AROUND, ...SUB_FIELD]));
  return merged(mappings, await readPaths(api, pattern, more, signal));
}

/** Properties of an outer field that show whether it is flat, nested or not an object. */
const AROUND = ["type", "include*"];
/** Properties that show a sub-field. */
const SUB_FIELD = ["fields", "index", "doc_values"];
/** Is a field of its own, or in ECS an object with dozens of others, which are not read. */
const HOST = "host";
const ITSELF = ["type", "path", ...SUB_FIELD];

function pathsOf(field: string, outer: readonly string[]): string[] {
  const keys = field.split(".");
  const around = keys
    .slice(1)
    .flatMap((_, at) => outer.map((name) => `${pathOf(keys.slice(0, at + 1))}.${name}`));
  return [pathOf(keys), ...around];
}

/** Short, because all paths are in one URL: `p*` is `properties`. */
function pathOf(keys: readonly string[]): string {
  return `*.*.p*.${keys.join(".p*.")}`;
}

/** Bytes of paths and pattern in one request: of OpenSearch's 4,096 for a line, without the rest of the address. */
const MAX_LINE_BYTES = 3800;
/** Where the pattern leaves no room. */
const LEAST_PATHS_BYTES = 500;

async function readPaths(
  api: Api,
  pattern: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Mappings> {
  const bytesOf = (text: string) => encodeURIComponent(text).length;
  const room = Math.max(LEAST_PATHS_BYTES, MAX_LINE_BYTES - bytesOf(pattern));
  const parts: string[][] = [];
  let left = 0;
  for (const path of new Set(paths)) {
    const bytes = bytesOf(`,${path}`);
    left -= bytes;
    if (left >= 0) parts.at(-1)?.push(path);
    else {
      parts.push([path]);
      left = room - bytes;
    }
  }
  const read = (part: readonly string[]) =>
    readByPattern(api, pattern, "_mapping", part, mappingsShape, signal);
  return (await Promise.all(parts.map(read))).reduce(merged);
}

/** Targets of alias fields, which are read in a second request. */
function aliasTargets(mappings: readonly Mappings[string][]): Set<string> {
  const targets = new Set<string>();
  const collect = (properties: Properties) => {
    for (const { type, path, properties: inner } of Object.values(properties)) {
      if (type === "alias" && path !== undefined) targets.add(path);
      if (inner) collect(inner);
    }
  };
  for (const { mappings: mapping } of mappings) collect(mapping?.properties ?? {});
  return targets;
}

function merged(mappings: Mappings, more: Mappings): Mappings {
  const indices = Object.entries({ ...more, ...mappings }).map(([index, { mappings: mapping }]) => {
    const added = more[index]?.mappings;
    const properties = mergedProperties(mapping?.properties ?? {}, added?.properties ?? {});
    return [index, { mappings: { ...added, ...mapping, properties } }] as const;
  });
  return Object.fromEntries(indices);
}

function mergedProperties(known: Properties, added: Properties): Properties {
  const all = { ...added, ...known };
  for (const [name, field] of Object.entries(added)) {
    const own = known[name];
    if (!own) continue;
    const properties = mergedProperties(own.properties ?? {}, field.properties ?? {});
    const hasInner = Object.keys(properties).length > 0;
    all[name] = { ...field, ...own, ...(hasInner ? { properties } : {}) };
  }
  return all;
}

const flag = z.union([z.boolean(), z.string()]).transform((value) => String(value) === "true");
const settingsShape = z.record(
  z.string(),
  z.object({
    settings: z.object({
      index: z.looseObject({
        uuid: z.string().optional(),
        knn: flag.optional(),
        creation_date: z.coerce.number().optional(),
        verified_before_close: flag.optional(),
        blocks: z.record(z.string(), flag).optional(),
        store: z.looseObject({ type: z.string().optional() }).optional(),
        derived_source: z.looseObject({ enabled: flag.optional() }).optional(),
        write: z.record(z.string(), z.unknown()).optional(),
        number_of_replicas: z.string().optional(),
        max_result_window: z.coerce.number().optional(),
        search: z.looseObject({ default_pipeline: z.string().optional() }).optional(),
      }),
    }),
  }),
);
export type Settings = z.infer<typeof settingsShape>;

export function readSettings(api: Api, pattern: string, signal: AbortSignal) {
  const wanted = [
    "uuid",
    "knn",
    "creation_date",
    "verified_before_close",
    "blocks",
    "store.type",
    "derived_source.enabled",
    "write",
    "number_of_replicas",
    "max_result_window",
    "search.default_pipeline",
  ];
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

/** The filters of indices that only aliases lead to. */
export async function readAliasFilters(
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
