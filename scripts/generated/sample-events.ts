import { FAULT_KINDS, Fault } from "../../src/domain/faults.ts";
import { noOutcomes, OUTCOMES } from "../../src/domain/outcome.ts";
import type { CycleSummary, SweepSummary } from "../../src/domain/summary.ts";
import type { Events, Explained } from "../../src/ports/events.ts";

const OUTAGE = new Fault("outage", "OpenSearch at http://localhost:9200: connection refused", {
  hint: "Is OpenSearch running? Check OPENSEARCH_HOST and OPENSEARCH_PORT.",
});
const QUOTA = new Fault("quota", "openai at https://api.openai.com: 429 insufficient_quota");
const RECORD = new Fault("record", "openai at https://api.openai.com: 400 invalid input");
const INDEX = new Fault("index", "OpenSearch at http://localhost:9200: index.blocks.write is set");
const BUDGET = new Fault("quota", "MAX_COST_USD_PER_DAY is reached: $5.00 of $5.00 are spent", {
  hint: "Embedding resumes at 2026-01-03T00:00Z, or at once with a higher limit.",
  selfImposed: true,
});
const AT = new Date("2026-01-02T15:20:00Z");
const EMBEDDING = { requests: 1, texts: 64, tokens: 2112, cost_usd: 0.00027456 };

const SUMMARY: CycleSummary = {
  cycle: 1,
  found: 237,
  backlog: 137,
  other_model: 0,
  skipped: 41,
  looping: 2,
  false_marks: 1,
  gaps: [],
  taken: 103,
  outcomes: { ...noOutcomes(), updated: 64, reused: 36, quarantined: 1, deferred: 2 },
  embedding: EMBEDDING,
  duration_ms: 12_450,
  indices: { fit: 3, unfit: 1 },
};
const TOTALS = { runs: 1, vectors: 100, errors: 3, average_rate: 8.03 };
const TALLY = {
  taken: 120,
  outcomes: { ...noOutcomes(), updated: 110, missing: 10 },
  passed_over: 4000,
  repeats: 3,
  dead_letters: 2,
  batches: 12,
  embedding: EMBEDDING,
};
const OTHERS = {
  records: 1500,
  models: [{ model: "text-embedding-ada-002", dimensions: 1536, records: 1500 }],
  estimate: { tokens: 48_000, cost_usd: 0.00624 },
  command: "log-vectorizer reembed" as const,
};
const { cycle: _, backlog: __, other_model: ___, ...REST } = SUMMARY;
const RUN = {
  gaps: [],
  taken: SUMMARY.taken,
  outcomes: SUMMARY.outcomes,
  embedding: EMBEDDING,
  duration_ms: 12_450,
  indices: { fit: 3, unfit: 1 },
};

const SWEPT: SweepSummary = {
  ...RUN,
  looked_at: 12_000,
  current: 11_800,
  text_changed: 103,
  other_model: 0,
  other_text_version: 97,
  other_key: 0,
  unsigned: 0,
  failed: 3,
  estimates: {
    text_changed: null,
    other_text_version: { tokens: 3104, cost_usd: 0.000404 },
    other_model: null,
  },
};

const EXPLAINED: Explained = {
  model: "gpt-5-mini",
  verdict: "known",
  claims: 4,
  dropped: 1,
  askedMs: [2600, 3100],
  unreadable: 0,
  tokens: { input: 7300, output: 410 },
  costUsd: 0.0026,
  durationMs: 6200,
};

