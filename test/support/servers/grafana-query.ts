import assert from "node:assert/strict";
import { z } from "zod";

// No Grafana is to be had in tests: what a panel asks is put as its OpenSearch plugin (2.34) puts it, to a real OpenSearch.

const HOUR_MS = 3_600_000;

const aggregation = z.object({
  id: z.string(),
  type: z.enum(["terms", "filters", "date_histogram"]),
  field: z.string().optional(),
  settings: z.looseObject({ filters: z.array(z.record(z.string(), z.string())).optional() }),
});
const metric = z.object({
  id: z.string(),
  type: z.enum(["count", "cardinality", "min", "max", "raw_data"]),
  field: z.string().optional(),
  settings: z.looseObject({}).optional(),
});
const targetShape = z.object({
  query: z.string(),
  metrics: z.tuple([metric], metric),
  bucketAggs: z.array(aggregation),
});
type Target = z.infer<typeof targetShape>;

const bucket = z.looseObject({ doc_count: z.number() });
const buckets = z.object({
  buckets: z.union([
    z.array(bucket.extend({ key: z.union([z.string(), z.number()]) })),
    z.record(z.string(), bucket),
  ]),
});
const answerShape = z.object({
  _shards: z.object({ failed: z.literal(0) }),
  hits: z.object({
    total: z.object({ value: z.number() }),
    hits: z.array(z.object({ _source: z.looseObject({}) })),
  }),
  aggregations: z.record(z.string(), buckets).optional(),
});

/** A panel's or an annotation's target with the values of variables: several in quotes, one as it is, All as the variable says. */
export function filled(target: unknown, values: Readonly<Record<string, string>>): unknown {
  const text = JSON.stringify(target).replaceAll(
    /\$(\w+)/g,
    // Within JSON the quotes of a value are escaped, as by Grafana.
    (_, name: string) => JSON.stringify(values[name] ?? `no variable ${name}`).slice(1, -1),
  );
  return JSON.parse(text);
}

/** As the plugin's QueryBuilder does: the range of the last 24 hours, the query, and the aggregations within each other. */
export function searchBody(asked: unknown, timeField: string) {
  const { query, metrics, bucketAggs } = targetShape.parse(asked);
  const now = Date.now();
  const range = { [timeField]: { gte: now - 24 * HOUR_MS, lte: now, format: "epoch_millis" } };
  const filter = [{ range }, { query_string: { query, analyze_wildcard: true } }];
  const found = { query: { bool: { filter } } };
  const [{ type, settings }] = metrics;
  if (type === "raw_data") {
    const sort = { [timeField]: { order: settings?.["order"], unmapped_type: "boolean" } };
    return { ...found, size: Number(settings?.["size"]), sort };
  }
  // The plugin refuses such a query.
  assert.ok(bucketAggs.length > 0, query);
  const values = metrics.flatMap(({ id, type: of, field }) =>
    of === "count" ? [] : [[id, { [of]: { field } }]],
  );
  const aggs = bucketAggs
    .toReversed()
    .reduce<Record<string, unknown>>(
      (inner, one) => ({ [one.id]: { ...bucketsOf(one, timeField), aggs: inner } }),
      Object.fromEntries(values),
    );
  return { ...found, size: 0, track_total_hits: true, aggs };
}

function bucketsOf({ type, field, settings }: Target["bucketAggs"][number], timeField: string) {
  if (type === "date_histogram") {
    return { date_histogram: { field: timeField, fixed_interval: "10m", min_doc_count: 0 } };
  }
  if (type === "terms") {
    const { orderBy, order, size } = settings;
    return { terms: { field, size: Number(size), order: { [String(orderBy)]: order } } };
  }
  const filters = (settings.filters ?? []).map(({ label = "", query = "" }) => [
    label,
    { query_string: { query, analyze_wildcard: true } },
  ]);
  return { filters: { filters: Object.fromEntries(filters) } };
}

/** What an OpenSearch found for it: how many records, the records, and the outermost buckets by their keys. */
export function foundIn(answer: unknown) {
  const { hits, aggregations = {} } = answerShape.parse(answer);
  const [found] = Object.values(aggregations);
  const rows = Array.isArray(found?.buckets)
    ? found.buckets.map((one): [string, z.infer<typeof bucket>] => [String(one.key), one])
    : Object.entries(found?.buckets ?? {});
  return {
    total: hits.total.value,
    hits: hits.hits.map(({ _source: source }) => source),
    counts: Object.fromEntries(rows.map(([key, { doc_count: count }]) => [key, count])),
    rows: Object.fromEntries(rows),
  };
}

/** As the plugin asks for annotations: documents whose beginning or end is in the range. */
export function annotationBody(annotation: {
  target: { query: string };
  timeField: string;
  timeEndField: string;
}) {
  const now = Date.now();
  const within = { from: now - 24 * HOUR_MS, to: now, format: "epoch_millis" };
  const should = [annotation.timeField, annotation.timeEndField].map((field) => ({
    range: { [field]: within },
  }));
  const query = { query_string: { query: annotation.target.query } };
  return {
    size: 10_000,
    query: { bool: { filter: [{ bool: { should, minimum_should_match: 1 } }, query] } },
  };
}
