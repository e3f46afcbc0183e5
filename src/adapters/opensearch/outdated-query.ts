import type { IndexShape, Query } from "./index-shape.ts";
import { anyOf, emptyQuery, hasMessage, wantedQuery, type WantedVectors } from "./queries.ts";

/**
 * Matches stamps of the model in force; one without dimensions matches by name. Mismatches are excluded because they
 * are rare: matching the right number would read every record.
 */
export function stampInForce(
  { modelField }: IndexShape,
  { metaField, inForce }: WantedVectors,
): Query {
  const field = `${metaField}.dimensions`;
  const { model, dimensions } = inForce;
  const others = [{ lt: dimensions }, { gt: dimensions }].map((range) => ({
    range: { [field]: range },
  }));
  return { bool: { filter: [{ term: { [modelField]: model } }], must_not: others } };
}

/** Records with a text (no mark says blank) and a vector of another model. */
export function otherModelQuery(
  shape: IndexShape,
  fields: WantedVectors,
  exclude: readonly Query[],
) {
  return {
    bool: {
      filter: [{ exists: { field: fields.vectorField } }, hasMessage(shape.messageFields)],
      must_not: [stampInForce(shape, fields), emptyQuery(shape, fields), ...exclude],
    },
  };
}

/** Wanted records with a vector of another model, from a time backwards. */
export function outdatedQuery(
  shape: IndexShape,
  fields: WantedVectors,
  options: {
    maxAgeDays: number | undefined;
    exclude: readonly Query[];
    /** Ms since the epoch; -Infinity: only records without a time. */
    notAfterMs: number | undefined;
  },
): Query {
  const { maxAgeDays, exclude, notAfterMs } = options;
  return {
    bool: {
      filter: [
        ...wantedQuery(shape, maxAgeDays),
        otherModelQuery(shape, fields, exclude),
        ...notAfter(shape, notAfterMs),
      ],
    },
  };
}

function notAfter({ timestampField: field }: IndexShape, ms: number | undefined): Query[] {
  if (field === undefined || ms === undefined) return [];
  const untimed = { bool: { must_not: [{ exists: { field } }] } };
  if (ms === -Infinity) return [untimed];
  // date_nanos values may lie within that millisecond.
  return [anyOf([{ range: { [field]: { lt: ms + 1, format: "epoch_millis" } } }, untimed])];
}