/** What each event is told with; of an event that has several sentences, one for each. */
export const SAMPLE_EVENTS: { [Name in keyof Events]: Parameters<Events[Name]>[0][] } = {
  started: [
    {
      version: "1.0.0",
      schedule: "cron */10 * * * * (UTC)",
      indexPattern: "app_logs*",
      embedder: "openai (text-embedding-3-large, 3072)",
    },
  ],
  stopping: [{ signal: "SIGTERM" }],
  stopped: [undefined],
  cycleStarted: [
    { cycle: 1, drain: true },
    { cycle: 1, drain: false },
  ],
  recordsFound: [
    { found: 237, partial: false, levels: ["ERROR"], durationMs: 20 },
    { found: 237, partial: true, levels: ["ERROR", "FATAL"], durationMs: 20 },
  ],
  textsEmbedded: [{ records: 100, texts: 64, requests: 1, durationMs: 1200 }],
  recordsWritten: [{ written: 100, reused: 36, failed: 0, durationMs: 300 }],
  cycleEnded: [
    { cycle: 1, drain: false, summary: SUMMARY, faults: {}, totals: TOTALS, nextRunAt: AT },
    {
      cycle: 4,
      drain: true,
      summary: { ...SUMMARY, cycle: 4, backlog: null },
      faults: {},
      totals: TOTALS,
      reason: "another process is working on the same records",
    },
  ],
  cycleFailed: [{ cycle: 2, error: OUTAGE, nextRunAt: AT }],
  cycleSkipped: [undefined],
  modelUnknown: [{ fault: OUTAGE, waitMs: 1000 }],
  defaultModelUnused: [
    {
      detail: "(see src/domain/other-models.ts)",
      impact: "search compares wording, not meaning",
      action: "(see there)",
    },
  ],
  otherModelsFound: [OTHERS],
  otherDimensionsFound: [{ line: "(see src/domain/other-models.ts)" }],
  otherKeysFound: [{ line: "(see src/domain/stamp-keys.ts)" }],
  reembedStarted: [{ found: 1500, model: "text-embedding-3-large" }],
  reembedEnded: [
    {
      summary: { ...REST, found: 1500, left: 1400 },
      reason: "another process is working on the same records",
    },
    { summary: { ...REST, found: 100, left: 0 } },
  ],
  sweepStarted: [undefined],
  sweepEnded: [
    { summary: SWEPT },
    {
      summary: { ...SWEPT, failed: 2, other_model: 40, other_key: 3, unsigned: 1 },
      reason: "another process is working on the same records",
    },
  ],
  sweepFailed: [{ error: OUTAGE }],
  overlapDetected: [{ conflicted: 90 }],
  drainProgress: [{ done: 400, total: 1000, recordsPerSecond: 42, secondsLeft: 15, costUsd: 0.02 }],
  drainWaiting: [{ fault: OUTAGE, since: AT, until: new Date(AT.getTime() + 600_000) }],
  drainResumed: [{ since: AT }],
  indexUnfit: [
    { index: "old_logs", reason: "it is closed", fix: "POST /old_logs/_open", intentional: true },
    { index: "raw_logs", reason: "no level field (looked for level, log.level)" },
  ],
  indexFitAgain: [{ index: "old_logs" }],
  indexPaused: [{ index: "app_logs", fault: INDEX, waitMs: 30_000 }],
  quarantineFull: [{ entries: 10_000 }],
  indexResumed: [{ index: "app_logs" }],
  indexPauseDropped: [{ index: "app_logs" }],
  reuseFailed: [{ fault: OUTAGE }],
  mappingAdded: [{ index: "app_logs" }],
  answerPartial: [
    {
      gaps: [{ index: "app_logs", reason: "1 of 5 shards failed" }],
      during: "the query for pending records",
    },
  ],
  recordFailed: OUTCOMES.filter((one) => one === "quarantined" || one === "deferred").map(
    (outcome) => ({ index: "app_logs", id: "a1", outcome, fault: RECORD }),
  ),
  textlessFound: [
    { indices: [{ index: "app_logs", lookedIn: ["message"], fields: ["body.text"] }] },
    {
      indices: ["a", "b", "c", "d"].map((index) => ({ index, lookedIn: ["message"], fields: [] })),
    },
  ],
  falseMarksFound: [
    { index: "app_logs", records: 1 },
    { index: "app_logs", records: 3 },
  ],
  recordsLooping: [{ index: "app_logs", ids: ["a1", "b2"], fault: RECORD }],
  indexReloaded: [{ index: "app_logs", records: 500, reused: 480, costUsd: 0.01 }],
  embedderFailed: [
    ...FAULT_KINDS.map((kind) => ({
      fault: new Fault(kind, `(a failure of kind ${kind})`),
      deferred: 3,
    })),
    { fault: BUDGET, deferred: 3 },
  ],
  waiting: [
    { fault: new Fault("rate", "EMBEDDING_REQUESTS_PER_MINUTE is exhausted"), waitMs: 12_000 },
  ],
  breakerOpened: [{ fault: QUOTA }],
  breakerClosed: [{ since: AT }],
  budgetReached: [{ fault: BUDGET, texts: 12, resumesAt: AT }],
  refreshFailed: [{ fault: OUTAGE }],
  heldVectorsFound: [
    { vectors: 467, damagedBytes: 0 },
    { vectors: 467, damagedBytes: 6200 },
  ],
  heldVectorsUnkept: [
    { path: "/var/lib/log-vectorizer/held-vectors", problem: "no space left on the disk" },
  ],
  stateUnwritable: [{ path: "/var/lib/log-vectorizer", problem: "no space left on the disk" }],
  stateWritable: [{ path: "/var/lib/log-vectorizer" }],
  // The logger writes these lines.
  logFileUnwritable: [],
  logFileWritable: [],
  // Counted, never logged.
  stageEnded: [],
  recordsEnded: [],
  textsAnswered: [],
  textsSaved: [],
  callBegan: [],
  callEnded: [],
  callRepeated: [],
  consumerStarted: [{ role: "tail", streams: ["logs"], group: "log-vectorizer" }],
  lanesAssigned: [
    {
      role: "tail",
      lanes: [
        { stream: "logs", lane: "0" },
        { stream: "logs", lane: "1" },
      ],
    },
    { role: "worker", lanes: [] },
  ],
  sourceLost: [{ role: "tail", fault: OUTAGE, waitMs: 5000 }],
  sourceBack: [{ role: "scheduler" }],
  consumerPaused: [{ role: "worker", fault: OUTAGE, waitMs: 5000 }],
  consumerResumed: [{ role: "worker" }],
  deadLetterSent: [
    {
      code: "not_json",
      reason: "not valid JSON from character 12 on",
      from: { stream: "logs", lane: "0", position: "42" },
      topic: "logs-dlq",
    },
  ],
  deadLettersBlocked: [{ topic: "logs-dlq", fault: OUTAGE, waitMs: 5000 }],
  deadLettersResumed: [{ topic: "logs-dlq" }],
  commitFailed: [{ role: "tail", fault: OUTAGE }],
  leftToBackfill: [
    { role: "tail", outcome: "missing", records: 2, lookedIn: ["app_logs"] },
    { role: "tail", outcome: "deferred", records: 1 },
  ],
  performance: [
    {
      role: "tail",
      vectorsPerSecond: 42.13,
      batches: 12,
      lag: 7,
      waiting: 3,
      deadLetters: 1,
      passedOver: 4000,
    },
  ],
  consumerEnded: [{ role: "tail", tally: TALLY }],
  leadershipChanged: [{ leads: true }, { leads: false }],
  referencesPublished: [
    { published: 500, leads: true, topic: "log-references" },
    { published: 500, leads: false, topic: "log-references" },
  ],
  failedUnexpectedly: [{ role: "tail", error: "(the stack of the error)" }],
  explained: [
    EXPLAINED,
    { ...EXPLAINED, model: "none", claims: 0, dropped: 0, askedMs: [] },
    { ...EXPLAINED, claims: 0, dropped: 0, fault: QUOTA },
  ],
  anomalyBegan: [
    {
      series: "embed",
      sentence:
        "embedding takes 4.2 s a request, usually 0.3 to 0.6 s at this hour, since 14:20 UTC",
    },
  ],
  anomalyEnded: (["back", "accepted", "silent"] as const).map((how) => ({
    series: "embed",
    sentence: "embedding took 4.2 s a request",
    how,
  })),
  alertSent: (["sent", "failed", "dropped"] as const).map((result) => ({
    channel: "slack",
    result,
    subject: "[critical] OpenSearch does not answer",
  })),
  alertChannelFailed: [{ channel: "email", fault: OUTAGE }],
  alertChannelBack: [{ channel: "webhook" }],
  memoryFailed: [
    {
      problem: "index log-vectorizer-episodes is closed",
      hint: "Open it: POST /log-vectorizer-episodes/_open",
    },
  ],
  memoryBack: [undefined],
  failedInBackground: [
    { what: "alerts", error: "(the stack of the error)" },
    { what: "memory", error: "(the stack of the error)" },
  ],
  httpStarted: [
    { url: "http://127.0.0.1:8080", open: true },
    { url: "http://0.0.0.0:8080", open: false },
  ],
  tokenGenerated: [{ pageUrl: "http://127.0.0.1:8080/", token: "TOKEN" }],
  httpUnavailable: [{ problem: "HTTP_PORT 8080 at 127.0.0.1 is taken by another process" }],
  requestEnded: [
    { method: "POST", route: "/api/v1/cycle", client: "10.0.0.7", status: 202, durationMs: 3 },
    {
      method: "GET",
      route: "/api/v1/search",
      client: "10.0.0.7",
      status: 401,
      durationMs: 3,
      reason: "(why it was refused)",
    },
    {
      method: "GET",
      route: "/",
      client: "10.0.0.7",
      status: 500,
      durationMs: 3,
      bug: "(the stack of the error)",
    },
  ],
  pageFailed: [{ error: "(the stack of the error)" }],
};
