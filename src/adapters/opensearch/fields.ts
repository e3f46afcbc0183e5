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

/**
 * A field at a dotted path. `name`: the field itself where the path is an alias or sub-field. `nested`: the enclosing
 * nested object, whose fields a plain search does not find.
 */
export type FoundField = {
  name: string;
  type: string;
  mapping: FieldMapping;
  nested?: string;
  /** Computed by the search; not part of the document. */
  derived?: true;
};

/** Resolves a dotted path; a flat object stands for every key below it. */
export function findField(properties: Properties, path: string): FoundField | undefined {
  const keys = path.split(".");
  let level: Properties | undefined = properties;
  let found: FieldMapping | undefined;
  let nested: { nested?: string } = {};
  for (const [depth, key] of keys.entries()) {
    const outer = keys.slice(0, depth).join(".");
    if (found?.type === "flat_object") return { name: path, type: "flat_object", mapping: found };
    if (found && isSeparate(found)) nested = { nested: outer };
    const inner: FieldMapping | undefined = level?.[key];
    if (!inner) {
      const isLast = depth === keys.length - 1;
      return isLast && found ? subField(outer, found, key, nested) : undefined;
    }
    found = inner;
    level = found.properties;
  }
  if (!found) return undefined;
  if (found.type === "alias" && found.path && found.path !== path) {
    return findField(properties, found.path) ?? { name: found.path, type: "unknown", mapping: {} };
  }
  return { name: path, type: found.type ?? "object", mapping: found, ...nested };
}

/** `level.keyword` means the field `level`, searched by that sub-field. */
function subField(
  name: string,
  mapping: FieldMapping,
  key: string,
  nested: { nested?: string },
): FoundField | undefined {
  const sub = mapping.fields?.[key];
  if (!sub || !mapping.type) return undefined;
  return { name, type: mapping.type, mapping: { ...mapping, fields: { [key]: sub } }, ...nested };
}

/** Nested objects are separate documents unless the mapping copies their fields into the parent. */
function isSeparate({ type, ...options }: FieldMapping): boolean {
  const copied = ["include_in_parent", "include_in_root"].some((name) => isOn(options[name]));
  return type === "nested" && !copied;
}

function isOn(option: unknown): boolean {
  return option === true || option === "true";
}

function isOff(option: unknown): boolean {
  return option === false || option === "false";
}

const WORDS = new Set(["text", "match_only_text"]);

/** The keyword sub-field for exact matches, of a text or of a field that is not searchable itself. */
export function exactSubField({ type, mapping }: FoundField): string | undefined {
  if (!WORDS.has(type) && !isUnsearchable(mapping)) return undefined;
  const usable = ([, sub]: [string, FieldMapping]) =>
    sub.type === "keyword" && !isUnsearchable(sub);
  return Object.entries(mapping.fields ?? {}).find(usable)?.[0];
}

/** Has neither an index nor doc values; a text never has doc values. */
export function isUnsearchable({ type = "", index, doc_values: docValues }: FieldMapping): boolean {
  return isOff(index) && (WORDS.has(type) || isOff(docValues));
}

export function isSortable({ mapping }: FoundField): boolean {
  return !isOff(mapping.doc_values);
}
