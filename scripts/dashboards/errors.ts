import type { Dashboard } from "./panel.ts";

const GROUP = "log_vector_meta.group";
const ERRORS = "_index:$index AND $level_field:$level";
const GROUPED = `${ERRORS} AND _exists_:${GROUP}`;
const KEPT = "_exists_:first_seen";
const FROM_MEMORY = "No data without the indices of the memory of errors (init --memory).";
const DISTINCT = { type: "cardinality", field: GROUP } as const;

export const errors: Dashboard = {
  uid: "log-vectorizer-errors",
  title: "log-vectorizer: errors",
  description:
    "Errors, each once: records are counted by the group in their stamps. Groups that people merged are counted each by itself here; log-vectorizer groups list counts them as one.",
  from: "now-24h",
  refresh: "1m",
  source: "errors",
  annotations: [
    {
      name: "Episodes",
      source: "memory",
      lucene: "kind:episode",
      time: "from",
      timeEnd: "to",
      text: "group",
      tags: "told",
    },
  ],
  panels: [
    {
      title: "Distinct errors in the time shown",
      type: "stat",
      unit: "short",
      description: "Groups of equal errors that have a record in the time shown.",
      queries: [
        {
          lucene: GROUPED,
          by: { queries: { errors: "*" } },
          metrics: [DISTINCT],
          instead: "total",
        },
      ],
    },
    {
      title: "New errors in the time shown",
      type: "stat",
      unit: "short",
      summed: true,
      limits: [1, 10, 100],
      source: "memory",
      description: `Groups of equal errors that were never seen before. ${FROM_MEMORY}`,
      queries: [{ lucene: KEPT }],
    },
    {
      title: "Error records in the time shown",
      type: "stat",
      unit: "short",
      summed: true,
      description: "Log records of the chosen levels that name the group of their error.",
      queries: [{ lucene: GROUPED }],
    },
    {
      title: "Error records that name no group",
      type: "stat",
      unit: "short",
      summed: true,
      limits: [1, 1000, 100_000],
      description: "No panel counts errors without a group: log-vectorizer groups assign.",
      queries: [{ lucene: `${ERRORS} AND NOT _exists_:${GROUP}` }],
    },
    {
      title: "Error records over time, by group",
      type: "timeseries",
      unit: "short",
      width: 24,
      stacked: true,
      description: "Records in each interval of the graph, for the ten groups with the most.",
      queries: [{ lucene: GROUPED, by: { field: GROUP, size: 10 } }],
    },
    {
      title: "Distinct errors over time, by service",
      type: "timeseries",
      unit: "short",
      description:
        "Groups with a record in each interval, for the twenty services with the most records.",
      queries: [
        { lucene: GROUPED, by: { field: "$service_field", size: 20 }, metrics: [DISTINCT] },
      ],
    },
    {
      title: "New errors over time, by service",
      type: "timeseries",
      unit: "short",
      stacked: true,
      source: "memory",
      description: `Groups by the time of the first record of each. ${FROM_MEMORY}`,
      queries: [{ lucene: KEPT, by: { field: "service", size: 20 } }],
    },
    {
      title: "Errors with the most records",
      type: "table",
      unit: "short",
      description:
        "How many records each group has in the time shown, and the first and last of them. log-vectorizer groups show GROUP says what it is.",
      times: "^(Min|Max)",
      queries: [
        {
          lucene: GROUPED,
          by: { field: GROUP, size: 50 },
          metrics: [
            { type: "count" },
            { type: "min", field: "$time_field" },
            { type: "max", field: "$time_field" },
          ],
          instead: "total",
        },
      ],
    },
    {
      title: "Services with the most distinct errors",
      type: "table",
      unit: "short",
      description: "How many groups each service has in the time shown, and how many records.",
      queries: [
        {
          lucene: GROUPED,
          by: { field: "$service_field", size: 50 },
          metrics: [DISTINCT, { type: "count" }],
          instead: "total",
        },
      ],
    },
    {
      title: "Newest errors, by the first record of each",
      type: "table",
      unit: "none",
      width: 24,
      source: "memory",
      columns: "^(first_seen|last_seen|service|exception|template|state|group)$",
      description: `The 25 groups that were first seen last, in the time shown. ${FROM_MEMORY}`,
      queries: [{ lucene: KEPT, instead: { newest: 25 } }],
    },
  ],
};
