import { EXCEPTION_FIELDS } from "../../domain/document.ts";
import { fieldName, type SkipKind, type VectorModel } from "../../domain/stamp.ts";
import { isSeverityNumber, severityNumbers } from "../../domain/severity.ts";
import { exactSubField, type FoundField } from "./fields.ts";
import type { IndexShape, Query } from "./index-shape.ts";

/** Vector and stamp field, and how many UTF-8 bytes of a text are kept. */
export type VectorFields = { vectorField: string; metaField: string; maxTextBytes?: number };

/** The same with the model in force and the token limit of a text. */
export type WantedVectors = VectorFields & { inForce: VectorModel; tokenLimit?: number };

const WHOLE_NUMBERS = new Set(["byte", "short", "integer", "long", "unsigned_long"]);
const NUMBERS = new Set([...WHOLE_NUMBERS, "float", "double", "half_float", "scaled_float"]);
const NO_CASE = new Set(["keyword", "constant_keyword", "wildcard", "flat_object", "unknown"]);

/** Matches any value in any field, ignoring case; undefined where the field types exclude it. */
export function valueQuery(
  fields: readonly FoundField[],
  values: readonly string[],
): Query | undefined {
  const clauses = fields
    .flatMap((field) => values.map((value) => valueClause(field, value)))
    .filter((clause) => clause !== undefined);
  return clauses.length <= 1 ? clauses[0] : anyOf(clauses);
}

/**
 * Matches any of the levels. Several fields are alternatives; OpenTelemetry's number counts only where no field names
 * the level. `inOrder`: a field counts only where those before it are blank.
 */
export function levelQuery(
  fields: readonly FoundField[],
  levels: readonly string[],
  { inOrder }: { inOrder: boolean },
): Query | undefined {
  const telling = fields.filter((field) => sayingQuery([field], levels));
  const words = telling.filter(({ name }) => !isSeverityNumber(name));
  const numbers = telling.filter(({ name }) => isSeverityNumber(name));
  const steps = inOrder ? telling.map((field) => [field]) : [words, ...numbers.map((one) => [one])];
  const clauses = steps.flatMap((step, at) => {
    const clause = sayingQuery(step, levels);
    if (!clause) return [];
    const before = steps.slice(0, at).flat().map(notBlank);
    return before.length === 0 ? [clause] : [{ bool: { filter: [clause], must_not: before } }];
  });
  return clauses.length <= 1 ? clauses[0] : anyOf(clauses);
}

function sayingQuery(fields: readonly FoundField[], levels: readonly string[]): Query | undefined {
  const [first] = fields;
  if (!first || !isSeverityNumber(first.name)) return valueQuery(fields, levels);
  const numbers = [...new Set(levels.flatMap(severityNumbers))];
  if (numbers.length === 0) return undefined;
  if (NUMBERS.has(first.type)) return { terms: { [first.name]: numbers } };
  return valueQuery(fields, numbers.map(String));
}

function notBlank(field: FoundField): Query {
  const { name, type } = field;
  const exists = { exists: { field: name } };
  const sub = exactSubField(field);
  const exact = sub === undefined ? name : `${name}.${sub}`;
  const isExact = sub !== undefined || NO_CASE.has(type);
  return isExact ? { bool: { filter: [exists], must_not: [{ term: { [exact]: "" } }] } } : exists;
}

export function anyOf(clauses: readonly Query[]): Query {
  return { bool: { should: clauses, minimum_should_match: 1 } };
}

function valueClause(field: FoundField, value: string): Query | undefined {
  const { name, type } = field;
  const exact = exactSubField(field);
  if (exact !== undefined) return caseless(`${name}.${exact}`, value);
  if (WHOLE_NUMBERS.has(type)) {
    // A term query on a number takes neither words nor case_insensitive.
    return /^\d+$/.test(value) ? { term: { [name]: { value: Number(value) } } } : undefined;
  }
  if (type === "match_only_text" || type === "text") {
    // Without an exact sub-field only words are indexed, so "ERROR: x" matches ERROR.
    return /^\w+$/.test(value) ? caseless(name, value) : { match_phrase: { [name]: value } };
  }
  return NO_CASE.has(type) ? caseless(name, value) : undefined;
}

function caseless(field: string, value: string): Query {
  return { term: { [field]: { value, case_insensitive: true } } };
}

/** Filters for wanted levels, age and aliases. */
export function wantedQuery(
  shape: Pick<IndexShape, "level" | "timestampField" | "aliasFilters">,
  maxAgeDays: number | undefined,
): Query[] {
  const { level, timestampField } = shape;
  const filters = [level];
  if (maxAgeDays !== undefined && timestampField) {
    filters.push({ range: { [timestampField]: { gte: `now-${maxAgeDays}d` } } });
  }
  return [...filters, ...shownBy(shape)];
}

/** The records of other levels, with the same limits. */
export function unwantedQuery(shape: IndexShape, maxAgeDays: number | undefined): Query {
  const [level, ...limits] = wantedQuery(shape, maxAgeDays);
  return { bool: { filter: limits, must_not: [level] } };
}

/** The filters of the aliases, where only filtered ones lead to the index. */
export function shownBy({ aliasFilters = [] }: Pick<IndexShape, "aliasFilters">): Query[] {
  return aliasFilters.length > 0 ? [anyOf(aliasFilters)] : [];
}

