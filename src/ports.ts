import type { AlertSeverity } from "./model/fault-policy.ts";
import type { IndexCoverage } from "./model/coverage.ts";
import type { FaultCounts } from "./model/fault-counts.ts";
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
  /** Whether the other side answers at all, without a request that costs anything; absent: nobody to ask. Throws a Fault. */
  probe?(signal: AbortSignal): Promise<void>;
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
  /** The next records, at most `limit`; none when the pass is over. Minutes after the last time it may have run out. */
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

/** Which records a search is over; what is absent lets all pass. Names are compared whole and in any case. */
export type RecordFilter = {
  /** Milliseconds since the epoch, both included. */
  since?: number;
  until?: number;
  level?: string;
  service?: string;
};

export type VectorScope = {
  /** Fit ones of the latest survey. */
  indices: readonly string[];
  filter: RecordFilter;
  /** Keys of records that are left out. */
  excludeKeys: readonly string[];
};

/** What can be compared under a filter, and what cannot. */
export type Comparable = {
  /** Records with a vector by the model that it is stamped with; `null`: not stamped. Most first. */
  models: { model: string | null; records: number }[];
  /** Indices in which there is nothing to ask for, or in which the filter cannot be asked. */
  leftOut: { index: string; reason: string }[];
  failedShards: number;
};

export type NearestQuery = VectorScope & {
  vector: Float32Array;
  /** Vectors of another model are not compared. */
  model: string;
  /** Hits at most, each of another text where the store can tell. */
  limit: number;
  /** Texts that are left out, by their hashes. */
  excludeHashes: readonly string[];
  /** Cosine similarity; absent: -1. */
  minScore?: number;
};

/** A record near a vector. `score`: their cosine similarity, -1 to 1, however it was found. */
export type Neighbour = { record: LogRecord; service?: string; score: number };

export type Nearest = {
  /** Best first. */
  hits: Neighbour[];
  /** Whether more are to be had behind these. */
  more: boolean;
  /** Of the records that lie in indices without a graph, how many were compared: the newest. */
  each: { indices: number; records: number; compared: number };
  failedShards: number;
};

/** Records that share a text. Times are in milliseconds since the epoch. */
export type Occurrences = { records: number; first?: number; last?: number };

