import type { SeenRow } from "../../../../src/status/status-shape.ts";
import type { Overview } from "../../../../src/status/overview/overview.ts";
import { NO_FACTS } from "../../../../src/status/issues/facts.ts";
import { issuesOf } from "../../../../src/status/issues/issues.ts";
import type { ReportedFault } from "../../../../src/status/issues/reported-faults.ts";
import { cycleFacts, NOW } from "../../../support/issue-facts.ts";
import type { QuarantineList } from "../../../../src/pipeline/quarantine/quarantine-answer.ts";

/** So many minutes before, or after, the time at which all states are looked at. */
function at(minutes: number): string {
  return new Date(NOW + minutes * 60_000).toISOString();
}

type Row = NonNullable<Overview["coverage"]>["indices"][number];
type Seen = Row & SeenRow;
type Coverage = NonNullable<Overview["coverage"]>;

function row(index: string, vectorized: number, pending: number, more: Partial<Seen> = {}): Seen {
  const quarantined = more.quarantined ?? 0;
  const without = more.without_text ?? 0;
  const other = more.other_model ?? 0;
  const all = vectorized + other + pending + quarantined;
  return {
    index,
    records: all + without,
    vectorized,
    other_model: other,
    pending,
    quarantined,
    without_text: without,
    coverage: all === 0 ? 1 : vectorized / all,
    search: "graph",
    oldest_pending: null,
    ...more,
  };
}

function coverageOf(indices: Seen[], more: Partial<Coverage> = {}): Coverage {
  type Count = "vectorized" | "other_model" | "pending" | "quarantined" | "without_text";
  const sum = (name: Count) => indices.reduce((all, one) => all + one[name], 0);
  const total = row("total", sum("vectorized"), sum("pending"), {
    other_model: sum("other_model"),
    quarantined: sum("quarantined"),
    without_text: sum("without_text"),
  });
  return {
    indices,
    total,
    model: { model: "text-embedding-3-large", dimensions: 1536, chosen_by: "default" },
    other_models: null,
    unfit: [],
    gaps: [],
    textless: [],
    unsearchable: [],
    looping: [],
    breaker: null,
    spent_today: { day: "2026-01-02", tokens: 1_840_000, cost_usd: 0.2392, limit_usd: 2 },
    ...more,
  };
}

const INDICES = [
  row("checkout_logs_2026_01", 48_210, 340, { quarantined: 12, without_text: 44 }),
  row(".ds-payments_app-2026.01.02-000004", 20_113, 0),
  row("gateway_logs_2026_01", 9120, 88, { search: "exact" }),
  row("inventory_logs_2025_12", 31_877, 0, { without_text: 3 }),
];

type Past = Overview["cycles"]["past"][number];

function pastCycles(count: number, wrong: Partial<Past> = {}): Past[] {
  return Array.from({ length: count }, (_, i) => {
    const deferred = i % 17 === 11 ? 30 : 0;
    return {
      cycle: i + 1,
      drain: false,
      started_at: at(-10 * (count - i)),
      duration_ms: 2900 + Math.round(700 * Math.sin(i / 5)) + ((i * 7919) % 600),
      found: 400,
      backlog: 340,
      taken: 100,
      vectors: 100 - deferred - (i % 9 === 4 ? 2 : 0),
      reused: 31,
      quarantined: i % 9 === 4 ? 2 : 0,
      deferred,
      faults: { ...(deferred > 0 ? { rate: 30 } : {}), ...(i % 9 === 4 ? { record: 2 } : {}) },
      tokens: 4300,
      cost_usd: 0.00056,
      error: null,
      ...(i === count - 1 ? wrong : {}),
    };
  });
}

const UP: Overview["dependencies"] = [
  { name: "opensearch", ready: true, latency_ms: 7, last_success: at(-0.02), error: null },
  { name: "embedder", ready: true, latency_ms: 312, last_success: at(-2), error: null },
  { name: "kafka", ready: true, latency_ms: 11, last_success: at(-0.02), error: null },
];

const OUTCOMES = {
  updated: 8100,
  reused: 1730,
  already_vectorized: 12,
  empty: 3,
  missing: 0,
  conflicted: 1,
  quarantined: 2,
  deferred: 0,
};

/** Points of a day, the last one of now. */
function backlogDownTo(pending: number): Overview["backlog"] {
  const before = Array.from({ length: 119 }, (_, i) => ({
    at: at((i - 119) * 12),
    pending: Math.round(9000 * Math.exp(-i / 22) + pending + 90 * Math.max(0, Math.sin(i / 4))),
  }));
  return [...before, { at: at(0), pending }];
}

