import type { Fault } from "../domain/faults.ts";
import type { Outcome, Outcomes } from "../domain/outcome.ts";
import type { EmbeddingUse } from "../domain/summary.ts";
import type { Partition, Position } from "./log-source.ts";

/** What reads a topic: the tail of fresh logs, or a worker at the backlog. */
export type ConsumerRole = "tail" | "worker";

/** The scheduler reads one as well, only to learn whether it leads. */
type Subscriber = ConsumerRole | "scheduler";

/** What happens to what reads a topic. */
export type ConsumerEvents = {
  consumerStarted(what: { role: ConsumerRole; topics: readonly string[]; group: string }): void;
  /** The group was balanced anew. */
  partitionsAssigned(what: { role: ConsumerRole; partitions: readonly Partition[] }): void;
  /** Once, until messages come again. */
  sourceLost(what: { role: Subscriber; fault: Fault; waitMs: number }): void;
  sourceBack(what: { role: Subscriber }): void;
  /** OpenSearch or the embedder fails: once, until a batch goes through. */
  consumerPaused(what: { role: ConsumerRole; fault: Fault; waitMs: number }): void;
  consumerResumed(what: { role: ConsumerRole }): void;
  deadLetterSent(what: { code: string; reason: string; from: Position; topic: string }): void;
  deadLettersBlocked(what: { topic: string; fault: Fault; waitMs: number }): void;
  deadLettersResumed(what: { topic: string }): void;
  /** Once, until a commit succeeds. */
  commitFailed(what: { role: ConsumerRole; fault: Fault }): void;
  /**
   * The backfill comes to these records; `outcome` says why they were not enriched here, `lookedIn` names the indices in
   * which missing ones were looked for, where their messages named any.
   */
  leftToBackfill(what: {
    role: ConsumerRole;
    outcome: Outcome;
    records: number;
    lookedIn?: readonly string[];
  }): void;
  performance(what: Performance): void;
  consumerEnded(what: { role: ConsumerRole; tally: ConsumerTally }): void;
  /** Whether this process, of all its replicas, publishes references. */
  leadershipChanged(what: { leads: boolean }): void;
  referencesPublished(what: { published: number; leads: boolean; topic: string }): void;
  /** Something that should never happen; the work goes on. */
  failedUnexpectedly(what: { role: ConsumerRole; error: unknown }): void;
};

/** How it goes since it was last told. */
type Performance = {
  role: ConsumerRole;
  vectorsPerSecond: number;
  batches: number;
  /** Messages not finished yet, over all partitions; null where the broker did not say. */
  lag: number | null;
  waiting: number;
  deadLetters: number;
  passedOver: number;
};

/** Sums since the start; the outcomes add up to the records taken. */
export type ConsumerTally = {
  taken: number;
  outcomes: Outcomes;
  /** Records of other levels. */
  passedOver: number;
  /** Messages that came again after a rebalance and were known. */
  repeats: number;
  deadLetters: number;
  batches: number;
  embedding: EmbeddingUse;
};
