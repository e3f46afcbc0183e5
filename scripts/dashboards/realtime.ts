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
      title: "Able to work",
      type: "stat",
      width: 4,
      words: YES_NO,
      description: "Every process answers, and all that it needs is ready.",
      queries: [{ expr: `min(job_instance:log_vectorizer_available:min{${OF_JOB}})` }],
    },
    {
      title: "Alerts firing",
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
      title: "Records without a vector",
      type: "stat",
      width: 4,
      unit: "short",
      queries: [{ expr: `sum(job:log_vectorizer_backlog_records:sum{${OF_JOB}})` }],
    },
    {
      title: "Oldest of them",
      type: "stat",
      width: 4,
      unit: "s",
      description: "How long the oldest pending record has been waiting. No data where none waits.",
      queries: [{ expr: `max(log_vectorizer_oldest_pending_age_seconds{${OF_JOB}})` }],
    },
    {
      title: "Done",
      type: "stat",
      width: 4,
      unit: "percentunit",
      min: 0,
      max: 1,
      description: "Of a drain under way, else of all records.",
      queries: [{ expr: `max(log_vectorizer_progress_ratio{${OF_JOB}})` }],
    },
    {
      title: "Since the last successful cycle",
      type: "stat",
      width: 4,
      unit: "s",
      queries: [{ expr: `time() - max(log_vectorizer_last_success_timestamp_seconds{${OF_JOB}})` }],
    },
    {
      title: "Records by what became of them",
      type: "timeseries",
      unit: "cps",
      stacked: true,
      description:
        "A second. updated and reused have their vector now; the README explains the others.",
      queries: [
        {
          expr: `sum by (outcome) (rate(log_vectorizer_records_total{${OF_JOB}}[$__rate_interval]))`,
          legend: "{{outcome}}",
        },
      ],
    },
    {
      title: "Records by where they came from",
      type: "timeseries",
      unit: "cps",
      stacked: true,
      description:
        "A second: the backfill of OpenSearch, the tail of Kafka, workers, texts of searches.",
      queries: [
        {
          expr: `sum by (source) (rate(log_vectorizer_records_total{${OF_JOB}}[$__rate_interval]))`,
          legend: "{{source}}",
        },
      ],
    },
    {
      title: "How long each stage takes (p95)",
      type: "timeseries",
      unit: "s",
      description: "19 of 20 took no longer. A cycle is all of select, embed and write.",
      queries: [
        {
          expr: `histogram_quantile(0.95, sum by (stage, le) (rate(log_vectorizer_stage_duration_seconds_bucket{${OF_JOB}}[$__rate_interval])))`,
          legend: "{{stage}}",
        },
      ],
    },
    {
      title: "Records without a vector, by index",
      type: "timeseries",
      unit: "short",
      stacked: true,
      description: "Dates and numbers at the end of a name are left off.",
      queries: [
        {
          expr: `sum by (index_group) (max by (job, index_group) (log_vectorizer_backlog_records{${OF_JOB}}))`,
          legend: "{{index_group}}",
        },
      ],
    },
    { title: "Embedder and OpenSearch", type: "row" },
    {
      title: "Requests a second",
      type: "timeseries",
      unit: "reqps",
      queries: [
        {
          expr: `sum by (target) (rate(log_vectorizer_requests_total{${OF_JOB}}[$__rate_interval]))`,
          legend: "{{target}}",
        },
      ],
    },
    {
      title: "Requests under way",
      type: "timeseries",
      unit: "short",
      queries: [
        {
          expr: `sum by (target) (log_vectorizer_requests_in_progress{${OF_JOB}})`,
          legend: "{{target}}",
        },
      ],
    },
    {
      title: "How long a request takes (p95)",
      type: "timeseries",
      unit: "s",
      queries: [
        {
          expr: `histogram_quantile(0.95, sum by (target, le) (rate(log_vectorizer_request_duration_seconds_bucket{${OF_JOB}}[$__rate_interval])))`,
          legend: "{{target}}",
        },
      ],
    },
    {
      title: "Failed requests a second",
      type: "timeseries",
      unit: "reqps",
      description: "By the kind of fault, which the README's table explains.",
      queries: [
        {
          expr: `sum by (target, kind) (rate(log_vectorizer_request_errors_total{${OF_JOB}}[$__rate_interval])) > 0`,
          legend: "{{target}}: {{kind}}",
        },
      ],
    },
    {
      title: "Ready",
      type: "state-timeline",
      words: YES_NO,
      queries: [
        {
          expr: `min by (dependency) (log_vectorizer_dependency_up{${OF_JOB}})`,
          legend: "{{dependency}}",
        },
      ],
    },
    {
      title: "Held up",
      type: "state-timeline",
      words: NO_YES,
      description:
        "Whether the embedder refuses every request, the tail or a worker waits, or state cannot be written.",
      queries: [
        {
          expr: `max(log_vectorizer_breaker_open{${OF_JOB}})`,
          legend: "embedder refuses",
        },
        { expr: `max by (who) (log_vectorizer_paused{${OF_JOB}})`, legend: "{{who}} waits" },
        {
          expr: `1 - min(log_vectorizer_state_writable{${OF_JOB}})`,
          legend: "state cannot be written",
        },
      ],
    },
    { title: "Fresh logs from Kafka", type: "row" },
    {
      title: "Messages not finished",
      type: "timeseries",
      unit: "short",
      stacked: true,
      queries: [
        {
          expr: `max by (who, topic, partition) (log_vectorizer_consumer_lag_records{${OF_JOB}})`,
          legend: "{{who}}: {{topic}}/{{partition}}",
        },
      ],
    },
    {
      title: "Waiting for their document, dead letters, replicas",
      type: "timeseries",
      unit: "short",
      description:
        "Dead letters within five minutes. Replicas: how many processes the load asks for.",
      queries: [
        {
          expr: `sum by (who) (log_vectorizer_waiting_records{${OF_JOB}})`,
          legend: "{{who}} waits for documents",
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
      title: "Memory",
      type: "timeseries",
      unit: "bytes",
      width: 6,
      queries: [{ expr: `process_resident_memory_bytes{${OF_JOB}}`, legend: "{{instance}}" }],
    },
    {
      title: "Processor",
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
      title: "Delay of the event loop (p99)",
      type: "timeseries",
      unit: "s",
      width: 6,
      queries: [
        { expr: `nodejs_eventloop_lag_p99_seconds{${OF_JOB}} - 0.05`, legend: "{{instance}}" },
      ],
    },
    {
      title: "HTTP requests answered",
      type: "timeseries",
      unit: "reqps",
      width: 6,
      queries: [
        {
          expr: `sum by (route, status) (rate(log_vectorizer_http_requests_total{${OF_JOB}}[$__rate_interval])) > 0`,
          legend: "{{route}} {{status}}",
        },
      ],
    },
  ],
};