/** A busy day, on which nothing is wrong but what is given. */
export function overview({
  reported = [],
  ...more
}: Partial<Overview> & { reported?: readonly ReportedFault[] } = {}): Overview {
  const shown: Overview = {
    version: "0.1.0",
    role: "daemon",
    now: at(0),
    started_at: at(-3000),
    state: { word: "waiting", reason: "428 records wait for the next cycle" },
    coverage: coverageOf(INDICES),
    coverage_error: null,
    backlog: backlogDownTo(428),
    cycles: { running: null, past: pastCycles(50), next_run_at: at(6.5), here: true },
    consumer: {
      role: "tail",
      tally: {
        taken: 9848,
        outcomes: OUTCOMES,
        passed_over: 120_400,
        repeats: 3,
        dead_letters: 0,
        batches: 420,
        embedding: { requests: 420, texts: 8100, tokens: 310_000, cost_usd: 0.04 },
      },
      waiting: 4,
      lag: 12,
      pace: {
        vectors_per_second: 3.4,
        batches: 20,
        lag: 12,
        waiting: 4,
        dead_letters: 0,
        passed_over: 210,
        at: at(-0.4),
      },
    },
    embedder: { name: "openai", model: "text-embedding-3-small", dimensions: 1536 },
    dependencies: UP,
    issues: [],
    anomalies: [],
    money: {
      today: { day: "2026-01-02", tokens: 1_840_000, cost_usd: 0.2392, limit_usd: 2 },
      month: { month: "2026-01", tokens: 3_120_000, cost_usd: 0.4056, forecast_usd: 6.21 },
      saved: { vectors: 18_420, usd: 0.1344 },
    },
    ...more,
  };
  return { ...shown, issues: more.issues ?? issuesIn(shown, reported) };
}

function issuesIn(shown: Overview, faults: readonly ReportedFault[]): Overview["issues"] {
  const { coverage, coverage_error: uncounted, cycles, dependencies, anomalies } = shown;
  return issuesOf({
    ...NO_FACTS,
    now: NOW,
    dependencies,
    reported: faults,
    cycles: cycleFacts({ last: cycles.past.at(-1), running: cycles.running !== null }),
    counted: coverage ? { ...coverage, processes: [] } : undefined,
    uncounted: uncounted ?? undefined,
    anomalies,
  });
}

const NO_MONEY: Overview["money"] = {
  today: { day: "2026-01-02", tokens: 0, cost_usd: 0, limit_usd: null },
  month: { month: "2026-01", tokens: 0, cost_usd: 0, forecast_usd: 0 },
  saved: { vectors: 0, usd: null },
};
const UNUSED: Overview["dependencies"] = UP.slice(0, 2).map((one) =>
  one.name === "embedder" ? { ...one, latency_ms: null, last_success: null } : one,
);

export const SET_ASIDE: QuarantineList = {
  total: 12,
  groups: [],
  by_error: [
    { error: "embedder: 400 input N is longer than N tokens", records: 9 },
    { error: "OpenSearch: mapper_parsing_exception in field log_vector_meta", records: 3 },
  ],
  quarantined: [
    {
      index: "checkout_logs_2026_01",
      id: "8f14e45f",
      timestamp: at(-95),
      attempts: 3,
      error: "embedder: 400 input 3 is longer than 8192 tokens",
      quoted_from: "checkout_logs_2026_01",
      next_try: at(140),
      kept_in: "document",
    },
    {
      index: "checkout_logs_2026_01",
      id: "c9f0f895",
      timestamp: at(-1300),
      attempts: 5,
      error: "OpenSearch: mapper_parsing_exception in field log_vector_meta",
      quoted_from: null,
      next_try: null,
      kept_in: "state",
    },
  ],
  unread: [],
  gaps: [],
};

const REFUSED = "OpenSearch at http://127.0.0.1:9200: connection refused";
const START_IT = "Start OpenSearch, or check OPENSEARCH_HOST and OPENSEARCH_PORT.";

/** The price of a part of it was not known when it was used. */
const PARTLY_PRICED = { tokens: 1_840_000, cost_usd: 0.2392, unpriced_tokens: 640_000 };

