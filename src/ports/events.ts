import type { FaultCounts } from "../domain/fault-counts.ts";
import type { Fault } from "../domain/faults.ts";
import type { Outcome, Outcomes } from "../domain/outcome.ts";
import type { OtherModels } from "../domain/other-models.ts";
import type { Gap } from "../domain/partial.ts";
import type { CycleSummary, ReembedSummary, Totals } from "../domain/summary.ts";
import type { Textless } from "../domain/textless.ts";
import type { UnfitIndex } from "../domain/survey.ts";
import type { AlertChannel } from "./alert-channel.ts";
import type { ConsumerRole, ConsumerEvents } from "./consumer-events.ts";

/**
 * What happens, told once and by everybody; observability turns it into log lines and metrics, and decides which of them
 * are worth a line. `source`: whose batch it was; default: the backfill's.
 */
export type Events = {
  started(what: {
    version: string;
    schedule: string;
    indexPattern: string;
    embedder: string;
  }): void;
  stopping(what: { signal: string }): void;
  stopped(): void;
  cycleStarted(what: { cycle: number; drain: boolean }): void;
  /** `partial`: there may be more than were found. */
  recordsFound(what: {
    found: number;
    partial: boolean;
    levels: readonly string[];
    durationMs: number;
  }): void;
  textsEmbedded(what: {
    records: number;
    texts: number;
    requests: number;
    durationMs: number;
    source?: RecordSource;
  }): void;
  recordsWritten(what: {
    written: number;
    reused: number;
    failed: number;
    durationMs: number;
    source?: RecordSource;
  }): void;
  cycleEnded(what: {
    cycle: number;
    drain: boolean;
    summary: CycleSummary;
    /** Of the records that ended quarantined or deferred. */
    faults: FaultCounts;
    totals: Totals;
    /** The failure, not a record's own, that kept records from their vector. */
    fault?: Fault;
    /** Why a drain ended before nothing was left. */
    reason?: string;
    nextRunAt?: Date;
  }): void;
  cycleFailed(what: { cycle: number; error: unknown; nextRunAt?: Date }): void;
  /** Search compares none of their vectors; told at the start, and not again. */
  otherModelsFound(what: OtherModels): void;
  /** Indices are left alone because their vectors are of another length than the embedder's; `line` says so. */
  otherDimensionsFound(what: { line: string }): void;
  /** Vectors are signed with other keys than ours; told at the start, and not again. `line` says so. */
  otherKeysFound(what: { line: string }): void;
  reembedStarted(what: { found: number; model: string }): void;
  reembedEnded(what: {
    summary: ReembedSummary;
    /** Why it ended before nothing was left. */
    reason?: string;
  }): void;
  /** A wake-up came while the last cycle still ran. */
  cycleSkipped(): void;
  /** Another process wrote to most records of a batch before us; our cycles start later from now on. */
  overlapDetected(what: { conflicted: number }): void;
  drainProgress(what: DrainProgress): void;
  indexUnfit(what: UnfitIndex): void;
  indexFitAgain(what: { index: string }): void;
  /** It refused every update of a batch; nothing is paid for its records until it takes updates again. */
  indexPaused(what: { index: string; fault: Fault; waitMs: number }): void;
  /** More records are in the quarantine without a mark than can be kept in mind: the oldest come up again. */
  quarantineFull(what: { entries: number }): void;
  indexResumed(what: { index: string }): void;
  /** A paused index is gone, closed, or has nothing pending any more. */
  indexPauseDropped(what: { index: string }): void;
  /** Vectors that the store has of equal texts are not looked for any longer. */
  reuseFailed(what: { fault: Fault }): void;
  mappingAdded(what: { index: string }): void;
  /** What it leaves out is left for later, and is not counted. */
  answerPartial(what: { gaps: readonly Gap[]; during: string }): void;
  recordFailed(what: { index: string; id: string; outcome: Outcome; fault: Fault }): void;
  /** Not one record of them has a text where it is looked for. */
  textlessFound(what: { indices: readonly Textless[] }): void;
  /** Records of an index lose their vectors as often as they are given them: they are left without. */
  /** Marks of an index that this process cannot tell from forged ones, and has taken away. */
  falseMarksFound(what: { index: string; records: number }): void;
  recordsLooping(what: { index: string; ids: readonly string[]; fault: Fault }): void;
  /** Many records of an index had lost their vectors together, and were given them again. */
  indexReloaded(what: {
    index: string;
    records: number;
    /** Of these, those that were given it without a request. */
    reused: number;
    /** null where the price is unknown. */
    costUsd: number | null;
  }): void;
  embedderFailed(what: { fault: Fault; deferred: number; source?: RecordSource }): void;
  /** `fault`: a limit that is to be waited for, the embedder's or one of the settings. */
  waiting(what: { fault: Fault; waitMs: number }): void;
  /** Every request would meet the same fault: none is sent until the next cycle or, after a wait, one to try. */
  breakerOpened(what: { fault: Fault }): void;
  breakerClosed(what: { since: Date }): void;
  /** Once a day, or a cycle. `texts`: those at hand that are left without a vector. */
  budgetReached(what: { fault: Fault; texts: number; resumesAt?: Date }): void;
  refreshFailed(what: { fault: Fault }): void;
  /** Once, until everything can be kept again; until then memory serves. */
  stateUnwritable(what: { path: string; problem: string }): void;
  stateWritable(what: { path: string }): void;
  /** The logger has said it already, where it still can. */
  logFileUnwritable(what: { path: string; problem: string }): void;
  logFileWritable(what: { path: string }): void;
} & CountedEvents &
  ConsumerEvents &
  AnomalyEvents &
  AlertEvents &
  HttpEvents;

