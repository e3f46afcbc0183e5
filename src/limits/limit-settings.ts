import type { ConsumerRole } from "../ports/consumer-events.ts";

/**
 * Who sends requests. A worker works at the backlog too, but has no cycles; for a search somebody waits; `guest`:
 * somebody else, by HTTP.
 */
export type Caller = "backfill" | "guest" | "search" | ConsumerRole;

/** What the settings allow; absent: as much as there is. */
export type LimitSettings = {
  /** Requests under way at the same time; absent: 8. */
  maxConcurrentRequests?: number;
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  /** Of a day in UTC, for all processes that share a state directory. */
  usdPerDay?: number;
  /** Of one cycle, or one whole drain. */
  tokensPerCycle?: number;
};
