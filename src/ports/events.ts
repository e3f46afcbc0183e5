import type { ExplainVerdict } from "../domain/explanation/claim.ts";
import type { FaultCounts } from "../domain/fault-counts.ts";
import type { Fault } from "../domain/faults.ts";
import type { Outcome, Outcomes } from "../domain/outcome.ts";
import type { OtherModels } from "../domain/other-models.ts";
import type { Gap } from "../domain/partial.ts";
import type { CycleSummary, ReembedSummary, SweepSummary, Totals } from "../domain/summary.ts";
import type { Textless } from "../domain/textless.ts";
import type { UnfitIndex } from "../domain/survey.ts";
import type { AlertChannel } from "./alert-channel.ts";
import type { ConsumerRole, ConsumerEvents } from "./consumer-events.ts";

/**
 * Everything that happens, reported once; telemetry turns it into log lines and metrics. `source`: whose batch it was;
 * default: backfill.
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
  /** `partial`: there may be more than `found`. */
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
    /** A failure that is not of one record and kept records from their vector. */
    fault?: Fault;
    /** Why a drain ended with records left. */
    reason?: string;
    nextRunAt?: Date;
  }): void;
  cycleFailed(what: { cycle: number; error: unknown; nextRunAt?: Date }): void;
  /** It cannot be known yet which model makes the vectors; nothing is embedded until then. */
  modelUnknown(what: { fault: Fault; waitMs: number }): void;
  /** Hashing makes the vectors though no setting names it; once per process. The words are sentences. */
  defaultModelUnused(what: { detail: string; impact: string; action: string }): void;
  /** Vectors that search cannot compare; once per process. */
  otherModelsFound(what: OtherModels): void;
  /** Indices whose vectors have other dimensions than the embedder's; `line`: the sentence to log. */
  otherDimensionsFound(what: { line: string }): void;
  /** Vectors signed with other keys; once per process. `line`: the sentence to log. */
  otherKeysFound(what: { line: string }): void;
  reembedStarted(what: { found: number; model: string }): void;
  reembedEnded(what: {
    summary: ReembedSummary;
    /** Why it ended with records left. */
    reason?: string;
  }): void;
  sweepStarted(): void;
  sweepEnded(what: {
    summary: SweepSummary;
    /** A failure that is not of one record and kept records from their vector. */
    fault?: Fault;
    /** Why records had no turn or got no new vector. */
    reason?: string;
  }): void;
  /** It could not begin. */
  sweepFailed(what: { error: unknown }): void;
  cycleSkipped(): void;
  /** Another process wrote most records of a batch first; this process starts its cycles later from now on. */
  overlapDetected(what: { conflicted: number }): void;
  drainProgress(what: DrainProgress): void;
  /** A drain or reembed waits for the end of an outage; told before each probe. `until`: it then ends, at the latest. */
  drainWaiting(what: { fault: Fault; since: Date; until: Date }): void;
  /** Embedder and store answer again, and the run goes on. */
  drainResumed(what: { since: Date }): void;
  indexUnfit(what: UnfitIndex): void;
  indexFitAgain(what: { index: string }): void;
  /** The index refused every update of a batch; no text of it is paid for until a probe succeeds. */
  indexPaused(what: { index: string; fault: Fault; waitMs: number }): void;
  /** The local quarantine is full: its oldest records are tried again. */
  quarantineFull(what: { entries: number }): void;
  indexResumed(what: { index: string }): void;
  /** The paused index was deleted or closed, or has nothing pending. */
  indexPauseDropped(what: { index: string }): void;
  /** The store is no longer asked for vectors of equal texts. */
  reuseFailed(what: { fault: Fault }): void;
  mappingAdded(what: { index: string }): void;
  /** Records in the gaps are not counted, and are left for a later cycle. */
  answerPartial(what: { gaps: readonly Gap[]; during: string }): void;
  recordFailed(what: { index: string; id: string; outcome: Outcome; fault: Fault }): void;
  /** No record of these indices has a text in the fields that are read. */
  textlessFound(what: { indices: readonly Textless[] }): void;
  /** Marks without a valid signature, which this process removed. */
  falseMarksFound(what: { index: string; records: number }): void;
  recordsLooping(what: { index: string; ids: readonly string[]; fault: Fault }): void;
  /** Many records of an index had lost their vectors together, and got them again. */
  indexReloaded(what: {
    index: string;
    records: number;
    /** Records that got their vector without a request. */
    reused: number;
    /** null where the price is unknown. */
    costUsd: number | null;
  }): void;
  embedderFailed(what: { fault: Fault; deferred: number; source?: RecordSource }): void;
  /** `fault`: the exhausted limit, of the provider or of the settings. */
  waiting(what: { fault: Fault; waitMs: number }): void;
  /** Requests stop until a probe succeeds: one at the start of each cycle, or after a wait. */
  breakerOpened(what: { fault: Fault }): void;
  breakerClosed(what: { since: Date }): void;
  /** Once per day or cycle. `texts`: those of the batch that get no vector now. */
  budgetReached(what: { fault: Fault; texts: number; resumesAt?: Date }): void;
  refreshFailed(what: { fault: Fault }): void;
  /** Taken over from processes that have ended. `damagedBytes`: could not be read, or are not signed by our key. */
  heldVectorsFound(what: { vectors: number; damagedBytes: number }): void;
  /** Vectors that are paid for are held in memory only; once, until they can be kept on disk again. */
  heldVectorsUnkept(what: { path: string; problem: string }): void;
  /** Once, until the directory is writable again; until then state is kept in memory. */
  stateUnwritable(what: { path: string; problem: string }): void;
  stateWritable(what: { path: string }): void;
  /** The logger reports this itself, where it still can. */
  logFileUnwritable(what: { path: string; problem: string }): void;
  logFileWritable(what: { path: string }): void;
} & CountedEvents &
  ConsumerEvents &
  AnomalyEvents &
  ExplainEvents &
  AlertEvents &
  HttpEvents;