/** Has a message, also one longer than a keyword indexes (`_ignored`). */
export function hasMessage(messageFields: readonly string[]): Query {
  return anyOf(
    messageFields.flatMap((field) => [{ exists: { field } }, { term: { _ignored: field } }]),
  );
}

/** Records whose skip mark holds: nothing to embed, or refused and not yet due, for reasons that still apply. */
export function markedQuery(shape: IndexShape, fields: WantedVectors): Query {
  const { metaField } = fields;
  const due = { range: { [`${metaField}.next_try`]: { lte: "now" } } };
  const { filter, must_not } = heldMark(shape, fields);
  return {
    bool: {
      filter: [{ exists: { field: `${metaField}.skipped` } }, ...filter],
      must_not: [due, ...must_not],
    },
  };
}

/** Marked as blank in the fields that are read now. */
export function emptyQuery(shape: IndexShape, fields: WantedVectors): Query {
  const { filter } = heldMark(shape, fields);
  return { bool: { filter: [{ term: { [`${fields.metaField}.skipped`]: "empty" } }, ...filter] } };
}

/** The part of a mark's basis that a query can check; the text hash needs the text. */
function heldMark(
  { marks, messageFields }: IndexShape,
  { metaField, inForce, tokenLimit }: WantedVectors,
): { filter: Query[]; must_not: Query[] } {
  if (marks === "bare") return { filter: [], must_not: [] };
  const other = (key: string, value: unknown) => {
    const field = `${metaField}.${key}`;
    return { bool: { filter: [{ exists: { field } }], must_not: [{ term: { [field]: value } }] } };
  };
  return {
    filter: [{ term: { [`${metaField}.field`]: fieldName(messageFields) } }],
    must_not: [
      other("refused_by", inForce.model),
      ...(tokenLimit === undefined ? [] : [other("token_limit", tokenLimit)]),
    ],
  };
}

export function refusedMark({ metaField }: VectorFields): Query {
  return { term: { [`${metaField}.skipped`]: "refused" } };
}

/** Wanted records with such a mark and no vector, due or not. */
export function bearingQuery(
  shape: IndexShape,
  fields: VectorFields,
  {
    maxAgeDays,
    ids,
    kinds,
  }: {
    maxAgeDays: number | undefined;
    ids?: readonly string[] | undefined;
    kinds: readonly SkipKind[];
  },
): Query {
  const named = ids ? [{ ids: { values: ids } }] : [];
  const marked = { terms: { [`${fields.metaField}.skipped`]: kinds } };
  return {
    bool: {
      filter: [...wantedQuery(shape, maxAgeDays), marked, ...named],
      must_not: [{ exists: { field: fields.vectorField } }],
    },
  };
}

/** A time in the future is a clock error and no reason to wait. */
function youngerThan({ timestampField }: IndexShape, minAgeMs: number): Query[] {
  if (minAgeMs === 0 || !timestampField) return [];
  const seconds = Math.ceil(minAgeMs / 1000);
  const span = { gt: `now-${seconds}s`, lte: `now+${seconds}s` };
  return [{ range: { [timestampField]: span } }];
}

/** Wanted records with a message, without a vector and without a mark that holds. */
export function pendingQuery(
  shape: IndexShape,
  fields: WantedVectors,
  options: {
    maxAgeDays?: number | undefined;
    minAgeMs?: number;
    /** Matches the records to leave out. */
    exclude?: readonly Query[];
  } = {},
): Query {
  const { maxAgeDays, minAgeMs = 0, exclude = [] } = options;
  return {
    bool: {
      filter: [...wantedQuery(shape, maxAgeDays), hasMessage(shape.messageFields)],
      must_not: [
        { exists: { field: fields.vectorField } },
        markedQuery(shape, fields),
        ...youngerThan(shape, minAgeMs),
        ...exclude,
      ],
    },
  };
}

/** `_source` fields of a record; the vector is excluded. */
export function recordSource(
  shape: IndexShape,
  { vectorField, metaField }: VectorFields,
): { includes: string[]; excludes: string[] } {
  const { messageFields, levelFields, services } = shape;
  const includes = [
    ...messageFields,
    ...levelFields,
    ...services.map(({ name }) => name),
    ...EXCEPTION_FIELDS,
    "trace.id",
    "trace_id",
    metaField,
  ];
  if (shape.timestampField) includes.push(shape.timestampField);
  return { includes, excludes: [vectorField] };
}

/** The same with the vector. The whole document is never read: the client refuses one that holds `__proto__`. */
export function recordAndVector(shape: IndexShape, fields: VectorFields): { includes: string[] } {
  return { includes: [...recordSource(shape, fields).includes, fields.vectorField] };
}

/**
 * By time where there is a date. `numeric_type` makes date and date_nanos comparable; `unmapped_type` tolerates an
 * index that lost its mapping.
 */
export function order(shape: IndexShape, direction: "newest" | "oldest"): Query[] | string[] {
  if (!shape.timestampField) return ["_doc"];
  const sort = {
    order: direction === "newest" ? "desc" : "asc",
    unmapped_type: "date",
    numeric_type: "date",
    missing: "_last",
  };
  return [{ [shape.timestampField]: sort }];
}
