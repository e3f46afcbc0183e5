import type { SearchAnswer, SearchHit } from "../../src/search/search-answer.ts";

export const HIT: SearchHit = {
  score: 0.91234,
  vectorized: true,
  found_by: ["meaning"],
  count: 1,
  first_seen: "2026-11-20T06:14:30.400Z",
  last_seen: "2026-11-20T06:14:30.400Z",
  index: "app_logs",
  id: "a1",
  shard_key: null,
  timestamp: "2026-11-20T06:14:30.400Z",
  level: "ERROR",
  service: "orders",
  group: null,
  message: "disk full",
  message_truncated: false,
};

/** A complete answer with one hit, with these changes. */
export function searchAnswer(changes: Partial<SearchAnswer>): SearchAnswer {
  return {
    query: { text: "disk", truncated: false, must_have: [], index: null, id: null },
    mode: "meaning",
    searched_by: ["meaning"],
    not_searched_by: [],
    model: "m",
    dimensions: 8,
    hits: [HIT],
    more: false,
    searched: { indices: 1, records: 7, without_graph: null },
    other_models: [],
    nothing_comparable: null,
    left_out: [],
    gaps: [],
    embedding: { requests: 0, texts: 0, tokens: 0, cost_usd: 0 },
    stored: null,
    duration_ms: 1,
    ...changes,
  };
}
