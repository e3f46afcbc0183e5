import type { Dashboard } from "./panel.ts";

const IN_INDEX = "_index:$index";
const ERRORS = `${IN_INDEX} AND $level_field:$level`;
const WITH_VECTOR = "_exists_:log_vector";
const BY_VECTOR = {
  queries: { "with a vector": WITH_VECTOR, "without a vector": `NOT ${WITH_VECTOR}` },
};
const VECTOR_FIELD = "The vector is looked for in log_vector, the default of VECTOR_FIELD.";

export const logs: Dashboard = {
  uid: "log-vectorizer-logs",
  title: "log-vectorizer: the logs",
  description:
    "The log records themselves, as they stand in OpenSearch. Errors are the records of the levels chosen above.",
  from: "now-24h",
  refresh: "1m",
  source: "opensearch",
  panels: [
    {
      title: "Errors in the time shown",
      type: "stat",
      unit: "short",
      summed: true,
      description: "Log records of the chosen levels in the chosen indices.",
      queries: [{ lucene: ERRORS }],
    },
    {
      title: "Errors that have no vector",
      type: "stat",
      unit: "short",
      summed: true,
      limits: [1, 1000, 100_000],
      description: `Errors in the time shown that the search by meaning cannot find yet. ${VECTOR_FIELD}`,
      queries: [{ lucene: `${ERRORS} AND NOT ${WITH_VECTOR}` }],
    },
    {
      title: "Log records of all levels",
      type: "stat",
      unit: "short",
      summed: true,
      description: "All log records in the time shown, to compare the errors with.",
      queries: [{ lucene: IN_INDEX }],
    },
    {
      title: "Errors over time, by service",
      type: "timeseries",
      unit: "short",
      width: 24,
      stacked: true,
      description: "Errors in each interval of the graph, for the twenty services with the most.",
      queries: [{ lucene: ERRORS, by: { field: "$service_field", size: 20 } }],
    },
    {
      title: "Log records over time, by level",
      type: "timeseries",
      unit: "short",
      stacked: true,
      description: "Log records of all levels in each interval of the graph.",
      queries: [{ lucene: IN_INDEX, by: { field: "$level_field", size: 10 } }],
    },
    {
      title: "Errors over time, by index",
      type: "timeseries",
      unit: "short",
      stacked: true,
      description: "Errors in each interval of the graph, for the twenty indices with the most.",
      queries: [{ lucene: ERRORS, by: { field: "_index", size: 20 } }],
    },
    {
      title: "Share of errors that have a vector",
      type: "piechart",
      unit: "short",
      width: 8,
      summed: true,
      description: `Of all errors in the time shown. ${VECTOR_FIELD}`,
      queries: [{ lucene: ERRORS, by: BY_VECTOR }],
    },
    {
      title: "Share of errors that have a vector, over time",
      type: "timeseries",
      unit: "short",
      width: 16,
      stacked: "share",
      description: `By the time of the error, not of the vector. ${VECTOR_FIELD}`,
      queries: [{ lucene: ERRORS, by: BY_VECTOR }],
    },
    {
      title: "Services with the most errors",
      type: "table",
      unit: "short",
      width: 8,
      description: "How many errors each service logged in the time shown.",
      queries: [{ lucene: ERRORS, by: { field: "$service_field", size: 50 }, instead: "total" }],
    },
    {
      title: "Newest error records",
      type: "table",
      unit: "none",
      width: 16,
      // A vector is a thousand numbers.
      columns: "^(?!log_vector|_id$|_type$|_score$|sort$|highlight$).*",
      description: "The 25 newest errors in the time shown, with all their fields but the vector.",
      queries: [{ lucene: ERRORS, instead: { newest: 25 } }],
    },
  ],
};
