import type { FoundField } from "./fields.ts";
import type { IndexShape, Query } from "./index-shape.ts";

/** The two fields of ours, as queries name them. */
export type VectorFields = { vectorField: string; metaField: string };

const WHOLE_NUMBERS = new Set(["byte", "short", "integer", "long", "unsigned_long"]);
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

export function anyOf(clauses: readonly Query[]): Query {
  return { bool: { should: clauses, minimum_should_match: 1 } };
}

function valueClause({ name, type, mapping }: FoundField, value: string): Query | undefined {
  if (WHOLE_NUMBERS.has(type)) {
    // A term query on a number refuses case_insensitive, and words.
    return /^\d+$/.test(value) ? { term: { [name]: { value: Number(value) } } } : undefined;
  }
  if (type === "match_only_text" || type === "text") {
    const exact = Object.entries(mapping.fields ?? {}).find(([, sub]) => sub.type === "keyword");
    if (exact) return caseless(`${name}.${exact[0]}`, value);
    // Without an exact sub-field, "ERROR: x" counts as ERROR: its words are all that is indexed.
    return /^\w+$/.test(value) ? caseless(name, value) : { match_phrase: { [name]: value } };
  }
  return NO_CASE.has(type) ? caseless(name, value) : undefined;
}

function caseless(field: string, value: string): Query {
  return { term: { [field]: { value, case_insensitive: true } } };
}

/** Records of the wanted levels, young enough, through the aliases that lead to them. */
export function wantedQuery(shape: IndexShape, maxAgeDays: number | undefined): Query[] {
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
export function hasMessage(messageField: string): Query {
  const clauses = [{ exists: { field: messageField } }, { term: { _ignored: messageField } }];
  return anyOf(clauses);
}

/** Marked as nothing to embed, or as refused and not yet due again. */
export function markedQuery({ metaField }: VectorFields): Query {
  return {
    bool: {
      filter: [{ exists: { field: `${metaField}.skipped` } }],
      must_not: [{ range: { [`${metaField}.next_try`]: { lte: "now" } } }],
    },
  };
}

export function refusedMark({ metaField }: VectorFields): Query {
  return { term: { [`${metaField}.skipped`]: "refused" } };
}

/** Wanted records that were refused for their own sake and have no vector, due again or not. */
export function refusedQuery(
  shape: IndexShape,
  fields: VectorFields,
  { maxAgeDays, ids }: { maxAgeDays: number | undefined; ids?: readonly string[] | undefined },
): Query {
  const named = ids ? [{ ids: { values: ids } }] : [];
  return {
    bool: {
      filter: [...wantedQuery(shape, maxAgeDays), refusedMark(fields), ...named],
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
  fields: VectorFields,
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
      filter: [...wantedQuery(shape, maxAgeDays), hasMessage(shape.messageField)],
      must_not: [
        { exists: { field: fields.vectorField } },
        markedQuery(fields),
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
  const includes = [shape.messageField, ...shape.levelFields, "trace.id", "trace_id", metaField];
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
