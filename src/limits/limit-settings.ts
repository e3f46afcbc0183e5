import type { ConsumerRole } from "../ports/consumer-events.ts";

/** The source of a request. A worker has no cycles; a search is waited for by a person; `guest`: an HTTP client. */
export type Caller = "backfill" | "guest" | "search" | ConsumerRole;

/** From the settings; absent: unlimited. */
export type LimitSettings = {
  /** Absent: 8. */
  maxConcurrentRequests?: number;
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  /** Per UTC day, over all processes that share a state directory. */
  usdPerDay?: number;
  /** Per cycle, or per whole drain. */
  tokensPerCycle?: number;
};
