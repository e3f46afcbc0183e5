import { HOST_FIELDS, VERSION_FIELDS } from "../../domain/document.ts";
import {
  exactSubField,
  findField,
  isSortable,
  type FoundField,
  type Properties,
} from "./fields.ts";

/** Types whose values an aggregation counts. Not constant_keyword: OpenSearch 3.2 counts it by the name of the index. */
const COUNTABLE = new Set([
  "keyword",
  "ip",
  "byte",
  "short",
  "integer",
  "long",
  "unsigned_long",
  "half_float",
  "float",
  "double",
  "scaled_float",
]);

/** Of these fields, or the usual ones, those of an index by which its records can be counted by host, in their order. */
export function hostFields(
  properties: Properties,
  named: readonly string[] = HOST_FIELDS,
): string[] {
  return countableFields(properties, named);
}

/** The same by the version of the service. */
export function versionFields(properties: Properties, named?: readonly string[]): string[] {
  // GELF has its own version in `version`, and nothing of the service.
  const isGelf = findField(properties, "short_message") !== undefined;
  const usual = VERSION_FIELDS.filter((name) => !(isGelf && name === "version"));
  return countableFields(properties, named ?? usual);
}

function countableFields(properties: Properties, names: readonly string[]): string[] {
  const found = names.flatMap((name) => {
    const field = findField(properties, name);
    return (field && countedAs(field)) ?? [];
  });
  return [...new Set(found)];
}

/**
 * The name by which an aggregation counts a field, undefined where it cannot: an object, a text without an exact sub-field, a key of a
 * flat object, a field of a nested one, or one without doc values. A field that is computed by the search is not looked for.
 */
function countedAs(field: FoundField): string | undefined {
  const { name, type, mapping, nested } = field;
  if (nested !== undefined) return undefined;
  if (COUNTABLE.has(type) && isSortable(field)) return name;
  const sub = exactSubField(field);
  const exact = sub === undefined ? undefined : mapping.fields?.[sub];
  return exact && isSortable({ ...field, mapping: exact }) ? `${name}.${sub}` : undefined;
}
