import type { IndexCoverage } from "./model/coverage.ts";
import type { Fault } from "./model/faults.ts";
import type { LogRecord } from "./model/log-record.ts";
import type { Outcome, Outcomes } from "./model/outcome.ts";
import type { SkipMark, Stamp } from "./model/stamp.ts";
import type { CycleSummary, EmbeddingUse, Totals } from "./model/summary.ts";
import type { Survey, UnfitIndex } from "./model/survey.ts";

/** Time, so that tests need not wait for it. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or as soon as the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** One text to embed. The ids are of the record that caused it, for embedders that ask for them. */
export type EmbedInput = { text: string; logId: string; traceId?: string };

export type EmbedAnswer = {
  /** One entry per input, in the order of the inputs; null where the embedder left a text out. */
  vectors: (Float32Array | null)[];
  /** Tokens billed, as the embedder reported them; null where it does not say. */
  tokens: number | null;
  /** What it says may still be sent; absent where it does not say. */
  allowance?: Allowance;
};

/** What the other side still takes, after this answer. */
export type Allowance = { requests?: Left; tokens?: Left };

/** `resetMs`: from the answer until the whole limit is there again. */
export type Left = { remaining: number; resetMs: number };

export type EmbedderLimits = {
  maxTextsPerRequest: number;
  maxTokensPerText: number;
  maxTokensPerRequest: number;
};

/** Turns texts into vectors. */
export type Embedder = {
  readonly name: string;
  /** As it stands in the stamp: vectors of equal model and dimensions may be compared. */
  readonly model: string;
  readonly dimensions: number;
  readonly limits: EmbedderLimits;
  /** USD; 0 where it is free, null where unknown. */
  readonly pricePerMillionTokens: number | null;
  /** Sends exactly one request, inputs within the limits. Throws a Fault. */
  embed(inputs: readonly EmbedInput[], signal: AbortSignal): Promise<EmbedAnswer>;
};

/** Counts tokens: exact for OpenAI's models up to a few thousand characters, an upper bound beyond. */
export type TokenCounter = {
  count(text: string): number;
  /** The longest head of the text that counts at most `maxTokens`. */
  cut(text: string, maxTokens: number): string;
};

/** What the store knows of a record right now, seen past its refresh interval. */
export type Look =
  | { state: "missing" }
  /** It cannot be read now, for the sake of its index. */
  | { state: "unreadable"; fault: Fault }
  /** As it was read: no vector. */
  | { state: "unchanged" }
  /**
   * Read anew, because it has changed or carries a stamp already. A vector that it has though it is unchanged is one
   * that search cannot see: it was written before its mapping was there.
   */
  | { state: "current"; changed: boolean; record: LogRecord; vector?: Float32Array };

/** One write: a vector with its stamp, a mark instead of one, or the removal of a mark. */
export type Update = { record: LogRecord } & (
  | { vector: Float32Array; stamp: Stamp }
  | { mark: SkipMark }
  | { unmark: true }
);

export type WriteResult =
  | { status: "written" }
  | { status: "missing" }
  | { status: "conflicted" }
  | { status: "failed"; fault: Fault };

export type StoreInfo = { cluster: string; version: string; distribution: string; url: string };

/** `fault`: it could not be found out now, by nobody's fault; then it is not allowed either. */
export type UpdateProbe = { index: string; allowed: boolean; reason?: string; fault?: Fault };

/** One pass over records of one index, each once, as they stood when it was opened. */
export type Scan = AsyncDisposable & {
  /** The next records, at most `limit`; none when the pass is over. */
  next(limit: number, signal: AbortSignal): Promise<LogRecord[]>;
};

/** The indices that were given their mapping, and those that took none. */
export type Prepared = { mapped: string[]; refused: UnfitIndex[] };

/** A document that is sought by what a message says of it. */
export type Target = {
  id: string;
  /** Index, alias or data stream; without it every fit index is searched. */
  index?: string;
  routing?: string;
};

export type Located =
  /** Not there yet. `unknownIndex`: neither is what was named as its index. */
  | { state: "missing"; unknownIndex: boolean }
  /** It would be in an index that is left alone. */
  | { state: "unfit" }
  | { state: "found"; record: LogRecord; look: Look };

