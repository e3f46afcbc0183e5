/** PromQL. `instant`: its value now, not over time. */
type PrometheusQuery = { expr: string; legend?: string; instant?: boolean };

type Metric = { type: "count" } | { type: "cardinality" | "min" | "max"; field: string };

/** Records that a query in Lucene's syntax finds, counted. */
type SearchQuery = {
  lucene: string;
  /** Divided by the most frequent values of a field, or by further queries, by their names. */
  by?: { field: string; size: number } | { queries: Readonly<Record<string, string>> };
  /** What is said of what is found; default: how many. `cardinality`: how many values of a field, about. */
  metrics?: readonly [Metric, ...Metric[]];
  /** Without it over time. `newest`: the records themselves, so many. */
  instead?: "total" | { newest: number };
};

export type Query = PrometheusQuery | SearchQuery;
export type Source = keyof typeof SOURCES;

const PROMETHEUS = { type: "prometheus", uid: "${datasource}" };
const OPENSEARCH = { type: "grafana-opensearch-datasource", uid: "${datasource}" };
const MEMORY = { ...OPENSEARCH, uid: "${memory}" };
const LAST = { refresh: 2, sort: 1 };

const IN_OPENSEARCH = [
  { name: "datasource", label: "OpenSearch", type: "datasource", query: OPENSEARCH.type },
  fieldVariable("level_field", "Field of the level", ["level", "log.level", "severity"]),
  fieldVariable("service_field", "Field of the service", ["service.name", "service", "app"]),
  {
    ...termsVariable("index", "Index", "_index"),
    current: { text: "All", value: "$__all" },
  },
  {
    ...termsVariable("level", "Level", "$level_field"),
    current: { text: ["ERROR"], value: ["ERROR"] },
  },
];

/** Where dashboards get their data: the data source that people choose, what they choose by, and a query as Grafana writes it. */
export const SOURCES = {
  prometheus: {
    datasource: PROMETHEUS,
    variables: [
      { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" },
      {
        name: "job",
        label: "Service",
        type: "query",
        datasource: PROMETHEUS,
        query: { query: "label_values(log_vectorizer_build_info, job)", refId: "jobs" },
        ...LAST,
        multi: true,
        includeAll: true,
        allValue: "log-vectorizer.*",
        current: { text: "All", value: "$__all" },
      },
    ],
    target: prometheusTarget,
  },
  opensearch: { datasource: OPENSEARCH, variables: IN_OPENSEARCH, target: searchTarget },
  /** The logs, beside the memory of errors. */
  errors: {
    datasource: OPENSEARCH,
    variables: [
      ...IN_OPENSEARCH,
      {
        name: "memory",
        label: "Memory of errors",
        type: "datasource",
        query: OPENSEARCH.type,
        regex: "/memory/i",
      },
      fieldVariable("time_field", "Field of the time", ["@timestamp", "timestamp", "time"]),
    ],
    target: searchTarget,
  },
  memory: { datasource: MEMORY, variables: [], target: searchTarget },
};

/** The first is taken; others may be typed. */
function fieldVariable(name: string, label: string, fields: readonly [string, ...string[]]) {
  const [first] = fields;
  const options = fields.map((field) => ({ text: field, value: field, selected: field === first }));
  const current = { text: first, value: first };
  return { name, label, type: "custom", query: fields.join(","), options, current };
}

function termsVariable(name: string, label: string, field: string) {
  return {
    name,
    label,
    type: "query",
    datasource: OPENSEARCH,
    query: JSON.stringify({ find: "terms", field }),
    ...LAST,
    multi: true,
    includeAll: true,
    allValue: "*",
  };
}

function prometheusTarget(query: Query) {
  if (!("expr" in query)) throw new Error("Prometheus knows no Lucene");
  const { expr, legend, instant = false } = query;
  return { expr, instant, range: !instant, legendFormat: legend ?? "" };
}

type Settings = Readonly<Record<string, string | boolean | readonly object[]>>;
type Aggregation = { id: string; type: string; field?: string; settings: Settings };

/** The data source itself adds its time field: to the histogram, to the range, and to the order of records. */
function searchTarget(query: Query) {
  if (!("lucene" in query)) throw new Error("OpenSearch knows no PromQL");
  const { lucene, by, instead, metrics: asked = [{ type: "count" }] } = query;
  const common = { query: lucene, queryType: "lucene", luceneQueryType: "Metric", alias: "" };
  if (instead !== undefined && instead !== "total") {
    const settings = { size: String(instead.newest), order: "desc", useTimeRange: true };
    const records = [{ id: "1", type: "raw_data", settings }];
    return { ...common, metrics: records, bucketAggs: [] as Aggregation[] };
  }
  const bucketAggs: Aggregation[] = [];
  if (by) bucketAggs.push(division(by));
  if (instead !== "total") {
    const settings = { interval: "auto", min_doc_count: "0", trimEdges: "0" };
    bucketAggs.push({ id: "2", type: "date_histogram", settings });
  }
  // The ids of the buckets are taken.
  const metrics = asked.map((metric, i) => ({ id: i === 0 ? "1" : String(3 + i), ...metric }));
  return { ...common, metrics, bucketAggs };
}

function division(by: NonNullable<SearchQuery["by"]>): Aggregation {
  if ("field" in by) {
    const { field, size } = by;
    const settings = { size: String(size), order: "desc", orderBy: "_count", min_doc_count: "1" };
    return { id: "3", type: "terms", field, settings };
  }
  const filters = Object.entries(by.queries).map(([label, query]) => ({ label, query }));
  return { id: "3", type: "filters", settings: { filters } };
}
