import type { IndexShape, Query } from "./index-shape.ts";
import { otherModelQuery, stampInForce } from "./outdated-query.ts";
import { COUNT_ONLY } from "./partial-answer.ts";
import { anyOf, markedQuery, pendingQuery, refusedMark, wantedQuery } from "./queries.ts";
import type { VectorFields, WantedVectors } from "./queries.ts";

/** Models, and dimensions of each, that are counted separately. */
const MAX_MODELS = 20;
/** Per shard; up to that many models the sums are exact. */
const MODELS_A_SHARD = 1000;
/** The bucket of documents without a model name. */
export const NO_MODEL = "";

/** Counts per index; `quarantined` finds the records of the local quarantine. */
export function coverageSearch(
  shape: IndexShape,
  fields: WantedVectors,
  indices: number,
  options: {
    maxAgeDays?: number | undefined;
    quarantined?: readonly Query[];
    /** Adds the time of the oldest pending record. */
    oldest?: boolean;
  } = {},
): Query {
  const { maxAgeDays, quarantined: local = [], oldest = false } = options;
  const { timestampField: field } = shape;
  const time = oldest && field ? { aggs: { oldest: { min: { field } } } } : {};
  const pending = pendingQuery(shape, fields, { exclude: local });
  const other = otherModelQuery(shape, fields, local);
  const open = anyOf([pendingQuery(shape, fields), otherModelQuery(shape, fields, [])]);
  const inLocalQuarantine = { bool: { filter: [open, anyOf(local)] } };
  const marked = quarantinedQuery(shape, fields);
  const quarantined = local.length === 0 ? marked : anyOf([marked, inLocalQuarantine]);
  return {
    ...COUNT_ONLY,
    query: { bool: { filter: wantedQuery(shape, maxAgeDays) } },
    aggs: {
      indices: {
        terms: { field: "_index", size: indices },
        aggs: {
          vectorized: {
            filter: {
              bool: {
                filter: [{ exists: { field: fields.vectorField } }, stampInForce(shape, fields)],
              },
            },
          },
          other: { filter: other, aggs: { models: modelsOf(shape, fields) } },
          pending: { filter: pending, ...time },
          quarantined: { filter: quarantined },
        },
      },
    },
  };
}

/** Records with a refusal mark that holds. */
function quarantinedQuery(shape: IndexShape, fields: WantedVectors): Query {
  return {
    bool: {
      filter: [markedQuery(shape, fields), refusedMark(fields)],
      must_not: [{ exists: { field: fields.vectorField } }],
    },
  };
}

function modelsOf({ modelField }: IndexShape, { metaField }: VectorFields): Query {
  const dimensions = { terms: { field: `${metaField}.dimensions`, size: MAX_MODELS } };
  return {
    terms: { field: modelField, missing: NO_MODEL, size: MAX_MODELS, shard_size: MODELS_A_SHARD },
    aggs: { dimensions },
  };
}
