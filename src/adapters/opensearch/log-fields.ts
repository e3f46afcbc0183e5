import { LEVEL_FIELDS, MESSAGE_FIELDS, TIMESTAMP_FIELDS } from "../../domain/document.ts";
import { SEVERITY_NUMBER_FIELDS } from "../../domain/severity.ts";
import type { UnfitIndex } from "../../domain/survey.ts";
import {
  exactSubField,
  findField,
  isSortable,
  isUnsearchable,
  type FoundField,
  type Properties,
} from "./fields.ts";
import type { Query } from "./index-shape.ts";
import { levelQuery } from "./queries.ts";

export type Objection = Omit<UnfitIndex, "index">;

/** Field names from the settings; unset: the usual ones. */
export type FieldNames = {
  messageFields?: readonly string[];
  levelFields?: readonly string[];
  timestampField?: string;
};

export type MappedFields = { properties: Properties; derived?: Properties };

export type LogFields = {
  messages: FoundField[];
  levels: FoundField[];
  level: Query;
  timestamp?: FoundField;
};

/** Types that count as text unless a setting names the field. */
const TEXTS = new Set([
  "text",
  "match_only_text",
  "keyword",
  "constant_keyword",
  "wildcard",
  "flat_object",
  "unknown",
]);

/** Finds text, level and time fields of an index, or every objection to it. */
export function findLogFields(
  fields: MappedFields,
  { levels, ...names }: FieldNames & { levels: readonly string[] },
): LogFields | Objection[] {
  const messages = findMessages(fields, names.messageFields);
  const level = findLevels(fields, names.levelFields, levels);
  const timestamp = findTimestamp(fields, names.timestampField);
  if (!("reason" in messages) && !("reason" in level) && !("reason" in timestamp)) {
    return { ...messages, ...level, ...timestamp };
  }
  return [messages, level, timestamp].flatMap((found) => ("reason" in found ? [found] : []));
}

/** How wanted records are found in an index that may lack everything else; undefined where they cannot be. */
export function findLevelQuery(
  fields: MappedFields,
  { levels, levelFields, timestampField }: FieldNames & { levels: readonly string[] },
): { level: Query; timestampField?: string; agesUnknown?: true } | undefined {
  const found = findLevels(fields, levelFields, levels);
  if ("reason" in found) return undefined;
  const { level } = found;
  const time = findTimestamp(fields, timestampField);
  if ("reason" in time) return { level, agesUnknown: true };
  return { level, ...(time.timestamp ? { timestampField: time.timestamp.name } : {}) };
}

/** Text fields in order; later ones count where earlier ones are blank in a document. */
function findMessages(
  fields: MappedFields,
  named: readonly string[] | undefined,
): Pick<LogFields, "messages"> | Objection {
  const found = lookUp(fields, named ?? MESSAGE_FIELDS);
  const [first] = found;
  const names = (named ?? ["message"]).join(" or ");
  if (!first) {
    const fix = named ? undefined : `set MESSAGE_FIELD (looked for ${listed(MESSAGE_FIELDS)})`;
    return { reason: `no field ${names}`, ...withFix(fix), intentional: true };
  }
  const texts = found.filter((field) => isText(field, named !== undefined));
  const usable = texts.filter((field) => !objectionTo(field));
  if (usable.length > 0) return { messages: usable };
  const [text = first] = texts;
  const fix = named ? "name the field that holds the text" : "set MESSAGE_FIELD";
  if (!texts.includes(text)) {
    return { reason: `${text.name} is an object, not a text`, fix };
  }
  const reason = objectionTo(text) ?? "";
  return text.derived || text.nested ? { reason, fix } : { reason, fix: REMAP };
}

const REMAP = "reindex into an index that maps it searchable";

function isText({ name, type, mapping }: FoundField, isNamed: boolean): boolean {
  if (type === "object" || type === "nested" || mapping.properties) return false;
  // A field named by a setting may hold any value; a guessed one must be a text.
  if (isNamed) return true;
  const isWhole = type === "flat_object" && !name.includes(".");
  return TEXTS.has(type) && !isWhole;
}

/** Level fields, and the query for the wanted levels. */
function findLevels(
  fields: MappedFields,
  named: readonly string[] | undefined,
  wanted: readonly string[],
): Pick<LogFields, "levels" | "level"> | Objection {
  const names = named ?? [...LEVEL_FIELDS, ...SEVERITY_NUMBER_FIELDS];
  const found = lookUp(fields, names).filter(
    ({ mapping, type }) => type !== "object" && !mapping.properties,
  );
  if (found.length === 0) {
    const reason = `no level field (looked for ${listed(named ?? LEVEL_FIELDS)})`;
    return { reason, ...withFix(levelHint(fields, named)), intentional: true };
  }
  const levels = found.filter((field) => !objectionTo(field));
  if (levels.length === 0) {
    const reasons = found.map(objectionTo).filter((reason) => reason !== undefined);
    return { reason: [...new Set(reasons)].join(", "), fix: REMAP };
  }
  const level = levelQuery(levels, wanted, { inOrder: named !== undefined });
  if (level) return { levels, level };
  const types = levels.map((field) => `${field.name} is ${field.type}`).join(", ");
  return { reason: `${types}: no such level as ${wanted.join(", ")} can be there` };
}

/** No advice to set a setting that is already set, unless another level field exists. */
function levelHint(fields: MappedFields, named: readonly string[] | undefined): string | undefined {
  if (!named) return "set LEVEL_FIELD";
  const names = lookUp(fields, LEVEL_FIELDS)
    .filter(({ type, mapping }) => type !== "object" && !mapping.properties)
    .map(({ name }) => name);
  return names.length > 0 ? `LEVEL_FIELD=${names.join(",")} is there` : undefined;
}

/** The date to sort by. It is optional, but one without doc values would fail every search. */
function findTimestamp(
  fields: MappedFields,
  named: string | undefined,
): Pick<LogFields, "timestamp"> | Objection {
  const dates = lookUp(fields, named === undefined ? TIMESTAMP_FIELDS : [named]).filter(
    ({ type, derived, nested }) =>
      (type === "date" || type === "date_nanos") && !derived && nested === undefined,
  );
  const timestamp = dates.find(isSortable);
  if (timestamp) return { timestamp };
  const [first] = dates;
  if (!first) return {};
  const reason = `${first.name} has no doc_values, so records cannot be sorted by time`;
  return { reason, fix: "reindex into an index that maps it with doc_values" };
}

function lookUp(
  { properties, derived = {} }: MappedFields,
  names: readonly string[],
): FoundField[] {
  const found = names.flatMap((name): FoundField[] => {
    const field = findField(properties, name);
    if (field) return [field];
    const computed = derived[name];
    return computed ? [{ name, type: computed.type ?? "object", mapping: {}, derived: true }] : [];
  });
  return [...new Map(found.toReversed().map((field) => [field.name, field])).values()].toReversed();
}

/** Why records cannot be found by this field; undefined where they can. */
function objectionTo(field: FoundField): string | undefined {
  const { name, nested, derived, mapping } = field;
  if (derived) return `${name} is a derived field, which stands in no document`;
  if (nested !== undefined)
    return `${name} lies in ${nested}, which is nested, and is not found there`;
  if (!isUnsearchable(mapping) || exactSubField(field)) return undefined;
  return `${name} is not indexed, so records cannot be found by it`;
}

function withFix(fix: string | undefined): { fix?: string } {
  return fix === undefined ? {} : { fix };
}

function listed(names: readonly string[]): string {
  return names.join(", ");
}
