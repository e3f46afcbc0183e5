import type { z } from "zod";
import type { deadLetterListShape } from "../../src/cli/dlq.ts";
import { Fault } from "../../src/domain/faults.ts";
import type { EpisodesAnswer } from "../../src/analysis/group-answers.ts";
import type { StatisticsAnswer } from "../../src/analysis/statistics/statistics-answer.ts";
import type { NotesAnswer } from "../../src/analysis/list-notes.ts";
import type { Changed } from "../../src/pipeline/quarantine/change-quarantined.ts";
import type { QuarantineList } from "../../src/pipeline/quarantine/quarantine-answer.ts";
import type { SearchAnswer } from "../../src/search/search-answer.ts";
import type { CheckReport } from "../../src/status/check-report.ts";

const GAPS = [{ index: "app_logs", reason: "1 of 5 shards failed" }];

export const REPORT: CheckReport = {
  checks: [
    {
      name: "connection",
      result: "ok",
      detail: "opensearch 3.2.0, cluster logs at http://localhost:9200, 4 ms",
    },
    { name: "indices", result: "warning", detail: "1 fit, 1 unfit" },
    { name: "memory of errors", result: "ok", detail: "12 groups, 3 episodes, 4 notes" },
    { name: "embedder", result: "failed", detail: "(why)", hint: "(What to do.)" },
  ],
  fit: [
    { index: "app_logs", mapped: true, search: "graph" },
    { index: "web_logs", mapped: false, search: "exact", max_hits: 500 },
    { index: "ro_logs", mapped: true, search: "graph" },
  ],
  unfit: [{ index: "raw_logs", reason: "it is closed", fix: "POST /raw_logs/_open" }],
  pending: null,
  gaps: GAPS,
  estimate: null,
  other_models: null,
  samples: [],
  updates: [{ index: "ro_logs", allowed: false, reason: "(why)" }],
};

export const FILTER = { limit: 10, since: Date.UTC(2026, 0, 1), service: "orders" };

export const SEARCH: SearchAnswer = {
  query: { text: "disk full", truncated: true, must_have: [], index: "app_logs", id: "b2" },
  mode: "meaning",
  searched_by: ["meaning"],
  not_searched_by: [],
  model: "text-embedding-3-large",
  dimensions: 3072,
  hits: [
    {
      score: 0.91,
      vectorized: true,
      found_by: ["meaning"],
      count: 42,
      first_seen: "2026-01-01T03:04:05.678Z",
      last_seen: "2026-01-02T03:04:05.678Z",
      index: "app_logs",
      id: "a1",
      shard_key: "r1",
      timestamp: "2026-01-02T03:04:05.678Z",
      level: "ERROR",
      service: "orders",
      group: "4573125b80c1d441",
      message: "No space left on device",
      message_truncated: false,
    },
  ],
  more: true,
  searched: {
    indices: 3,
    records: 70_000,
    without_graph: { indices: 1, records: 20_000, compared: 10_000 },
  },
  other_models: [
    { model: "text-embedding-ada-002", records: 5 },
    { model: null, records: 2 },
  ],
  nothing_comparable: null,
  left_out: [{ index: "old_logs", reason: "it is closed" }],
  gaps: GAPS,
  embedding: { requests: 1, texts: 1, tokens: 9, cost_usd: 0.0000012 },
  stored: "updated",
  duration_ms: 12,
};

export const NOTES: NotesAnswer = {
  notes: [
    {
      id: "0f8fad5b-d9cb-469f-a165-70867728950e",
      group: "3f2a9c0d1e4b5a67",
      episode: "3f2a9c0d1e4b5a67-1767323045678",
      cause: "The disk of the log host was full.",
      fix: "Rotate daily\nand keep seven days.",
      link: "https://tickets.example.com/OPS-7",
      author: "kim",
      at: "2026-01-02T03:04:05.678Z",
      verdicts: [{ verdict: "outdated", by: "lee", at: "2026-02-02T03:04:05.678Z" }],
    },
  ],
  carried: [
    {
      id: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
      group: "c8d65ab0ff2ea154",
      episode: null,
      cause: "Backups filled the volume.",
      fix: null,
      link: null,
      author: "ann",
      at: "2025-12-24T03:04:05.678Z",
      verdicts: [],
      alike_group: "c8d65ab0ff2ea154",
      surely: false,
      cosine: 0.93,
      mark: null,
      differs: [
        { what: "service", now: "shop", before: null },
        { what: "words", now: "Order", before: "Refund" },
      ],
    },
  ],
  unreadable: 1,
  next: "MTc2NzMyMzA0NTY3OCBh",
};

const OF_SHOP = { service: "shop", template: "Order <*> failed: disk full" };

