import type { Dashboard } from "./panel.ts";

const OF_JOB = 'job=~"$job"';
const YES_NO = { 0: { text: "no", color: "red" }, 1: { text: "yes", color: "green" } };
const NO_YES = { 0: { text: "no", color: "green" }, 1: { text: "yes", color: "red" } };

export const realtime: Dashboard = {
  uid: "log-vectorizer-realtime",
  title: "log-vectorizer: realtime",
  description: "Whether it works, how far it is, how fast it goes, and what holds it up.",
  from: "now-1h",
  refresh: "10s",
  panels: [
    {
      title: "The service is able to work",
      type: "stat",
      width: 4,
      words: YES_NO,
      description: "Every process answers, and all that it needs is ready.",
      queries: [{ expr: `min(job_instance:log_vectorizer_available:min{${OF_JOB}})` }],
    },
    {
      title: "Alerts of the service that fire now",
      type: "stat",
      width: 4,
      unit: "none",
      limits: [1, 1, 2],
      description: "Of the rules in monitoring/rules; Prometheus lists them under Alerts.",
      queries: [
        {
          expr: 'count(ALERTS{alertname=~"LogVectorizer.*", alertstate="firing"}) or vector(0)',
        },
      ],
    },
    {
      title: "Log records without a vector",
      type: "stat",
      width: 4,
      unit: "short",
      description: "All that are pending now, over all indices.",
      queries: [{ expr: `sum(job:log_vectorizer_backlog_records:sum{${OF_JOB}})` }],
    },
    {
      title: "Age of the oldest record without a vector",
      type: "stat",
      width: 4,
      unit: "s",
      description: "How long the oldest pending record has been waiting. No data where none waits.",
      queries: [{ expr: `max(log_vectorizer_oldest_pending_age_seconds{${OF_JOB}})` }],
    },
    {
      title: "Share of log records that have their vector",
      type: "stat",
      width: 4,
      unit: "percentunit",
      min: 0,
      max: 1,
      description: "Of the records of a drain that is running, else of all records.",
      queries: [{ expr: `max(log_vectorizer_progress_ratio{${OF_JOB}})` }],
    },
    {
      title: "Time since the last successful cycle",
      type: "stat",
      width: 4,
      unit: "s",
      description: "Cycles start every ten minutes, unless BACKFILL_SCHEDULE says otherwise.",
      queries: [{ expr: `time() - max(log_vectorizer_last_success_timestamp_seconds{${OF_JOB}})` }],
    },
    {
      title: "Log records per second, by outcome",
      type: "timeseries",
      unit: "cps",
      stacked: true,
      description:
        "updated and reused have their vector now; docs/how-it-works.md explains the other outcomes.",
      queries: [
        {
          expr: `sum by (outcome) (rate(log_vectorizer_records_total{${OF_JOB}}[$__rate_interval]))`,
          legend: "{{outcome}}",
        },
      ],
    },
    {
      title: "Log records per second, by source",
      type: "timeseries",
      unit: "cps",
      stacked: true,
      description:
        "The backfill reads OpenSearch, the tail Kafka, workers the references of a scheduler; searches bring texts.",
      queries: [
        {
          expr: `sum by (source) (rate(log_vectorizer_records_total{${OF_JOB}}[$__rate_interval]))`,
          legend: "{{source}}",
        },
      ],
    },
    {
      title: "Duration of each stage of the work (p95)",
      type: "timeseries",
      unit: "s",
      description: "19 of 20 took no longer. A cycle is select, embed and write together.",
      queries: [
        {
          expr: `histogram_quantile(0.95, sum by (stage, le) (rate(log_vectorizer_stage_duration_seconds_bucket{${OF_JOB}}[$__rate_interval])))`,
          legend: "{{stage}}",
        },
      ],
    },
    {
      title: "Log records without a vector, by index",
      type: "timeseries",
      unit: "short",
      stacked: true,
      description: "Dates and numbers at the end of an index name are left off.",
      queries: [
        {
          expr: `sum by (index_group) (max by (job, index_group) (log_vectorizer_backlog_records{${OF_JOB}}))`,
          legend: "{{index_group}}",
        },
      ],
    },
    { title: "Embedder and OpenSearch", type: "row" },
    {
      title: "Requests per second to the embedder and to OpenSearch",
      type: "timeseries",
      unit: "reqps",
      description: "Every request counts, repeated ones too.",
      queries: [
        {
          expr: `sum by (target) (rate(log_vectorizer_requests_total{${OF_JOB}}[$__rate_interval]))`,
          legend: "{{target}}",
        },
      ],
    },
    {
      title: "Requests in flight to the embedder and to OpenSearch",
      type: "timeseries",
      unit: "short",
      description: "How many wait for their answer at the same time.",
      queries: [
        {
          expr: `sum by (target) (log_vectorizer_requests_in_progress{${OF_JOB}})`,
          legend: "{{target}}",
        },
      ],
    },
    {
      title: "Duration of requests to the embedder and to OpenSearch (p95)",
      type: "timeseries",
      unit: "s",
      description: "19 of 20 took no longer.",
      queries: [
        {
          expr: `histogram_quantile(0.95, sum by (target, le) (rate(log_vectorizer_request_duration_seconds_bucket{${OF_JOB}}[$__rate_interval])))`,
          legend: "{{target}}",
        },
      ],
    },
    {
      title: "Failed requests per second to the embedder and to OpenSearch",
      type: "timeseries",
      unit: "reqps",
      description: "By the kind of fault, which docs/how-it-works.md explains.",
      queries: [
        {
          expr: `sum by (target, kind) (rate(log_vectorizer_request_errors_total{${OF_JOB}}[$__rate_interval])) > 0`,
          legend: "{{target}}: {{kind}}",
        },
      ],
    },
    {
      title: "OpenSearch, embedder and Kafka are ready",
      type: "state-timeline",
      words: YES_NO,
      description: "What the service depends on, and whether it answers.",
      queries: [
        {
          expr: `min by (dependency) (log_vectorizer_dependency_up{${OF_JOB}})`,
          legend: "{{dependency}}",
        },
      ],
    },
    {
      title: "Work is held up, and by what",
      type: "state-timeline",
      words: NO_YES,
      description:
        "Whether the embedder refuses every request, the tail or a worker waits, or state cannot be written.",
      queries: [
        {
          expr: `max(log_vectorizer_breaker_open{${OF_JOB}})`,
          legend: "embedder refuses",
        },
        {
          expr: `max by (component) (log_vectorizer_consumer_paused{${OF_JOB}})`,
          legend: "{{component}} waits",
        },
        {
          expr: `1 - min(log_vectorizer_state_dir_writable{${OF_JOB}})`,
          legend: "state cannot be written",
        },
      ],
    },
    { title: "Fresh logs from Kafka", type: "row" },
    {
      title: "Kafka messages that are not finished, by partition",
      type: "timeseries",
      unit: "short",
      stacked: true,
      description: "The lag of the consumer groups: messages whose offset is not committed.",
      queries: [
        {
          expr: `max by (component, topic, partition) (log_vectorizer_consumer_lag_records{${OF_JOB}})`,
          legend: "{{component}}: {{topic}}/{{partition}}",
        },
      ],
    },
    {
      title: "Fresh logs from Kafka: waiting records, dead letters, replicas wanted",
      type: "timeseries",
      unit: "short",
      description:
        "Records that wait for their document, dead letters within five minutes, and how many processes the load asks for.",
      queries: [
        {
          expr: `sum by (component) (log_vectorizer_waiting_records{${OF_JOB}})`,
          legend: "{{component}} waits for documents",
        },
        {
          expr: `sum by (code) (increase(log_vectorizer_dead_letters_total{${OF_JOB}}[5m]))`,
          legend: "dead letters: {{code}}",
        },
        {
          expr: `max by (component) (log_vectorizer_desired_replicas{${OF_JOB}})`,
          legend: "{{component}}: replicas wanted",
        },
      ],
    },
    { title: "The process", type: "row" },
    {
      title: "Memory of each log-vectorizer process",
      type: "timeseries",
      unit: "bytes",
      width: 6,
      description: "Resident memory, as the operating system counts it.",
      queries: [{ expr: `process_resident_memory_bytes{${OF_JOB}}`, legend: "{{instance}}" }],
    },
    {
      title: "CPU use of each log-vectorizer process",
      type: "timeseries",
      unit: "percentunit",
      width: 6,
      description: "100 % is one core.",
      queries: [
        {
          expr: `rate(process_cpu_seconds_total{${OF_JOB}}[$__rate_interval])`,
          legend: "{{instance}}",
        },
      ],
    },
    {
      title: "Event loop delay of each log-vectorizer process (p99)",
      type: "timeseries",
      unit: "s",
      width: 6,
      description: "How late timers come: high where the process computes without a pause.",
      queries: [
        { expr: `nodejs_eventloop_lag_p99_seconds{${OF_JOB}} - 0.05`, legend: "{{instance}}" },
      ],
    },
    {
      title: "HTTP requests answered per second, by route and status",
      type: "timeseries",
      unit: "reqps",
      width: 6,
      description: "What the page, the API and Prometheus ask of the service.",
      queries: [
        {
          expr: `sum by (route, status) (rate(log_vectorizer_http_requests_total{${OF_JOB}}[$__rate_interval])) > 0`,
          legend: "{{route}} {{status}}",
        },
      ],
    },
  ],
};
