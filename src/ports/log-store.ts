import type { IndexCoverage } from "../domain/coverage.ts";
import type { Fault } from "../domain/faults.ts";
import type { Gap } from "../domain/partial.ts";
import type { LogRecord } from "../domain/log-record.ts";
import type { SkipKind, SkipMark, Stamp, StampCheck } from "../domain/stamp.ts";
import type { StampKeys } from "../domain/stamp-keys.ts";
import type { Survey, UnfitIndex } from "../domain/survey.ts";
import type { Textless } from "../domain/textless.ts";
import type { VectorSearch } from "./vector-search.ts";

/** What the store knows of a record right now, seen past its refresh interval. */
export type CurrentState =
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

/** Without cluster and version where the server does not tell them, though it answers what the work asks. */
export type StoreInfo = { cluster?: string; version?: string; url: string };

/** `fault`: it could not be found out now, by nobody's fault; then it is not allowed either. */
export type UpdateProbe = { index: string; allowed: boolean; reason?: string; fault?: Fault };

/** One pass over records of one index, each once, as they stood when it was opened. */
export type Scan = AsyncDisposable & {
  /** The next records, at most `limit`; none when the pass is over. Minutes after the last time it may have run out. */
  next(limit: number, signal: AbortSignal): Promise<LogRecord[]>;
};

/** `hung`: nobody answered, and to ask again soon would take as long. */
export type RefusedIndex = UnfitIndex & { hung?: Fault };

/** The indices that were given their mapping, and those that took none. */
export type Prepared = { mapped: string[]; refused: RefusedIndex[] };

/** A document that is sought by what a message says of it. */
export type Target = {
  id: string;
  /** Index, alias or data stream; without it every fit index is searched. */
  index?: string;
  routing?: string;
};

export type Located =
  /**
   * Not there yet. `unknownIndex`: neither is what was named as its index. `gaps`: it may be there, in what was not seen.
   */
  | { state: "missing"; unknownIndex: boolean; gaps?: readonly Gap[] }
  /** It would be in an index that is left alone. */
  | { state: "unfit" }
  | { state: "found"; record: LogRecord; current: CurrentState };

/** `atMs`: what it was ordered by, milliseconds since the epoch; -Infinity where it has no time. */
export type OutdatedRecord = { record: LogRecord; atMs: number };

export type VectorsQuery = {
  textHashes: readonly string[];
  model: string;
  dimensions: number;
  /** Only vectors whose stamps hold are handed out. */
  signer: StampCheck;
};

/** `truncated`: only the head of the text was embedded. */
export type StoredVector = { vector: Float32Array; truncated: boolean };

/** By text hash. `gaps`: what was not seen may hold vectors that are not among these. */
export type FoundVectors = Map<string, StoredVector> & { gaps?: readonly Gap[] };

/** `uncounted`: indices of which the store cannot tell. */
export type UnfitCounts = {
  rows: { index: string; records: number }[];
  uncounted: string[];
};

/** `seen`: search sees what was written to these. In neither where the store refreshes in its own time alone. */
export type Refreshed = { seen: string[]; failed: { index: string; fault: Fault }[] };

/** How often each value stands in a level field, the most frequent first. */
export type LevelCounts = {
  values: { field: string; value: string; records: number }[];
  /** True where there are more values than are told. */
  truncated: boolean;
  gaps: readonly Gap[];
  /** Indices with a level field whose values cannot be counted. */
  uncounted: string[];
};

