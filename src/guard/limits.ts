import type { Consuming } from "../ports.ts";

/** Who sends requests. A worker works at the backlog too, but has no cycles. */
export type Caller = "backfill" | Consuming;

/** What the settings allow; absent: as much as there is. */
export type Limits = {
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  /** Of a day in UTC, for all processes that share a state directory. */
  usdPerDay?: number;
  /** Of one cycle, or one whole drain. */
  tokensPerCycle?: number;
};

/** Waits longer than this are left to a later cycle. */
export const LONGEST_WAIT_MS = 65_000;