export type AlertEvents = {
  /** `dropped`: never sent, because it was too old or too many waited. */
  alertSent(what: {
    channel: AlertChannel["name"];
    result: "sent" | "failed" | "dropped";
    subject: string;
  }): void;
  /** Once, until the channel accepts a notification. */
  alertChannelFailed(what: { channel: AlertChannel["name"]; fault: Fault }): void;
  alertChannelBack(what: { channel: AlertChannel["name"] }): void;
  /** Once, until it can be used again. `problem`: a sentence without a stop; `hint`: what to do. */
  memoryFailed(what: { problem: string; hint: string | null }): void;
  memoryBack(): void;
  /** A bug in a background service. */
  failedInBackground(what: { what: "alerts" | "memory"; error: unknown }): void;
};

/** What a question about an error came to. */
export type Explained = {
  /** `none`: no model was asked. */
  model: string;
  verdict: ExplainVerdict;
  claims: number;
  dropped: number;
  /** How long each question to the model took, failed ones too; none where its answer was kept from before. */
  askedMs: readonly number[];
  /** Answers that were not of the form. */
  unreadable: number;
  tokens: { input: number; output: number };
  /** Null where the price is unknown. */
  costUsd: number | null;
  durationMs: number;
  /** Why the model's answer is missing or not whole. */
  fault?: Fault;
};

export type ExplainEvents = { explained(what: Explained): void };

export type AnomalyEvents = {
  /** `sentence`: describes the anomaly to a person. */
  anomalyBegan(what: { series: string; sentence: string }): void;
  /** `accepted`: it lasted so long that it counts as usual; `silent`: no more values arrived. */
  anomalyEnded(what: {
    series: string;
    sentence: string;
    how: "back" | "accepted" | "silent";
  }): void;
};

/** `search`: a record that a person searched by and that had no vector. */
export type RecordSource = "backfill" | "search" | ConsumerRole;

export type CallTarget = "embedder" | "opensearch";

export type CallEnded = {
  target: CallTarget;
  durationMs: number;
  fault?: Fault;
  /** Only a health check; no work waited for it. */
  probe?: true;
  /** The caller aborted it, so it is unknown whether the dependency would have answered. */
  abandoned?: true;
};

/** For metrics only: reported for every batch and request, never logged. */
export type CountedEvents = {
  /**
   * `select`: a query for pending records; `embed`: getting vectors where requests were sent, waits included; `write`:
   * writing vectors; `search`: a nearest-neighbour query.
   */
  stageEnded(what: { stage: "select" | "embed" | "write" | "search"; durationMs: number }): void;
  /** Each record once. `faults`: of those that ended quarantined or deferred, where known. */
  recordsEnded(what: {
    source: RecordSource;
    outcomes: Readonly<Partial<Outcomes>>;
    faults: FaultCounts;
  }): void;
  /** `texts`: those that were paid for; a listener must not keep them. `costUsd`: null where the price is unknown. */
  textsAnswered(what: { texts: readonly string[]; tokens: number; costUsd: number | null }): void;
  /** Texts, one per record, whose vector came from the cache, from the store, or from an equal text of the batch. */
  textsSaved(what: { cache: number; store: number; duplicate: number }): void;
  callBegan(what: { target: CallTarget }): void;
  callEnded(what: CallEnded): void;
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

export type HttpEvents = {
  httpStarted(what: { url: string; open: boolean }): void;
  /** HTTP_TOKEN is not set, so this process generated a token, which people need for the page. */
  tokenGenerated(what: { pageUrl: string; token: string }): void;
  /** The port cannot be opened; the process continues without HTTP. */
  httpUnavailable(what: { problem: string }): void;
  /**
   * `route`: the pattern without parameters; `client`: IP address; `reason`: why it was refused; `bug`: an unexpected
   * error, hidden from the client. Status 499: the client disconnected first.
   */
  requestEnded(what: RequestEnded): void;
  /** The shared content of the page could not be produced. */
  pageFailed(what: { error: unknown }): void;
};

export type DrainProgress = {
  /** There may be more than `total`, because a query was partial. */
  partial?: true;
  done: number;
  total: number;
  recordsPerSecond: number;
  secondsLeft: number | null;
  costUsd: number | null;
};
