/** A mapping's properties, or an object's. */
export type Properties = Record<string, FieldMapping>;

export type FieldMapping = {
  type?: string | undefined;
  properties?: Properties | undefined;
  fields?: Properties | undefined;
  path?: string | undefined;
  index?: boolean | string | undefined;
  doc_values?: boolean | string | undefined;
  dimension?: number | undefined;
  model_id?: string | undefined;
  [option: string]: unknown;
};

/** A field as it is found at a dotted path; `name` is the field itself where the path leads to an alias. */
export type FoundField = { name: string; type: string; mapping: FieldMapping };

/** Follows a dotted path through a mapping; a flat object answers for every key below it. */
export function findField(properties: Properties, path: string): FoundField | undefined {
  let level: Properties | undefined = properties;
  let found: FieldMapping | undefined;
  for (const key of path.split(".")) {
    if (found?.type === "flat_object") return { name: path, type: "flat_object", mapping: found };
    found = level?.[key];
    if (!found) return undefined;
    level = found.properties;
  }
  if (!found) return undefined;
  if (found.type === "alias" && found.path && found.path !== path) {
    return findField(properties, found.path) ?? { name: found.path, type: "unknown", mapping: {} };
  }
  return { name: path, type: found.type ?? "object", mapping: found };
}