/** What becomes of alerts. */
export type AlertEvents = {
  /** `dropped`: it was never sent, for it grew too old or too many waited with it. */
  alertSent(what: {
    channel: AlertChannel["name"];
    result: "sent" | "failed" | "dropped";
    subject: string;
  }): void;
  /** Once, until the channel takes a message. */
  alertChannelFailed(what: { channel: AlertChannel["name"]; fault: Fault }): void;
  alertChannelBack(what: { channel: AlertChannel["name"] }): void;
  /** Something that should never happen, in what goes on beside the work. */
  failedInBackground(what: { what: "alerts"; error: unknown }): void;
};

/** What happens to series of durations and errors that are watched. */
export type AnomalyEvents = {
  /** It takes longer than is usual at this hour, or fails more often: `sentence` says so to a person. */
  anomalyBegan(what: { series: string; sentence: string }): void;
  /** `accepted`: it has been so for so long that it counts as usual; `silent`: nothing more was heard of it. */
  anomalyEnded(what: {
    series: string;
    sentence: string;
    how: "back" | "accepted" | "silent";
  }): void;
};

/** Where records come from; `search`: one that was asked for and had no vector. */
export type RecordSource = "backfill" | "search" | ConsumerRole;

/** Whom requests are sent to. */
export type CallTarget = "embedder" | "opensearch";

export type CallEnded = {
  target: CallTarget;
  durationMs: number;
  fault?: Fault;
  /** It asked only whether anybody answers; no work waited for it. */
  probe?: true;
  /** The caller gave up on it: whether the other side would have answered is not known. */
  abandoned?: true;
};

/** What sums are made of: told of every batch and every request, as it happens, and never a line of the log. */
export type CountedEvents = {
  /**
   * `select`: a query for pending records; `embed`: finding the vectors of a batch for which requests were sent, waits
   * included; `write`: writing what has its vector; `search`: finding what is near a vector.
   */
  stageEnded(what: { stage: "select" | "embed" | "write" | "search"; durationMs: number }): void;
  /** Each record once. `faults`: of those that ended quarantined or deferred, where it is known. */
  recordsEnded(what: {
    source: RecordSource;
    outcomes: Readonly<Partial<Outcomes>>;
    faults: FaultCounts;
  }): void;
  /** `texts`: those that were paid for, to be counted and kept by nobody. `costUsd`: null where the price is unknown. */
  textsAnswered(what: { texts: readonly string[]; tokens: number; costUsd: number | null }): void;
  /**
   * Texts, once for each record, that nothing was paid for: their vector was in the cache or in the store, or is that of
   * an equal text that is at hand.
   */
  textsSaved(what: { cache: number; store: number; duplicate: number }): void;
  callBegan(what: { target: CallTarget }): void;
  callEnded(what: CallEnded): void;
  /** A request that failed is sent again, so many times. */
  callRepeated(what: { target: CallTarget; times: number }): void;
};

export type RequestEnded = {
  method: string;
  route: string;
  client: string;
  status: number;
  durationMs: number;
  reason?: string;
  bug?: unknown;
};

/** What happens to the HTTP server. */
export type HttpEvents = {
  httpStarted(what: { url: string; open: boolean }): void;
  /** Nobody set a token, so this process uses one of its own, which people need for the page. */
  tokenGenerated(what: { pageUrl: string; token: string }): void;
  /** It cannot listen there, and the process goes on without. */
  httpUnavailable(what: { problem: string }): void;
  /**
   * `route`: as it was registered, without what was asked for; `client`: the address that asked; `reason`: why it was
   * refused; `bug`: something that should never happen, of which the caller was told no more than that. Status 499: the
   * client was gone before there was an answer.
   */
  requestEnded(what: RequestEnded): void;
  /** What many look at could not be made, for a reason that should never be. */
  pageFailed(what: { error: unknown }): void;
};

export type DrainProgress = {
  /** There may be more than `total`, for not everything could be seen. */
  partial?: true;
  done: number;
  total: number;
  recordsPerSecond: number;
  secondsLeft: number | null;
  costUsd: number | null;
};