export type VectorsQuery = { textHashes: readonly string[]; model: string; dimensions: number };

/** `truncated`: only the head of the text was embedded. */
export type StoredVector = { vector: Float32Array; truncated: boolean };

/** Finds records that lack a vector and writes vectors back. Every method throws a Fault. */
export type LogStore = {
  readonly name: string;
  info(signal: AbortSignal): Promise<StoreInfo>;
  /** Judges each concrete index behind the pattern. The other methods take names from the latest survey. */
  survey(signal: AbortSignal): Promise<Survey>;
  /** Gives the vector and its stamp a mapping where they have none; asks nothing of an index that has it. */
  prepare(indices: readonly string[], signal: AbortSignal): Promise<Prepared>;
  /**
   * One row per index; an index with failed shards counts too low, so their number comes with the rows. Pending records
   * of `asideKeys` count as quarantined.
   */
  coverage(
    query: { indices: readonly string[]; asideKeys?: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ rows: IndexCoverage[]; failedShards: number }>;
  /** Pending records in the wanted order, at most `limit`, without those of the excluded record keys. */
  findPending(
    query: { indices: readonly string[]; limit: number; excludeKeys: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ records: LogRecord[]; failedShards: number }>;
  /** Over its pending records. */
  openScan(index: string, signal: AbortSignal): Promise<Scan>;
  /** How many records say of themselves that they were refused for their own sake, those included that are due again. */
  countRefused(
    query: { indices: readonly string[]; ids?: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ rows: { index: string; records: number }[]; failedShards: number }>;
  /** Over those records, with the mark as their stamp and without their text. */
  openRefusedScan(
    query: { index: string; ids?: readonly string[] },
    signal: AbortSignal,
  ): Promise<Scan>;
  /** Finds documents by id: at once where it can be guessed in which index, else as soon as search sees them. */
  locate(targets: readonly Target[], signal: AbortSignal): Promise<Located[]>;
  /** Vectors of equal texts, by text hash, out of documents that search sees in any fit index. */
  findVectors(what: VectorsQuery, signal: AbortSignal): Promise<Map<string, StoredVector>>;
  /** One realtime look at each record, in their order. */
  look(records: readonly LogRecord[], signal: AbortSignal): Promise<Look[]>;
  /** Writes each update, guarded by its record's version; results in their order. */
  write(updates: readonly Update[], signal: AbortSignal): Promise<WriteResult[]>;
  /** Makes what was written visible to search. */
  refresh(indices: readonly string[], signal: AbortSignal): Promise<void>;
  /** Whether an update would be allowed; updates nothing. */
  probeUpdates(indices: readonly string[], signal: AbortSignal): Promise<UpdateProbe[]>;
  close(): Promise<void>;
};

/** One partition of a topic. */
export type Partition = { topic: string; partition: number };

/** Where a group goes on in a partition: the offset of the message after the last finished one. */
export type Position = Partition & { offset: number };

/** A message as the broker handed it out. Offsets are whole numbers below 2^53. */
export type SourceMessage = Position & {
  /** Milliseconds since the epoch. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [name: string, value: Buffer | null])[];
};

/** What a member of a consumer group is handed, in this order: first what it holds, then the messages of that. */
export type Delivery =
  /** The group was balanced anew; messages go on from the committed offsets, so some may come again. */
  | { kind: "assigned"; partitions: readonly Partition[] }
  /** At least one message, each partition's in the order of its offsets. */
  | { kind: "messages"; messages: readonly SourceMessage[] };

/** One member of a consumer group. Leaving the group is part of its disposal. */
export type Subscription = AsyncDisposable & {
  /** Waits for the next delivery; undefined once the signal aborts. A Fault ends the subscription. */
  next(signal: AbortSignal): Promise<Delivery | undefined>;
  /** Keeps the positions for the group. Partitions that this member holds no longer are left out. Throws a Fault. */
  commit(positions: readonly Position[], signal: AbortSignal): Promise<void>;
};

export type Subscribing = {
  topics: readonly string[];
  group: string;
  /** Where the group begins in a partition for which it has committed no offset. */
  from: "earliest" | "latest";
  /** After how long a silent member is taken for dead; default: as the source sees fit. */
  sessionTimeoutMs?: number;
};

/** Where messages come from. Every method throws a Fault. */
export type LogSource = {
  readonly name: string;
  /** Joins the group; the first delivery may take as long as the group takes to settle. */
  subscribe(what: Subscribing, signal: AbortSignal): Promise<Subscription>;
  /** Every message that the topic holds at this moment, without a group; ends by itself. */
  readAll(topic: string, signal: AbortSignal): AsyncIterable<readonly SourceMessage[]>;
  close(): Promise<void>;
};

export type OutgoingMessage = {
  topic: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [name: string, value: Buffer])[];
};

/** Writes messages: dead letters, and references for workers. */
export type Publisher = {
  /** Returns once all in-sync replicas have every one of them; creates no topic. Throws a Fault. */
  publish(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

export type PartitionLag = Partition & {
  /** The offset that the next message of the partition will get. */
  end: number;
  /** null where the group has committed none. */
  committed: number | null;
  /** Messages that the group has not finished. */
  lag: number;
};

/** Asks the broker about topics and groups. Every method throws a Fault. */
export type Topics = {
  /** Partitions per topic; a topic that is not there is left out. */
  describe(names: readonly string[], signal: AbortSignal): Promise<Map<string, number>>;
  /** Replicas as the broker's default says. */
  create(name: string, partitions: number, signal: AbortSignal): Promise<void>;
  lag(
    what: { group: string; topics: readonly string[]; from: "earliest" | "latest" },
    signal: AbortSignal,
  ): Promise<PartitionLag[]>;
  close(): Promise<void>;
};

/** What outlives a process: small JSON documents, and ledgers to which several processes add lines. Never throws. */
export type StateStore = {
  /** The document, or undefined where there is none or it cannot be read. */
  load(name: string): Promise<unknown>;
  /** Replaces the document whole or not at all. What cannot be kept is said once. */
  save(name: string, value: unknown): Promise<void>;
  /** Replaces the document by what is made of it, with no other process in between that changes it so. */
  change(name: string, revise: (current: unknown) => unknown): Promise<void>;
  /** Adds a line to the end of a ledger. What cannot be kept is said once and stays with this process. */
  append(ledger: string, line: object): Promise<void>;
  /** All lines of a ledger, whoever wrote them, in the order in which they were added. */
  lines(ledger: string): Promise<unknown[]>;
  ledgers(): Promise<string[]>;
  removeLedger(ledger: string): Promise<void>;
};

/** The stages of one shutdown; each aborts later than the one before. */
export type StopSignals = {
  /** Start nothing new. */
  requested: AbortSignal;
  /** Wait for no embedder any longer; write what has arrived. */
  embedding: AbortSignal;
  /** Drop everything. */
  everything: AbortSignal;
};

/** What happens, told once; observability turns it into log lines and metrics. */
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
  recordsFound(what: { found: number; levels: readonly string[]; durationMs: number }): void;
  textsEmbedded(what: {
    records: number;
    texts: number;
    requests: number;
    durationMs: number;
  }): void;
  recordsWritten(what: {
    written: number;
    reused: number;
    failed: number;
    durationMs: number;
  }): void;
  cycleEnded(what: {
    cycle: number;
    drain: boolean;
    summary: CycleSummary;
    totals: Totals;
    /** Why a drain ended before nothing was left. */
    reason?: string;
    nextRunAt?: Date;
  }): void;
  cycleFailed(what: { cycle: number; error: unknown; nextRunAt?: Date }): void;
  /** A wake-up came while the last cycle still ran. */
  cycleSkipped(): void;
  /** Another process wrote to most records of a batch before us; our cycles start later from now on. */
  rivalMet(what: { conflicted: number }): void;
  drainProgress(what: DrainProgress): void;
  indexUnfit(what: UnfitIndex): void;
  indexFitAgain(what: { index: string }): void;
  /** It refused every update of a batch; nothing is paid for its records until it takes updates again. */
  indexPaused(what: { index: string; fault: Fault; waitMs: number }): void;
  /** More records are in the quarantine without a mark than can be kept in mind: the oldest come up again. */
  quarantineFull(what: { entries: number }): void;
  indexGoesOn(what: { index: string }): void;
  /** Vectors that the store has of equal texts are not looked for any longer. */
  reuseFailed(what: { fault: Fault }): void;
  mappingAdded(what: { index: string }): void;
  shardsFailed(what: { shards: number; during: string }): void;
  recordFailed(what: { index: string; id: string; outcome: Outcome; fault: Fault }): void;
  embedderFailed(what: { fault: Fault; deferred: number }): void;
  /** `fault`: a limit that is to be waited for, the embedder's or one of the settings. */
  waiting(what: { fault: Fault; waitMs: number }): void;
  /** Every request would meet the same fault: none is sent until the next cycle or, after a wait, one to try. */
  breakerOpened(what: { fault: Fault }): void;
  breakerClosed(what: { since: Date }): void;
  /** Once a day, or a cycle. `texts`: those at hand that are left without a vector. */
  budgetReached(what: { fault: Fault; texts: number; goesOnAt?: Date }): void;
  refreshFailed(what: { fault: Fault }): void;
} & ConsumingEvents;

/** What reads a topic: the tail of fresh logs, or a worker at the backlog. */
export type Consuming = "tail" | "worker";
/** The scheduler reads one as well, only to learn whether it leads. */
type Subscriber = Consuming | "scheduler";

/** What happens to what reads a topic. */
export type ConsumingEvents = {
  consumingStarted(what: { who: Consuming; topics: readonly string[]; group: string }): void;
  /** The group was balanced anew. */
  partitionsAssigned(what: { who: Consuming; partitions: readonly Partition[] }): void;
  /** Once, until messages come again. */
  sourceLost(what: { who: Subscriber; fault: Fault; waitMs: number }): void;
  sourceBack(what: { who: Subscriber }): void;
  /** OpenSearch or the embedder fails: once, until a batch goes through. */
  enrichingPaused(what: { who: Consuming; fault: Fault; waitMs: number }): void;
  enrichingGoesOn(what: { who: Consuming }): void;
  deadLetterSent(what: { code: string; reason: string; from: Position; topic: string }): void;
  deadLettersBlocked(what: { topic: string; fault: Fault; waitMs: number }): void;
  deadLettersGoOn(what: { topic: string }): void;
  /** Once, until a commit succeeds. */
  commitFailed(what: { who: Consuming; fault: Fault }): void;
  /** The backfill comes to these records; `outcome` says why they were not enriched here. */
  leftToBackfill(what: { who: Consuming; outcome: Outcome; records: number }): void;
  performance(what: Performance): void;
  consumingEnded(what: { who: Consuming; tally: ConsumerTally }): void;
  /** Whether this process, of all its replicas, publishes references. */
  leadershipChanged(what: { leads: boolean }): void;
  referencesPublished(what: { published: number; leads: boolean; topic: string }): void;
  /** Something that should never happen; the work goes on. */
  failedUnexpectedly(what: { who: Consuming; error: unknown }): void;
};

/** How it goes since it was last told. */
type Performance = {
  who: Consuming;
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

export type DrainProgress = {
  done: number;
  total: number;
  recordsPerSecond: number;
  secondsLeft: number | null;
  costUsd: number | null;
};

/** One thing that `init` does or proposes. */
export type SetupStep = {
  /** A sentence for a person. */
  description: string;
  request: { method: "PUT"; path: string; body: Record<string, unknown> };
  /** True where it changes what is not ours, and so is done only when asked for. */
  onlyOnApply: boolean;
};

export type SetupPlan = {
  steps: SetupStep[];
  /** What is in order already. */
  notes: string[];
  /** What cannot be done, and what follows from it. */
  warnings: string[];
  unfit: UnfitIndex[];
  /** Indices whose vectors can only be searched exactly. */
  exactOnly: string[];
};

/** Prepares a log store for vectors. Every method throws a Fault. */
export type StoreSetup = {
  plan(signal: AbortSignal): Promise<SetupPlan>;
  run(step: SetupStep, signal: AbortSignal): Promise<void>;
};
