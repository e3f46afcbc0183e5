import { ISSUE_IDS, type Issue } from "../../src/status/issues/issue.ts";
import { NO_FACTS, type CountedFacts, type IssueFacts } from "../../src/status/issues/facts.ts";
import { issuesOf } from "../../src/status/issues/issues.ts";
import type { ReportedFault } from "../../src/status/issues/reported-faults.ts";

const MINUTE = 60_000;

/** Each issue with each of its sentences, from facts that bring them about; throws where one is missing. */
export function sampleIssues(now: number): Issue[] {
  const all = sampleFacts(now).flatMap((facts) => issuesOf({ ...NO_FACTS, now, ...facts }));
  const byText = new Map(all.map((issue) => [`${issue.title}\n${issue.detail}`, issue]));
  const issues = ISSUE_IDS.flatMap((id) => [...byText.values()].filter((one) => one.id === id));
  const missing = ISSUE_IDS.filter((id) => !issues.some((issue) => issue.id === id));
  if (missing.length > 0) throw new Error(`No sample brings about ${missing.join(", ")}`);
  return issues;
}

function sampleFacts(now: number): Partial<IssueFacts>[] {
  const iso = (ms: number) => new Date(ms).toISOString();
  const down = (name: "opensearch" | "embedder" | "kafka", kind: string) => ({
    name,
    error: { kind, message: `${name}: (why)`, hint: "(What to do.)", since: iso(now - MINUTE) },
  });
  const reported = (id: ReportedFault["id"], which = ""): ReportedFault => ({
    id,
    which,
    kind: "outage",
    since: iso(now - MINUTE),
    message: "(what happened)",
    hint: "(What to do.)",
  });
  const cycles = {
    missed: 0,
    ended: true,
    startedAt: now - 120 * MINUTE,
    last: undefined,
    running: false,
    batchSize: 100,
    longestGapMs: 10 * MINUTE,
  };
  const last = {
    cycle: 7,
    drain: false,
    started_at: iso(now - 10 * MINUTE),
    duration_ms: 1000,
    found: 3,
    backlog: 3,
    taken: 3,
    vectors: 0,
    reused: 0,
    quarantined: 1,
    deferred: 2,
    faults: { outage: 2, record: 1 },
    tokens: 0,
    cost_usd: 0,
    error: null,
  };
  const pending = { backlog: [{ at: iso(now), pending: 25 }] };
  const grown = Array.from({ length: 40 }, (_, i) => ({
    at: iso(now - (40 - i) * 10 * MINUTE),
    pending: 1000 + 50 * i,
  }));
  const budget = { limitUsd: 5, day: "2026-01-02" };
  return [
    { dependencies: [down("opensearch", "outage"), down("kafka", "outage")], ...pending },
    { dependencies: [down("embedder", "outage")] },
    { dependencies: [down("embedder", "quota"), down("opensearch", "credentials")] },
    { dependencies: [down("kafka", "configuration")], lag: 7 },
    {
      ...pending,
      reported: [
        reported("source", "tail"),
        reported("paused", "worker"),
        reported("dead_letters_blocked"),
        reported("index", "app_logs"),
        reported("cycle_budget"),
        reported("limit"),
        reported("sweep"),
        reported("state"),
        reported("log_file", "/var/log/log-vectorizer.log"),
      ],
    },
    { budget: { ...budget, spentUsd: 4.2 } },
    { ...pending, budget: { ...budget, spentUsd: 5.1, unpricedTokens: 900 } },
    { budget: { ...budget, spentUsd: 5 }, reported: [reported("budget")] },
    { cycles: { ...cycles, missed: 4 } },
    { cycles: { ...cycles, missed: 4, lastSuccess: now - 60 * MINUTE } },
    { cycles: { ...cycles, last: { ...last, error: "OpenSearch: no answer in time" } } },
    { cycles: { ...cycles, last } },
    { cycles: { ...cycles, last: { ...last, taken: 1, quarantined: 0, deferred: 1 } } },
    { cycles, backlog: grown },
    { deadLetters: { since: now - MINUTE, byCode: new Map([["not_json", 3]]) } },
    {
      anomalies: ["select", "embed", "write", "cycle", "search", "errors"].map((series) => ({
        series,
        since: iso(now - MINUTE),
        sentence: `(${series}: how long it takes, and how long it usually does)`,
      })),
    },
    {
      uncounted: {
        kind: "outage",
        message: "OpenSearch: no answer in time",
        hint: "(What to do.)",
      },
    },
    { counted: { ...COUNTED, indices: [] } },
    {
      counted: { ...COUNTED, indices: [], unfit: [{ index: "raw_logs", reason: "it is closed" }] },
    },
    { counted: TROUBLED },
    { counted: { ...COUNTED, model: UNNAMED_HASHING } },
  ];
}

const COUNTED: CountedFacts = {
  indices: [{ index: "app_logs" }],
  unfit: [],
  gaps: [],
  textless: [],
  looping: [],
  unsearchable: [],
  other_models: null,
  model: { model: "text-embedding-3-large", dimensions: 3072, chosen_by: "default" },
  processes: [],
};

const UNNAMED_HASHING = {
  model: "local-hashing-v1",
  dimensions: 1536,
  chosen_by: "stored_vectors" as const,
  local_default: { name: "all-minilm-l6-v2", dimensions: 384 },
};

const BEAT = { pid: 4711, host: "logs-1", heartbeat_at: "2026-01-02T02:00:00.000Z" };

const TROUBLED: CountedFacts = {
  ...COUNTED,
  unfit: [
    { index: "raw_logs", reason: "no level field (looked for level, log.level)" },
    { index: "small_logs", reason: "log_vector has 256 dimensions, not 3072", dimensions: 256 },
    { index: "old_logs", reason: "it is closed", fix: "POST /old_logs/_open", intentional: true },
  ],
  gaps: [{ index: "app_logs", reason: "1 of 5 shards failed" }],
  textless: [
    { index: "a_logs", looked_in: ["message"], fields: [] },
    { index: "b_logs", looked_in: ["message"], fields: ["body.text"] },
  ],
  looping: [{ index: "loop_logs", records: 12 }],
  unsearchable: [{ index: "expensive_logs", reason: "search.allow_expensive_queries is false" }],
  other_models: {
    records: 1500,
    models: [{ model: "text-embedding-ada-002", dimensions: 1536, records: 1500 }],
    estimate: { tokens: 48_000, cost_usd: 0.00624 },
    command: "log-vectorizer reembed",
  },
  processes: [
    { ...BEAT, role: "daemon", state: "died" },
    { ...BEAT, role: "tail", state: "not_responding" },
    { ...BEAT, role: "worker", state: "silent" },
  ],
};
