import { z } from "zod";
import type { Fault } from "../domain/faults.ts";
import { outcomesShape, type Outcome } from "../domain/outcome.ts";
import { embeddingShape } from "../domain/summary.ts";
import type { Lane, MessageSource } from "./message-stream.ts";

/** `tail` reads fresh logs, `worker` reads references to pending records. */
export type ConsumerRole = "tail" | "worker";

/** The scheduler subscribes for leader election only. */
type Subscriber = ConsumerRole | "scheduler";

export type ConsumerEvents = {
  consumerStarted(what: { role: ConsumerRole; streams: readonly string[]; group: string }): void;
  /** What this process reads from now on: at first, and after each change. */
  lanesAssigned(what: { role: ConsumerRole; lanes: readonly Lane[] }): void;
  /** Once, until messages arrive again. */
  sourceLost(what: { role: Subscriber; fault: Fault; waitMs: number }): void;
  sourceBack(what: { role: Subscriber }): void;
  /** The store or the embedder fails: once, until a batch succeeds. */
  consumerPaused(what: { role: ConsumerRole; fault: Fault; waitMs: number }): void;
  consumerResumed(what: { role: ConsumerRole }): void;
  deadLetterSent(what: { code: string; reason: string; from: MessageSource; topic: string }): void;
  deadLettersBlocked(what: { topic: string; fault: Fault; waitMs: number }): void;
  deadLettersResumed(what: { topic: string }): void;
  /** Once, until a commit succeeds. */
  commitFailed(what: { role: ConsumerRole; fault: Fault }): void;
  /**
   * The backfill takes over these records. `outcome`: why; `lookedIn`: the indices named by the messages of missing
   * documents.
   */
  leftToBackfill(what: {
    role: ConsumerRole;
    outcome: Outcome;
    records: number;
    lookedIn?: readonly string[];
  }): void;
  performance(what: Performance): void;
  consumerEnded(what: { role: ConsumerRole; tally: ConsumerTally }): void;
  /** Whether this process is the leader, which publishes references. */
  leadershipChanged(what: { leads: boolean }): void;
  referencesPublished(what: { published: number; leads: boolean; topic: string }): void;
  /** A bug; the consumer continues. */
  failedUnexpectedly(what: { role: ConsumerRole; error: unknown }): void;
};

type Performance = {
  role: ConsumerRole;
  vectorsPerSecond: number;
  batches: number;
  /** Messages that the group has not settled; null where that is not known. */
  lag: number | null;
  waiting: number;
  deadLetters: number;
  passedOver: number;
};

/** Sums since the start; the outcomes add up to `taken`. */
export const consumerTallyShape = z.object({
  taken: z.int(),
  outcomes: outcomesShape,
  passed_over: z.int().describe("Records of other levels."),
  repeats: z.int().describe("Messages that were delivered again after a rebalance."),
  dead_letters: z.int(),
  batches: z.int(),
  embedding: embeddingShape,
});
export type ConsumerTally = z.infer<typeof consumerTallyShape>;
