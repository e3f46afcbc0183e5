/** One metric as Prometheus sees it; its name has `PREFIX` before it. */
export type Definition = {
  type: "counter" | "gauge" | "histogram";
  labels: readonly string[];
  /** One sentence, also the help text of the metric itself. */
  help: string;
  /** Upper bounds of a histogram, in its unit. */
  buckets?: readonly number[];
};

export const PREFIX = "log_vectorizer_";

/** From a query of a few milliseconds to a drain of hours, with the bounds that targets are set at. */
const STAGE_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200,
];
const ANSWER_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];

const LLM_SECONDS = [0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90];

/** Every metric of ours, in the order in which a scrape and the docs have them. */
export const METRICS = {
  build_info: {
    type: "gauge",
    labels: ["version", "role"],
    help: "1; the version, and daemon, tail or worker.",
  },
  stage_duration_seconds: {
    type: "histogram",
    labels: ["stage"],
    help: "How long a stage took: select, embed, write, a whole cycle (or drain), search, explain.",
    buckets: STAGE_SECONDS,
  },
  records_total: {
    type: "counter",
    labels: ["source", "outcome"],
    help: "Records by where they came from (backfill, tail, worker, search) and what became of them.",
  },
  record_errors_total: {
    type: "counter",
    labels: ["source", "kind"],
    help: "Of those, the quarantined and the deferred, by the kind of fault where it is known.",
  },
  requests_total: {
    type: "counter",
    labels: ["target"],
    help: "Requests to the embedder and to OpenSearch that have ended.",
  },
  request_errors_total: {
    type: "counter",
    labels: ["target", "kind"],
    help: "Of those, the failed ones, by the kind of fault.",
  },
  request_timeouts_total: {
    type: "counter",
    labels: ["target"],
    help: "Of those, the ones without an answer in time.",
  },
  request_retries_total: {
    type: "counter",
    labels: ["target"],
    help: "How often a failed request was sent again.",
  },
  request_duration_seconds: {
    type: "histogram",
    labels: ["target"],
    help: "How long a request took, failed ones included.",
    buckets: ANSWER_SECONDS,
  },
  requests_in_progress: {
    type: "gauge",
    labels: ["target"],
    help: "Requests that wait for their answer.",
  },
  embedding_texts_total: {
    type: "counter",
    labels: ["model"],
    help: "Texts that the embedder answered, each once however many records share it.",
  },
  embedding_texts_alike_total: {
    type: "counter",
    labels: ["model"],
    help: "Of those, texts that EMBEDDING_TEXT=template would have saved; absent where it is set.",
  },
  embedding_tokens_total: { type: "counter", labels: ["model"], help: "Tokens billed." },
  embedding_cost_usd_total: {
    type: "counter",
    labels: ["model"],
    help: "USD billed; absent where the price is unknown.",
  },
  texts_saved_total: {
    type: "counter",
    labels: ["by"],
    help: "Texts, one per record, that nothing was paid for, by what had the vector: cache, store, duplicate.",
  },
  held_vectors: {
    type: "gauge",
    labels: [],
    help: "Vectors that are paid for and that no record has yet: more than a moment during an outage only.",
  },
  backlog_records: {
    type: "gauge",
    labels: ["index_group"],
    help: "Pending records.",
  },
  coverage_ratio: {
    type: "gauge",
    labels: ["index_group"],
    help: "Share of the records with a text that have a vector of the model in force, 0 to 1.",
  },
  other_model_records: {
    type: "gauge",
    labels: ["model"],
    help: "Records with a vector of another model, which search does not compare: nine models by name, unknown, other.",
  },
  oldest_pending_age_seconds: {
    type: "gauge",
    labels: ["index_group"],
    help: "Age of the oldest pending record; absent where none is pending.",
  },
  unfit_indices: {
    type: "gauge",
    labels: ["intentional"],
    help: "Indices that are skipped; intentional true: closed, hidden or blocked by somebody, or without logs.",
  },
  explanations_total: {
    type: "counter",
    labels: ["verdict", "by"],
    help: "Errors that somebody asked about, by what came of it (known, like, unknown) and who answered: model, kept (its answer of before), code (no model is set), fallback (code, for the model failed).",
  },
  explanation_claims_total: {
    type: "counter",
    labels: ["result"],
    help: "Sentences of the language model: kept, or dropped because they do not hold against the evidence.",
  },
  llm_requests_total: {
    type: "counter",
    labels: ["model"],
    help: "Questions to the language model.",
  },
  llm_request_duration_seconds: {
    type: "histogram",
    labels: ["model"],
    help: "How long a question to the language model took, failed ones included.",
    buckets: LLM_SECONDS,
  },
  llm_repairs_total: {
    type: "counter",
    labels: ["model"],
    help: "Of the questions, those that asked again because sentences did not hold or the answer could not be read.",
  },
  llm_timeouts_total: {
    type: "counter",
    labels: ["model"],
    help: "Of the questions, those without an answer in time.",
  },
  llm_errors_total: {
    type: "counter",
    labels: ["kind"],
    help: "Explanations without the model's answer, by the kind of fault.",
  },
  llm_unreadable_total: {
    type: "counter",
    labels: ["model"],
    help: "Of the answers, those that were not the JSON that was asked for.",
  },
  llm_tokens_total: {
    type: "counter",
    labels: ["model", "direction"],
    help: "Tokens billed: input, output.",
  },
  llm_cost_usd_total: {
    type: "counter",
    labels: ["model"],
    help: "USD billed; absent where the price is unknown.",
  },
  false_marks_total: {
    type: "counter",
    labels: [],
    help: "Marks that no holder of the key signed (forged, of an earlier version, of another STAMP_KEY), and that were removed.",
  },
  quarantined_records: { type: "gauge", labels: [], help: "Records in quarantine." },
  progress_ratio: {
    type: "gauge",
    labels: [],
    help: "Of a running drain the share of its records that is done, else the coverage of all; 0 to 1.",
  },
  cycles_total: {
    type: "counter",
    labels: ["result"],
    help: "Cycles and drains: ok, failed, skipped (the one before still ran).",
  },
  last_success_timestamp_seconds: {
    type: "gauge",
    labels: [],
    help: "When a cycle last ended well, or a running drain last wrote vectors; absent before the first.",
  },
  cycle_interval_seconds: {
    type: "gauge",
    labels: [],
    help: "From one cycle to the next: of a schedule with gaps the longest.",
  },
  sweep_records_total: {
    type: "counter",
    labels: ["verdict"],
    help: "Records that sweeps looked at: current, text_changed, other_model, other_text_version, other_key, unsigned.",
  },
  last_sweep_timestamp_seconds: {
    type: "gauge",
    labels: [],
    help: "When a sweep of this process last ended with all records looked at and right; absent before the first.",
  },
  next_run_timestamp_seconds: { type: "gauge", labels: [], help: "When the next cycle is due." },
  consumer_lag_records: {
    type: "gauge",
    labels: ["component", "topic", "partition"],
    help: "Messages that the group of the tail, or of the workers, has not finished.",
  },
  waiting_records: {
    type: "gauge",
    labels: ["component"],
    help: "Records whose document is not there yet.",
  },
  dead_letters_total: {
    type: "counter",
    labels: ["code"],
    help: "Dead letters sent, by their code.",
  },
  breaker_open: {
    type: "gauge",
    labels: [],
    help: "1 while the embedder refuses every request and is not asked, else 0.",
  },
  consumer_paused: {
    type: "gauge",
    labels: ["component"],
    help: "1 while the tail, or the worker, waits for OpenSearch or the embedder, else 0.",
  },
  dependency_up: {
    type: "gauge",
    labels: ["dependency"],
    help: "1 where opensearch, embedder or kafka is ready, else 0: what GET /ready says.",
  },
  state_dir_writable: {
    type: "gauge",
    labels: [],
    help: "0 while the state directory cannot be written, else 1.",
  },
  log_file_writable: {
    type: "gauge",
    labels: [],
    help: "0 while LOG_FILE cannot be written and its lines go to the other output only, else 1.",
  },
  memory_used_bytes: {
    type: "gauge",
    labels: [],
    help: "What the process holds of the machine's memory.",
  },
  memory_limit_bytes: {
    type: "gauge",
    labels: [],
    help: "What it may hold: the limit of its container or unit, or all that the machine has.",
  },
  budget_used_ratio: {
    type: "gauge",
    labels: ["budget"],
    help: "Used share of a budget that is set: usd (MAX_COST_USD_PER_DAY), tokens (MAX_TOKENS_PER_CYCLE); 1 once the next text no longer fits.",
  },
  desired_replicas: {
    type: "gauge",
    labels: ["component"],
    help: "How many of this component (tail or worker) the load asks for, 1 to the number of partitions.",
  },
  anomaly_active: {
    type: "gauge",
    labels: ["series"],
    help: "1 while a series is far from what it usually is, 0 once it is back.",
  },
  alerts_sent_total: {
    type: "counter",
    labels: ["channel", "result"],
    help: "Alerts by channel: sent, failed, dropped.",
  },
  http_requests_total: {
    type: "counter",
    labels: ["route", "method", "status"],
    help: "HTTP requests answered, by the route as it is registered.",
  },
  http_request_duration_seconds: {
    type: "histogram",
    labels: ["route"],
    help: "How long an HTTP request took.",
    buckets: ANSWER_SECONDS,
  },
} as const satisfies Record<string, Definition>;

type Metrics = typeof METRICS;
/** Names of the metrics of one type. */
export type NameOf<Type extends Definition["type"]> = {
  [Name in keyof Metrics]: Metrics[Name]["type"] extends Type ? Name : never;
}[keyof Metrics];
export type LabelsOf<Name extends keyof Metrics> = Readonly<
  Record<Metrics[Name]["labels"][number], string>
>;
