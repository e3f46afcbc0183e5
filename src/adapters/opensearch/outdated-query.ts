import type { IndexShape, Query } from "./index-shape.ts";
import { anyOf, emptyQuery, hasMessage, wantedQuery, type WantedVectors } from "./queries.ts";

/**
 * What the stamps of vectors of the model in force say; one that leaves out the dimensions goes by its name. Asked for
 * what differs, for that are next to none: to ask for the right number costs a look at every record.
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

/** There is a text to make a new vector of: nobody has marked it as blank. */
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

/** Wanted records whose vector is not of the model in force, from a time on backwards. */
export function outdatedQuery(
  shape: IndexShape,
  fields: WantedVectors,
  options: {
    maxAgeDays: number | undefined;
    exclude: readonly Query[];
    /** Milliseconds since the epoch; -Infinity: only those without a time. */
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
  // A date_nanos has parts of that millisecond too.
  return [anyOf([{ range: { [field]: { lt: ms + 1, format: "epoch_millis" } } }, untimed])];
}