/** Finds records that lack a vector of the model it was opened for, and writes vectors back. Every method throws a Fault. */
export type LogStore = VectorSearch & {
  readonly name: string;
  info(signal: AbortSignal): Promise<StoreInfo>;
  /** Judges each concrete index behind the pattern. The other methods take names from the latest survey. */
  survey(signal: AbortSignal): Promise<Survey>;
  /** Gives the vector and its stamp a mapping where they have none; asks nothing of an index that has it. */
  prepare(indices: readonly string[], signal: AbortSignal): Promise<Prepared>;
  /**
   * One row per index; where an index is among the gaps, its counts are only what was seen. Records of `quarantinedKeys` that are pending or outdated count as quarantined. `oldest`: with the time of the oldest pending record.
   */
  coverage(
    query: { indices: readonly string[]; quarantinedKeys?: readonly string[]; oldest?: boolean },
    signal: AbortSignal,
  ): Promise<{ rows: IndexCoverage[]; gaps: readonly Gap[] }>;
  /** How many records of the wanted levels these unfit indices hold. */
  countUnfit(indices: readonly string[], signal: AbortSignal): Promise<UnfitCounts>;
  /** Fields in which records of wanted levels hold words, by a few of each index; for where the text is not found. */
  findTextElsewhere(indices: readonly string[], signal: AbortSignal): Promise<Textless[]>;
  /** By which keys the vectors of wanted records are signed, where an index has a mapping for that. */
  countStampKeys(
    indices: readonly string[],
    signal: AbortSignal,
  ): Promise<{ rows: StampKeys[]; gaps: readonly Gap[] }>;
  /** The levels of the records that are not of a wanted one. */
  otherLevels(indices: readonly string[], signal: AbortSignal): Promise<LevelCounts>;
  /**
   * Pending records in the wanted order, at most `limit`, without those of the excluded record keys. `perIndex`: no more
   * of any one index than that. Default: as many as there is room for. `more`: there are some that an answer of bounded
   * size had no room for; it holds one at least.
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
   * Records with a text whose vector is not of the model in force, newest first and those without a time last, at most
   * `limit`, without those of the excluded record keys. `notAfterMs`: only those ordered at that time or behind it.
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
  /** Over its wanted records with a vector of the model in force that nobody has signed, without their texts. */
  openUnsignedScan(index: string, signal: AbortSignal): Promise<Scan>;
  /** Over its pending records. */
  openScan(index: string, signal: AbortSignal): Promise<Scan>;
  /** How many records bear a mark of these kinds and no vector, those included that are due again. */
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
   * Records that a mark keeps out of what is pending, with their texts, the latest that changed first; about `limit`. A
   * text that changed beside its mark is found so.
   */
  findLatestMarked(
    query: { indices: readonly string[]; limit: number },
    signal: AbortSignal,
  ): Promise<LogRecord[]>;
  /**
   * Records of an index that bear a mark and no vector, without their texts, in the order of their writes, from the place
   * `from` on; `next`: where the following page begins, absent after the last. Those at its seam may come twice.
   */
  pageMarked(
    query: { index: string; from: number; limit: number },
    signal: AbortSignal,
  ): Promise<{ records: LogRecord[]; next?: number }>;
  /** Finds documents by id: at once where it can be guessed in which index, else as soon as search sees them. */
  locate(targets: readonly Target[], signal: AbortSignal): Promise<Located[]>;
  /** Vectors of equal texts, by text hash, out of documents that search sees in any fit index. */
  findVectors(what: VectorsQuery, signal: AbortSignal): Promise<FoundVectors>;
  /** One realtime look at each record, in their order. */
  readCurrent(records: readonly LogRecord[], signal: AbortSignal): Promise<CurrentState[]>;
  /**
   * Writes each update, guarded by its record's version; results in their order. Once `hurry` is aborted no write waits
   * for the sake of others.
   */
  write(
    updates: readonly Update[],
    signal: AbortSignal,
    urgent?: AbortSignal,
  ): Promise<WriteResult[]>;
  /** Makes what was written visible to search, index by index where one of them does not answer. */
  refresh(indices: readonly string[], signal: AbortSignal): Promise<Refreshed>;
  /** Whether an update would be allowed; updates nothing. */
  probeUpdates(indices: readonly string[], signal: AbortSignal): Promise<UpdateProbe[]>;
  close(): Promise<void>;
};