export const EPISODES: EpisodesAnswer = {
  episodes: [
    {
      group: "3f2a9c0d1e4b5a67",
      ...OF_SHOP,
      from: "2026-01-02T02:50:00.000Z",
      to: "2026-01-02T03:04:00.000Z",
      count: 53,
      ended: false,
      began_before: false,
      rose: [
        {
          group: "c8d65ab0ff2ea154",
          service: "shop",
          template: "Write to volume <*> is slow",
          during: 40,
          before: 2,
          lift: 16.2,
        },
      ],
    },
    {
      group: "3f2a9c0d1e4b5a67",
      ...OF_SHOP,
      from: "2025-11-03T03:04:00.000Z",
      to: "2025-12-31T03:04:00.000Z",
      count: 1234,
      ended: true,
      began_before: true,
    },
  ],
  left_out: [{ index: "old_logs", reason: "it is closed" }],
  gaps: GAPS,
};

export const STATISTICS: StatisticsAnswer = {
  index: "*_logs",
  project_uuid: null,
  time_hours: 24,
  from: "2026-01-01T03:04:05.678Z",
  to: "2026-01-02T03:04:05.678Z",
  sample: {
    size: 100,
    taken: 100,
    stratified: false,
    whole: false,
    seed: 1_234_567_890,
    slice_records: 1034,
    slice_percent: 10,
  },
  db_statistics: {
    total_logs: 10_123,
    error_count: 405,
    error_rate: 4.0008,
    by_level: { INFO: 8099, WARN: 1619, ERROR: 405 },
    by_service: { shop: 7086, billing: 2531, "(none)": 506 },
  },
  ai_statistics: {
    estimated_by: "sample",
    estimated_total_logs: 10_340,
    estimated_error_count: 517,
    estimated_error_rate: 5,
    by_level: { INFO: 8272, WARN: 1551, ERROR: 517 },
    by_service: { shop: 7135, billing: 2688, "(none)": 517 },
    intervals: {
      total_logs: { low: 5928, high: 18_736 },
      error_count: { low: 108, high: 2457 },
      error_rate: { low: 2.1543, high: 11.1752 },
      by_level: {
        INFO: { low: 71.1171, high: 86.6633 },
        WARN: { low: 9.3095, high: 23.2841 },
        ERROR: { low: 2.1543, high: 11.1752 },
      },
      by_service: {
        shop: { low: 59.3632, high: 77.2365 },
        billing: { low: 18.2393, high: 35.3837 },
        "(none)": { low: 2.1543, high: 11.1752 },
      },
    },
    confidence_score: 61.3089,
  },
  accuracy_metrics: {
    total_logs: 97.8564,
    error_count: 72.3457,
    error_rate: 75.025,
    by_level: 99,
    by_service: 99,
    overall_accuracy: 88.6454,
    in_interval: {
      total_logs: true,
      error_count: true,
      error_rate: true,
      by_level: 100,
      by_service: 100,
    },
  },
  verdict: { grade: "fair", can_replace_db: false, weakest: "error_count" },
  left_out: [{ index: "old_logs", reason: "it is closed" }],
  gaps: [],
};

const UNREAD = { unread: [{ index: "web_logs", reason: "(why)" }], gaps: GAPS };

export const QUARANTINE: QuarantineList = {
  total: 115,
  by_error: [{ error: "openai: 400 input N is longer than N tokens", records: 103 }],
  groups: [
    { index: "loop_logs", why: "loop", records: 12, error: "(why)", ids: ["c1", "c2"] },
    { index: "app_logs", why: "empty", records: 3, error: "no text in message", ids: ["d1"] },
  ],
  quarantined: [
    {
      index: "app_logs",
      id: "a1",
      attempts: 3,
      error: "openai: 400 input 3 is longer than 8192 tokens",
      quoted_from: "app_logs",
      timestamp: "2026-01-02T03:04:05.678Z",
      next_try: "2026-01-03T03:04:05.678Z",
      kept_in: "document",
    },
    {
      index: "app_logs",
      id: "b2",
      attempts: 6,
      error: "OpenSearch refused the update: mapper_parsing_exception",
      quoted_from: null,
      timestamp: null,
      next_try: null,
      kept_in: "state",
    },
  ],
  ...UNREAD,
};

export const CHANGED: Changed = {
  matched: 10,
  changed: 6,
  conflicted: 1,
  missing: 1,
  failed: 2,
  problems: [{ index: "app_logs", id: "a1", reason: "(why)" }],
  ...UNREAD,
  fault: new Fault("outage", "OpenSearch: no answer in time", { hint: "(What to do.)" }),
};

export const DEAD_LETTERS: z.infer<typeof deadLetterListShape> = {
  topic: "logs-dlq",
  total: 3,
  by_code: { not_json: 2, no_id: 1 },
  foreign: 1,
  dead_letters: [
    {
      code: "not_json",
      reason: "not valid JSON from character 12 on",
      topic: "logs",
      partition: 0,
      offset: 42,
      time: "2026-01-02T03:04:05.678Z",
      attempts: 1,
      bytes: 120,
      dlq_offset: 7,
    },
  ],
};
