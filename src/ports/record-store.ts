import type { IndexCoverage } from "../domain/coverage.ts";
import type { Fault } from "../domain/faults.ts";
import type { Gap } from "../domain/partial.ts";
import type { LogRecord } from "../domain/log-record.ts";
import type { SkipKind, SkipMark, Stamp, StampCheck } from "../domain/stamp.ts";
import type { StampKeys } from "../domain/stamp-keys.ts";
import type { Survey, UnfitIndex } from "../domain/survey.ts";
import type { Textless } from "../domain/textless.ts";
import type { VectorIndex } from "./vector-index.ts";

/** A record as the store holds it now, past the refresh interval of search. */
export type CurrentState =
  | { state: "missing" }
  /** The index does not answer the read. */
  | { state: "unreadable"; fault: Fault }
  /** As it was read before, without a vector. */
  | { state: "unchanged" }
  /**
   * Read again, because it changed or has a stamp. A vector on an unchanged record was written before its mapping and
   * is invisible to search.
   */
  | { state: "current"; changed: boolean; record: LogRecord; vector?: Float32Array };

/** One write: a vector with its stamp, a mark instead, or the removal of a mark. */
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

/** Cluster and version are absent where the server does not report them. */
export type StoreInfo = { cluster?: string; version?: string; url: string };

/** `fault`: the probe itself failed; then `allowed` is false. */
export type UpdateProbe = { index: string; allowed: boolean; reason?: string; fault?: Fault };

/** One pass over the records of an index as of its opening, each once. */
export type Scan = AsyncDisposable & {
  /** At most `limit` records; none at the end. A scan expires some minutes after its last use. */
  next(limit: number, signal: AbortSignal): Promise<LogRecord[]>;
};

/** `hung`: the request timed out, and another one would too. */
export type RefusedIndex = UnfitIndex & { hung?: Fault };

export type Prepared = { mapped: string[]; refused: RefusedIndex[] };

/** A document that a message refers to. */
export type Target = {
  id: string;
  /** Index, alias or data stream; absent: every fit index is searched. */
  index?: string;
  /** As in `Place`. */
  shardKey?: string;
};

export type Located =
  /** `unknownIndex`: the named index does not exist either. `gaps`: the document may be in what was not seen. */
  | { state: "missing"; unknownIndex: boolean; gaps?: readonly Gap[] }
  /** The document belongs to an index that is excluded. */
  | { state: "unfit" }
  | { state: "found"; record: LogRecord; current: CurrentState };

/** `atMs`: its sort value, milliseconds since the epoch; -Infinity without a time. */
export type OutdatedRecord = { record: LogRecord; atMs: number };

export type VectorsQuery = {
  textHashes: readonly string[];
  model: string;
  dimensions: number;
  /** Only vectors with a valid stamp are returned. */
  signer: StampCheck;
};

/** `truncated`: only the head of the text was embedded. */
export type StoredVector = { vector: Float32Array; truncated: boolean };

/** By text hash. `gaps`: what was not seen may hold more. */
export type FoundVectors = Map<string, StoredVector> & { gaps?: readonly Gap[] };

/** `uncounted`: indices that the store cannot count. */
export type UnfitCounts = {
  rows: { index: string; records: number }[];
  uncounted: string[];
};

/** `seen`: search shows what was written to these. An index that refreshes only by its own interval is in neither. */
export type Refreshed = { seen: string[]; failed: { index: string; fault: Fault }[] };

/** Occurrences of each level value, most frequent first. */
export type LevelCounts = {
  values: { field: string; value: string; records: number }[];
  /** There are more values than `values`. */
  truncated: boolean;
  gaps: readonly Gap[];
  /** Indices with a level field whose values cannot be counted. */
  uncounted: string[];
};