/** Each of the states that somebody may find the page in. */
export const STATES: Readonly<Record<string, Overview>> = {
  waiting: overview(),
  partly_priced: overview({
    money: {
      today: { day: "2026-01-02", ...PARTLY_PRICED, limit_usd: 2 },
      month: { month: "2026-01", ...PARTLY_PRICED, forecast_usd: null },
      saved: { vectors: 18_420, usd: null },
    },
  }),
  idle: overview({
    state: { word: "idle", reason: "Every record has its vector" },
    coverage: coverageOf(INDICES.map((one) => row(one.index, one.records, 0))),
    backlog: backlogDownTo(0),
  }),
  other_model: overview({
    state: {
      word: "idle",
      reason: "Every record has a vector, 111110 of another model that search does not compare",
    },
    coverage: coverageOf(
      INDICES.map((one, i) =>
        row(one.index, i === 0 ? 400 : 0, 0, { other_model: one.vectorized }),
      ),
      {
        other_models: {
          records: 111_110,
          models: [{ model: "local-hashing-v1", dimensions: 1536, records: 111_110 }],
          estimate: { tokens: 1_333_320, cost_usd: 0.1733316 },
          command: "log-vectorizer reembed",
        },
      },
    ),
    backlog: backlogDownTo(0),
  }),
  busy: overview({
    state: { word: "working", reason: "A drain is running" },
    cycles: {
      running: {
        cycle: 51,
        drain: true,
        started_at: at(-1.2),
        progress: { done: 6120, total: 14_800, per_second: 212, seconds_left: 41 },
      },
      past: pastCycles(50),
      next_run_at: at(6.5),
      here: true,
    },
  }),
  degraded: overview({
    state: {
      word: "waiting",
      reason: "openai: 429 too many requests",
      hint: "Work resumes by itself; if this lasts, send less or have the limit raised.",
    },
    coverage: coverageOf(INDICES, {
      gaps: [{ index: "gateway_logs_2026_01", reason: "1 of 5 shards failed" }],
      textless: [{ index: "audit_logs", looked_in: ["message"], fields: ["payload"] }],
      unfit: [
        {
          index: "legacy_logs",
          reason: "log_vector is mapped as float",
          fix: "reindex it after log-vectorizer init",
        },
        { index: "legacy_logs_2", reason: "log_vector is mapped as float" },
        { index: "audit_logs", reason: "has a write block" },
      ],
    }),
    anomalies: [
      {
        series: "embed",
        since: at(-44),
        sentence:
          "embedding takes 4.2 s a request, usually 310 to 520 ms at this hour, since 02:20 UTC",
        value: 4200,
        usual: [311, 519],
      },
    ],
    reported: [
      {
        id: "limit",
        kind: "rate",
        which: "",
        since: at(-3),
        message: "openai: 429 too many requests",
        hint: "Work resumes by itself; if this lasts, send less or have the limit raised.",
        until: at(0.4),
      },
      {
        id: "index",
        kind: "index",
        which: "gateway_logs_2026_01",
        since: at(-12),
        message: "OpenSearch: cluster_block_exception (flood stage, read_only_allow_delete)",
        hint: "The index is paused until it accepts updates again; other indices are not affected.",
        until: at(3),
      },
    ],
  }),
  stuck: overview({
    state: {
      word: "stuck",
      reason: "The embedder refuses every request: openai: 401 incorrect API key provided",
      hint: "Check the key or the password and what it may be used for.",
    },
    coverage: coverageOf(INDICES, {
      breaker: {
        kind: "credentials",
        message: "openai: 401 incorrect API key provided",
        hint: "Check the key or the password and what it may be used for.",
        since: at(-47),
      },
    }),
    dependencies: UP.map((one) =>
      one.name === "embedder"
        ? {
            ...one,
            ready: false,
            error: {
              kind: "credentials",
              message: "openai: 401",
              hint: "Check the key.",
              since: at(-47),
            },
          }
        : one,
    ),
  }),
  broken: overview({
    state: { word: "broken", reason: `OpenSearch does not answer: ${REFUSED}`, hint: START_IT },
    coverage: null,
    coverage_error: { kind: "outage", message: REFUSED },
    cycles: {
      running: null,
      past: pastCycles(50, {
        vectors: 0,
        taken: 0,
        faults: { outage: 1 },
        error: REFUSED,
        cost_usd: null,
      }),
      next_run_at: at(6.5),
      here: true,
    },
    dependencies: UP.map((one) =>
      one.name === "opensearch"
        ? {
            ...one,
            ready: false,
            last_success: at(-9),
            error: { kind: "outage", message: REFUSED, hint: START_IT, since: at(-8) },
          }
        : one,
    ),
    money: { ...overview().money, today: null },
  }),
  first_run: overview({
    state: { word: "waiting", reason: "62 records wait for the next cycle" },
    coverage: coverageOf([row("quickstart_2026_11", 0, 62)]),
    backlog: [],
    started_at: at(-0.1),
    cycles: { running: null, past: [], next_run_at: at(10), here: true },
    consumer: null,
    dependencies: UNUSED,
    money: NO_MONEY,
  }),
  empty: overview({
    state: {
      word: "stuck",
      reason: "No fit index behind OPENSEARCH_INDEX_PATTERN",
      hint: "log-vectorizer check shows each index and what is wrong with it.",
    },
    coverage: coverageOf([]),
    backlog: [],
    started_at: at(-0.1),
    cycles: { running: null, past: [], next_run_at: at(10), here: true },
    consumer: null,
    dependencies: UNUSED,
    money: NO_MONEY,
  }),
  no_records: overview({
    state: { word: "idle", reason: "Every record has its vector" },
    coverage: coverageOf([row("app_logs", 0, 0)]),
    backlog: [],
    cycles: {
      running: null,
      past: pastCycles(1, { vectors: 0, taken: 0, found: 0 }),
      next_run_at: at(4),
      here: true,
    },
    consumer: null,
    money: NO_MONEY,
  }),
};
