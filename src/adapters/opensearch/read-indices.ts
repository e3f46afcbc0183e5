import { z } from "zod";
import { LEVEL_FIELDS, SERVICE_FIELDS, TIMESTAMP_FIELDS } from "../../model/document.ts";
import type { Api } from "./api.ts";
import type { FieldMapping } from "./fields.ts";
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

/** Every index, alias and data stream behind the pattern. Throws a Fault, as all here do. */
export function resolveNames(api: Api, pattern: string, signal: AbortSignal): Promise<Resolved> {
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
export type Mappings = z.infer<typeof mappingsShape>;

/** Only what the verdict needs: whole mappings of thousands of indices are many megabytes. */
export function readMappings(api: Api, pattern: string, wanted: Wanted, signal: AbortSignal) {
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
export type Settings = z.infer<typeof settingsShape>;

export function readSettings(api: Api, pattern: string, signal: AbortSignal) {
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