/** Finds records without a vector of the embedder's model, and writes vectors. Every method throws a Fault. */
export type RecordStore = VectorIndex & {
  readonly name: string;
  info(signal: AbortSignal): Promise<StoreInfo>;
  /** Classifies each concrete index behind the pattern. The other methods take names from the latest survey. */
  survey(signal: AbortSignal): Promise<Survey>;
  /** Adds the mapping of the vector and its stamp where it is missing. */
  prepare(indices: readonly string[], signal: AbortSignal): Promise<Prepared>;
  /**
   * One row per index, a lower bound where the index is among the gaps. Pending or outdated records of
   * `quarantinedKeys` count as quarantined. `oldest`: adds the time of the oldest pending record.
   */
  coverage(
    query: { indices: readonly string[]; quarantinedKeys?: readonly string[]; oldest?: boolean },
    signal: AbortSignal,
  ): Promise<{ rows: IndexCoverage[]; gaps: readonly Gap[] }>;
  /** Records of the wanted levels in unfit indices. */
  countUnfit(indices: readonly string[], signal: AbortSignal): Promise<UnfitCounts>;
  /** Text fields of some records of the wanted levels, for indices whose text is not found. */
  findTextElsewhere(indices: readonly string[], signal: AbortSignal): Promise<Textless[]>;
  /** The keys that signed the vectors of wanted records, in indices that have a mapping for it. */
  countStampKeys(
    indices: readonly string[],
    signal: AbortSignal,
  ): Promise<{ rows: StampKeys[]; gaps: readonly Gap[] }>;
  /** The levels of the records that are not wanted. */
  otherLevels(indices: readonly string[], signal: AbortSignal): Promise<LevelCounts>;
  /**
   * Pending records in their order, without the excluded keys. `perIndex`: at most so many of one index. `more`: the
   * answer's size limit left records out; it holds at least one.
   */
  findPending(
    query: {
      indices: readonly string[];
      limit: number;
      perIndex?: number;
      excludeKeys: readonly string[];
    },
    signal: AbortSignal,
  ): Promise<{ records: LogRecord[]; gaps: readonly Gap[]; more?: boolean }>;
  /**
   * Records with a vector of another model, newest first, those without a time last. `notAfterMs`: only those sorted at
   * that time or after it.
   */
  findOutdated(
    query: {
      indices: readonly string[];
      limit: number;
      excludeKeys: readonly string[];
      notAfterMs?: number;
    },
    signal: AbortSignal,
  ): Promise<{ records: OutdatedRecord[]; gaps: readonly Gap[] }>;
  /** Over wanted records with an unsigned vector of the embedder's model, without their texts. */
  openUnsignedScan(index: string, signal: AbortSignal): Promise<Scan>;
  /** Over pending records. */
  openScan(index: string, signal: AbortSignal): Promise<Scan>;
  /** Records with a mark of these kinds and no vector, including those due for a retry. */
  countMarked(
    query: { indices: readonly string[]; kinds: readonly SkipKind[]; ids?: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ rows: { index: string; records: number }[]; gaps: readonly Gap[] }>;
  /** Over those records, with the mark as their stamp and without their text. */
  openMarkedScan(
    query: { index: string; kinds: readonly SkipKind[]; ids?: readonly string[] },
    signal: AbortSignal,
  ): Promise<Scan>;
  /**
   * About `limit` records that a mark keeps from being pending, with their texts, latest change first: finds texts that
   * changed after they were marked.
   */
  findLatestMarked(
    query: { indices: readonly string[]; limit: number },
    signal: AbortSignal,
  ): Promise<LogRecord[]>;
  /**
   * Records of an index with a mark and no vector, without texts, in the order of writes, starting at `from`. `next`:
   * start of the next page, absent after the last. Records at the boundary may appear twice.
   */
  pageMarked(
    query: { index: string; from: number; limit: number },
    signal: AbortSignal,
  ): Promise<{ records: LogRecord[]; next?: number }>;
  /** Finds documents by id: at once where the index is known or can be guessed, else once search sees them. */
  locate(targets: readonly Target[], signal: AbortSignal): Promise<Located[]>;
  /** Vectors of equal texts that search sees in any fit index. */
  findVectors(what: VectorsQuery, signal: AbortSignal): Promise<FoundVectors>;
  /** One realtime read per record, in their order. */
  readCurrent(records: readonly LogRecord[], signal: AbortSignal): Promise<CurrentState[]>;
  /**
   * Writes each update under its record's version; results in their order. Once `urgent` aborts, writes are no longer
   * throttled.
   */
  write(
    updates: readonly Update[],
    signal: AbortSignal,
    urgent?: AbortSignal,
  ): Promise<WriteResult[]>;
  /** Makes writes visible to search; index by index where one does not answer. */
  refresh(indices: readonly string[], signal: AbortSignal): Promise<Refreshed>;
  /** Checks whether an update would be allowed, without one. */
  probeUpdates(indices: readonly string[], signal: AbortSignal): Promise<UpdateProbe[]>;
  close(): Promise<void>;
};
