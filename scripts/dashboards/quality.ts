import type { Dashboard, Panel } from "./panel.ts";

const OF_JOB = 'job=~"$job"';

/** Of explanations within 24 hours: they are few. */
const day = (metric: string, which = "") =>
  `sum(increase(log_vectorizer_${metric}{${OF_JOB}${which}}[1d]))`;
/** 0 where there was none of that kind yet. */
const some = (metric: string, which: string) => `(${day(metric, which)} or vector(0))`;
const slowest = (quantile: number, metric: string, which = "") =>
  `histogram_quantile(${quantile}, sum by (le) (increase(log_vectorizer_${metric}_bucket{${OF_JOB}${which}}[1d])))`;
const CLAIMS = day("explanation_claims_total");
const QUESTIONS = day("llm_requests_total");

const EXPLANATIONS: readonly Panel[] = [
  { title: "Explanations: green is met; orange warns, red is critical", type: "row" },
  {
    title: "Share of explained errors that were there before",
    type: "stat",
    width: 4,
    unit: "percentunit",
    limits: [0.9, 0.8, 0.7],
    falling: true,
    description: "Verdict known or like, of all within 24 hours. Target 90 %.",
    queries: [
      {
        expr: `${some("explanations_total", ',verdict=~"known|like"')} / (${day("explanations_total")} > 0)`,
      },
    ],
  },
  {
    title: "Share of the language model's sentences that hold, of explained errors",
    type: "stat",
    width: 4,
    unit: "percentunit",
    limits: [0.8, 0.7, 0.6],
    falling: true,
    description: "Kept, of all that it said within 24 hours. Target 80 %.",
    queries: [{ expr: `${some("explanation_claims_total", ',result="kept"')} / (${CLAIMS} > 0)` }],
  },
  {
    title: "Share of answers to requests for JSON that were JSON",
    type: "stat",
    width: 4,
    unit: "percentunit",
    limits: [0.95, 0.9, 0.85],
    falling: true,
    description: "Of the language model's answers within 24 hours. Target 95 %.",
    queries: [{ expr: `1 - ${day("llm_unreadable_total")} / (${QUESTIONS} > 0)` }],
  },
  {
    title: "Share of explained errors without the language model's answer",
    type: "stat",
    width: 4,
    unit: "percentunit",
    limits: [0.05, 0.1, 0.2],
    description:
      "It failed, and the evidence alone was shown; of those where one is set. Target 5 %.",
    queries: [
      {
        expr: `${some("explanations_total", ',by="fallback"')} / (${day("explanations_total", ',by!="code"')} > 0)`,
      },
    ],
  },
  {
    title: "Share of requests to the language model that ask again",
    type: "stat",
    width: 4,
    unit: "percentunit",
    limits: [0.05, 0.15, 0.3],
    description: "Because sentences did not hold, or the answer was no JSON. Target 5 %.",
    queries: [{ expr: `${day("llm_repairs_total")} / (${QUESTIONS} > 0)` }],
  },
  {
    title: "Share of requests to the language model without an answer in time",
    type: "stat",
    width: 4,
    unit: "percentunit",
    limits: [0.01, 0.03, 0.05],
    description: "Within 24 hours; LLM_TIMEOUT_SECONDS. Target 1 %.",
    queries: [{ expr: `${day("llm_timeouts_total")} / (${QUESTIONS} > 0)` }],
  },
  {
    title: "Duration of an explanation (p95)",
    type: "stat",
    width: 8,
    unit: "s",
    limits: [30, 45, 60],
    description: "Evidence, model and checks, within 24 hours. Target 30 s.",
    queries: [{ expr: slowest(0.95, "stage_duration_seconds", ',stage="explain"') }],
  },
  {
    title: "Duration of an explanation (p99)",
    type: "stat",
    width: 8,
    unit: "s",
    limits: [45, 60, 90],
    description: "Evidence, model and checks, within 24 hours. Target 45 s.",
    queries: [{ expr: slowest(0.99, "stage_duration_seconds", ',stage="explain"') }],
  },
  {
    title: "Duration of a request to the language model (p95)",
    type: "stat",
    width: 8,
    unit: "s",
    limits: [15, 30, 60],
    description: "Failed ones included, within 24 hours. Target 15 s.",
    queries: [{ expr: slowest(0.95, "llm_request_duration_seconds") }],
  },
];

