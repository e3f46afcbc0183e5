import { fieldName, type SkipKind, type VectorModel } from "../../domain/stamp.ts";
import { isSeverityNumber, severityNumbers } from "../../domain/severity.ts";
import { exactSubField, type FoundField } from "./fields.ts";
import type { IndexShape, Query } from "./index-shape.ts";

/** The two fields of ours, as queries name them, and how many UTF-8 bytes of a text are kept. */
export type VectorFields = { vectorField: string; metaField: string; maxTextBytes?: number };

/** Our fields, the model whose vectors are wanted in them, and the most tokens of a text that it is sent. */
export type WantedVectors = VectorFields & { inForce: VectorModel; tokenLimit?: number };

const WHOLE_NUMBERS = new Set(["byte", "short", "integer", "long", "unsigned_long"]);
const NUMBERS = new Set([...WHOLE_NUMBERS, "float", "double", "half_float", "scaled_float"]);
const NO_CASE = new Set(["keyword", "constant_keyword", "wildcard", "flat_object", "unknown"]);

/** Any of the values in any of the fields, in any case; undefined where the types rule that out. */
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
 * Records of any of the levels. Where several fields say a level, any of them may, and OpenTelemetry's number only where
 * none says it in words; `inOrder`: a field counts only where those before it are blank.
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

/** Fields that say one of the levels, all in words or all in OpenTelemetry's numbers. */
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
    // A term query on a number refuses case_insensitive, and words.
    return /^\d+$/.test(value) ? { term: { [name]: { value: Number(value) } } } : undefined;
  }
  if (type === "match_only_text" || type === "text") {
    // Without an exact sub-field, "ERROR: x" counts as ERROR: its words are all that is indexed.
    return /^\w+$/.test(value) ? caseless(name, value) : { match_phrase: { [name]: value } };
  }
  return NO_CASE.has(type) ? caseless(name, value) : undefined;
}

function caseless(field: string, value: string): Query {
  return { term: { [field]: { value, case_insensitive: true } } };
}

/** Records of the wanted levels, young enough, through the aliases that lead to them. */
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

/** The other records, with the same limits. */
export function unwantedQuery(shape: IndexShape, maxAgeDays: number | undefined): Query {
  const [level, ...limits] = wantedQuery(shape, maxAgeDays);
  return { bool: { filter: limits, must_not: [level] } };
}

/** What the aliases show of an index that is reached by filtered ones alone. */
export function shownBy({ aliasFilters = [] }: Pick<IndexShape, "aliasFilters">): Query[] {
  return aliasFilters.length > 0 ? [anyOf(aliasFilters)] : [];
}

/** There is a message, even where it is longer than its keyword mapping indexes. */
export function hasMessage(messageFields: readonly string[]): Query {
  return anyOf(
    messageFields.flatMap((field) => [{ exists: { field } }, { term: { _ignored: field } }]),
  );
}

/** Marked as nothing to embed, or as refused and not yet due again, and resting on what is so still. */
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

/** Marked as nothing to embed, in the fields where the text is looked for now. */
export function emptyQuery(shape: IndexShape, fields: WantedVectors): Query {
  const { filter } = heldMark(shape, fields);
  return { bool: { filter: [{ term: { [`${fields.metaField}.skipped`]: "empty" } }, ...filter] } };
}

/** What a query can ask of a mark's reasons; whether the text is still the same it cannot. */
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

/** Wanted records that bear such a mark and have no vector, due again or not. */
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

/** A time ahead of the clock is some machine's error, and no reason to wait for it. */
function youngerThan({ timestampField }: IndexShape, minAgeMs: number): Query[] {
  if (minAgeMs === 0 || !timestampField) return [];
  const seconds = Math.ceil(minAgeMs / 1000);
  const span = { gt: `now-${seconds}s`, lte: `now+${seconds}s` };
  return [{ range: { [timestampField]: span } }];
}

/** Wanted records that have a message, no vector, and no mark that there is nothing to embed. */
export function pendingQuery(
  shape: IndexShape,
  fields: WantedVectors,
  options: {
    maxAgeDays?: number | undefined;
    minAgeMs?: number;
    /** What finds the records that are left out. */
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

/** Fields of a hit that a record is made of; the vector is never fetched with them. */
export function recordSource(
  shape: IndexShape,
  { vectorField, metaField }: VectorFields,
): { includes: string[]; excludes: string[] } {
  const { messageFields, levelFields } = shape;
  const includes = [...messageFields, ...levelFields, "trace.id", "trace_id", metaField];
  if (shape.timestampField) includes.push(shape.timestampField);
  return { includes, excludes: [vectorField] };
}

/** The same with the vector. The whole document is never asked for: the client refuses one that holds `__proto__`. */
export function recordAndVector(shape: IndexShape, fields: VectorFields): { includes: string[] } {
  return { includes: [...recordSource(shape, fields).includes, fields.vectorField] };
}

/**
 * By time where the index has a date. `numeric_type` makes date and date_nanos comparable; `unmapped_type` keeps an index
 * that lost its mapping in the meantime from failing the search.
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