/** Finds records by their vectors. Every method throws a Fault. */
type VectorSearch = {
  comparable(scope: VectorScope, signal: AbortSignal): Promise<Comparable>;
  nearest(query: NearestQuery, signal: AbortSignal): Promise<Nearest>;
  /** How often the texts occur, by their hashes, among records with a vector of the model. */
  occurrences(
    query: VectorScope & { model: string; textHashes: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ byHash: Map<string, Occurrences>; failedShards: number }>;
};

/** Finds records that lack a vector and writes vectors back. Every method throws a Fault. */
export type LogStore = VectorSearch & {
  readonly name: string;
  info(signal: AbortSignal): Promise<StoreInfo>;
  /** Judges each concrete index behind the pattern. The other methods take names from the latest survey. */
  survey(signal: AbortSignal): Promise<Survey>;
  /** Gives the vector and its stamp a mapping where they have none; asks nothing of an index that has it. */
  prepare(indices: readonly string[], signal: AbortSignal): Promise<Prepared>;
  /**
   * One row per index; an index with failed shards counts too low, so their number comes with the rows. Pending records
   * of `asideKeys` count as quarantined. `oldest`: with the time of the oldest pending record.
   */
  coverage(
    query: { indices: readonly string[]; asideKeys?: readonly string[]; oldest?: boolean },
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
  /**
   * Writes each update, guarded by its record's version; results in their order. Once `hurry` is aborted no write waits
   * for the sake of others.
   */
  write(
    updates: readonly Update[],
    signal: AbortSignal,
    hurry?: AbortSignal,
  ): Promise<WriteResult[]>;
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

/** One thing that an alert speaks of. Times are ISO 8601, UTC. */
export type AlertItem = {
  /** `worse`: it was told already, as a warning; `open`: a reminder. */
  state: "started" | "worse" | "open" | "ended";
  /** What kind of thing it is, and which one of them; the second is empty where there is but one. */
  what: string;
  which: string;
  severity: AlertSeverity;
  title: string;
  /** What happened. */
  detail: string;
  since: string;
  /** When it was over. */
  until?: string;
  /** What it costs: records that wait, money. */
  cost?: string;
  /** What to do about it. */
  todo: string;
};

/** One message to people. It holds no secret and no text of a log. */
export type AlertMessage = {
  /** The same wherever it is sent to, and however often. */
  id: string;
  at: string;
  /** One line. */
  subject: string;
  /** All of it, in lines for a person. */
  text: string;
  /** None in a test. */
  items: AlertItem[];
  /** Where the page is. */
  page?: string;
  service: { version: string; role: string; host: string };
};

/** Takes messages to people. */
export type AlertChannel = {
  readonly name: "slack" | "webhook" | "email";
  /** One try. Throws a Fault. */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
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
  /** A paused index is gone, closed, or has nothing pending any more. */
  indexNotWaitedFor(what: { index: string }): void;
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
  /** Once, until everything can be kept again; until then memory serves. */
  stateUnwritable(what: { path: string; problem: string }): void;
  stateWritable(what: { path: string }): void;
} & CountedEvents &
  ConsumingEvents &
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
export type RecordSource = "backfill" | "search" | Consuming;

/** Whom requests are sent to. */
export type CallTarget = "embedder" | "opensearch";

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
  callEnded(what: { target: CallTarget; durationMs: number; fault?: Fault }): void;
  /** A request that failed is sent again, so many times. */
  callRepeated(what: { target: CallTarget; times: number }): void;
};

/** What happens to the HTTP server. */
export type HttpEvents = {
  httpStarted(what: { url: string; open: boolean }): void;
  /** It cannot listen there, and the process goes on without. */
  httpUnavailable(what: { problem: string }): void;
  /** `route`: as it was registered, without what was asked for; `reason`: why it was refused. */
  requestEnded(what: {
    method: string;
    route: string;
    status: number;
    durationMs: number;
    reason?: string;
  }): void;
  /** Something that should never happen; the caller was told no more than that. */
  requestFailed(what: { method: string; route: string; error: unknown }): void;
};

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

/** What a span tells beside its name: numbers, and words of which there are few; never a text, an id or a secret. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** The W3C headers by which one process names its span to another, as they stand. */
export type TraceHeaders = { readonly traceparent?: string; readonly tracestate?: string };

export type SpanStart = {
  /** Absent: it is about nobody else. */
  kind?: "server" | "client" | "consumer" | "producer";
  attributes?: SpanAttributes;
  /** Of another process that asked for it; absent: what is under way here. */
  parent?: TraceHeaders;
  /** Of what else led to it. */
  links?: readonly TraceHeaders[];
  /** None where nothing is under way here that it could be a part of. */
  inner?: boolean;
  /** A trace of its own, that names what is under way here by a link: for what may be very many. */
  apart?: boolean;
  /** The number of the run that it is; every log line within names that run. */
  cycle?: number;
};

/** A piece of work on its way. */
export type Span = {
  set(attributes: SpanAttributes): void;
  /** It came to no good end. `type`: the kind of a Fault, or another word of few. */
  failed(type: string): void;
};

/** Tells of pieces of work as spans of traces. */
export type Tracer = {
  /** Runs the work as a part of what is under way here. Where it throws, the span has failed and the error is thrown on. */
  span<T>(name: string, start: SpanStart, work: (span: Span) => Promise<T>): Promise<T>;
  /** Names the span under way to whoever is asked to do a part of it; empty where nobody traces. */
  headers(): TraceHeaders;
};

/** Where spans go. */
export type TraceSink = {
  /** `parent`: one of its own spans. Throws nothing. */
  begin(
    name: string,
    start: Omit<SpanStart, "cycle" | "inner">,
    parent: OpenSpan | undefined,
  ): OpenSpan;
  /** Sends what is left, for as long as a stop may wait. */
  close(): Promise<void>;
};

export type OpenSpan = Span & {
  /** Hex, as W3C has them. */
  readonly traceId: string;
  readonly spanId: string;
  headers(): TraceHeaders;
  end(): void;
};