export const quality: Dashboard = {
  uid: "log-vectorizer-quality",
  title: "log-vectorizer: quality",
  description: "The targets, the error budgets, and what goes wrong with records.",
  from: "now-24h",
  refresh: "1m",
  panels: [
    { title: "Targets: green is met; orange warns, red is critical", type: "row" },
    {
      title: "Duration of embedding a batch (p95)",
      type: "stat",
      width: 4,
      unit: "s",
      limits: [1, 2, 5],
      description: "Over 15 minutes. Target 1 s.",
      queries: [{ expr: `max(job:log_vectorizer_embed_seconds:p95_15m{${OF_JOB}})` }],
    },
    {
      title: "Duration of a vector search (p95)",
      type: "stat",
      width: 4,
      unit: "s",
      limits: [0.5, 1, 2],
      description: "Over 15 minutes. Target 0.5 s. No data where nobody searches.",
      queries: [{ expr: `max(job:log_vectorizer_search_seconds:p95_15m{${OF_JOB}})` }],
    },
    {
      title: "Share of records that failed to get a vector",
      type: "stat",
      width: 4,
      unit: "percentunit",
      limits: [0.01, 0.05, 0.1],
      description: "Quarantined or deferred, of all taken within 15 minutes. Target 1 %.",
      queries: [{ expr: `max(job:log_vectorizer_record_errors:ratio_rate15m{${OF_JOB}})` }],
    },
    {
      title: "Share of requests that are repeated",
      type: "stat",
      width: 4,
      unit: "percentunit",
      limits: [0.05, 0.15, 0.3],
      description:
        "Over 15 minutes, of those to the embedder or OpenSearch, the worse of the two. Target 5 %.",
      queries: [
        { expr: `max(job_target:log_vectorizer_request_retries:ratio_rate15m{${OF_JOB}})` },
      ],
    },
    {
      title: "Share of requests without an answer in time",
      type: "stat",
      width: 4,
      unit: "percentunit",
      limits: [0.01, 0.03, 0.05],
      description:
        "Over 15 minutes, of those to the embedder or OpenSearch, the worse of the two. Target 1 %.",
      queries: [
        { expr: `max(job_target:log_vectorizer_request_timeouts:ratio_rate15m{${OF_JOB}})` },
      ],
    },
    {
      title: "Availability over the last hour",
      type: "stat",
      width: 4,
      unit: "percentunit",
      decimals: 2,
      limits: [0.999, 0.99, 0.95],
      falling: true,
      description: "Part of the last hour in which it was able to work. Target 99.9 %.",
      queries: [{ expr: `min(job:log_vectorizer_available:avg1h{${OF_JOB}})` }],
    },
    {
      title: "Duration of embedding a batch and of a search (p95)",
      type: "timeseries",
      unit: "s",
      description: "Over the 15 minutes before each point. Targets 1 s and 0.5 s.",
      queries: [
        {
          expr: `job:log_vectorizer_embed_seconds:p95_15m{${OF_JOB}}`,
          legend: "embedding, {{job}}",
        },
        { expr: `job:log_vectorizer_search_seconds:p95_15m{${OF_JOB}}`, legend: "search, {{job}}" },
      ],
    },
    {
      title: "Shares of failed records, repeated requests and timeouts",
      type: "timeseries",
      unit: "percentunit",
      description: "Over the 15 minutes before each point. Targets 1 %, 5 % and 1 %.",
      queries: [
        {
          expr: `job:log_vectorizer_record_errors:ratio_rate15m{${OF_JOB}}`,
          legend: "records without a vector, {{job}}",
        },
        {
          expr: `job_target:log_vectorizer_request_retries:ratio_rate15m{${OF_JOB}}`,
          legend: "repeated, {{target}}",
        },
        {
          expr: `job_target:log_vectorizer_request_timeouts:ratio_rate15m{${OF_JOB}}`,
          legend: "no answer in time, {{target}}",
        },
      ],
    },
    { title: "Error budgets of 30 days", type: "row" },
    {
      title: "Error budget left, by objective",
      type: "stat",
      width: 8,
      unit: "percentunit",
      limits: [0.5, 0.25, 0],
      falling: true,
      description: "Below 0 the objective is missed. Prometheus has to keep 30 days.",
      queries: [
        {
          expr: `min by (slo) (job_slo:log_vectorizer_error_budget_left:ratio{${OF_JOB}})`,
          legend: "{{slo}}",
        },
      ],
    },
    {
      title: "Error budget burn rate, by objective",
      type: "timeseries",
      unit: "short",
      width: 16,
      description: "At 1 it lasts exactly 30 days. Over an hour 14.4 alerts, over six hours 6.",
      queries: [
        {
          expr: `max by (slo) (job_slo:log_vectorizer_bad:ratio_rate1h{${OF_JOB}}) / on (slo) slo:log_vectorizer_error_budget:ratio`,
          legend: "{{slo}}, 1 h",
        },
        {
          expr: `max by (slo) (job_slo:log_vectorizer_bad:ratio_rate6h{${OF_JOB}}) / on (slo) slo:log_vectorizer_error_budget:ratio`,
          legend: "{{slo}}, 6 h",
        },
      ],
    },
    ...EXPLANATIONS,
    { title: "Records", type: "row" },
    {
      title: "Records that got no vector, by the kind of fault",
      type: "timeseries",
      unit: "short",
      stacked: true,
      description: "Quarantined and deferred ones within an hour, by the kind of fault.",
      queries: [
        {
          expr: `sum by (kind) (increase(log_vectorizer_record_errors_total{${OF_JOB}}[1h])) > 0`,
          legend: "{{kind}}",
        },
      ],
    },
    {
      title: "Share of log records that have their vector, by index",
      type: "timeseries",
      unit: "percentunit",
      min: 0,
      max: 1,
      description: "Part of the records that have their vector.",
      queries: [
        {
          expr: `min by (index_group) (log_vectorizer_coverage_ratio{${OF_JOB}})`,
          legend: "{{index_group}}",
        },
      ],
    },
    {
      title: "Quarantined records now",
      type: "stat",
      unit: "short",
      description: "Set aside for their own fault: log-vectorizer quarantine list shows them.",
      queries: [{ expr: `max(log_vectorizer_quarantined_records{${OF_JOB}})` }],
    },
    {
      title: "Indices that get no vectors",
      type: "stat",
      unit: "short",
      description: "log-vectorizer check says why.",
      queries: [{ expr: `sum(max by (intentional) (log_vectorizer_unfit_indices{${OF_JOB}}))` }],
    },
    {
      title: "Dead letters within 24 hours",
      type: "stat",
      unit: "short",
      description: "Of the tail or of workers.",
      queries: [{ expr: `sum(increase(log_vectorizer_dead_letters_total{${OF_JOB}}[1d]))` }],
    },
    {
      title: "Cycles within 24 hours, by result",
      type: "stat",
      unit: "short",
      description: "A cycle takes what is pending; a failed one could not begin or not finish.",
      queries: [
        {
          expr: `sum by (result) (increase(log_vectorizer_cycles_total{${OF_JOB}}[1d]))`,
          legend: "{{result}}",
        },
      ],
    },
    {
      title: "Durations and failures that are not as usual",
      type: "state-timeline",
      words: { 0: { text: "usual", color: "green" }, 1: { text: "odd", color: "orange" } },
      description: "Series that differ from their own recent history.",
      queries: [
        {
          expr: `max by (series) (log_vectorizer_anomaly_active{${OF_JOB}})`,
          legend: "{{series}}",
        },
      ],
    },
    {
      title: "Alerts sent by the service within an hour, by channel",
      type: "timeseries",
      unit: "short",
      description: "Messages to Slack, a webhook or by e-mail, and what became of them.",
      queries: [
        {
          expr: `sum by (channel, result) (increase(log_vectorizer_alerts_sent_total{${OF_JOB}}[1h]))`,
          legend: "{{channel}}: {{result}}",
        },
      ],
    },
  ],
};
