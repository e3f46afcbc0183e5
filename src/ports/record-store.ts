import type { IndexCoverage } from "../domain/coverage.ts";
import type { Fault } from "../domain/faults.ts";
import type { Gap } from "../domain/partial.ts";
import type { LogRecord } from "../domain/log-record.ts";
import type { SkipKind, SkipMark, Stamp } from "../domain/stamp.ts";
import type { StampKeys } from "../domain/stamp-keys.ts";
import type { Survey, UnfitIndex } from "../domain/survey.ts";
import type { Textless } from "../domain/textless.ts";
import type { VectorScope } from "./vector-index.ts";

/** What a store can do of itself; where it cannot, the core does what is said here. */
export type StoreCapabilities = {
  /**
   * Queries answer in order of time, over all indices. False: in any order; the core goes through all of them by leaving
   * out what it has had.
   */
  ordered: boolean;
  /**
   * A write is carried out only where the record still has the version that was read. False: the core reads each record
   * again just before it writes. A change within that moment may then end beside a vector of the text before.
   */
  guardedWrites: boolean;
  /**
   * Queries see a write some time later. False: at once, and the core neither waits for a written record nor leaves it
   * out by its key.
   */
  delayedVisibility: boolean;
  /**
   * Vectors stand in the records. False: the core writes each vector to the VectorIndex first and its stamp to the record
   * then, and reads it from there.
   */
  storesVectors: boolean;
};

/** A record as the store holds it now, whether queries see that yet or not. */
export type CurrentState =
  | { state: "missing" }
  /** It cannot be read now. */
  | { state: "unreadable"; fault: Fault }
  /** As it was read before, without a vector. */
  | { state: "unchanged" }
  /**
   * Read again, because it changed or has a stamp. A vector on an unchanged record is one that search cannot see.
   * `vector`: where the store keeps vectors.
   */
  | { state: "current"; changed: boolean; record: LogRecord; vector?: Float32Array };

/**
 * One write: a vector with its stamp, a mark instead, the removal of a mark, or the group alone into a stamp that has none.
 * Mark and its removal also remove the vector of a record whose `textChanged`.
 */
export type Update = { record: LogRecord } & (
  | { vector: Float32Array; stamp: Stamp }
  | { mark: SkipMark }
  | { unmark: true }
  | { group: string }
);

export type WriteResult =
  | { status: "written" }
  | { status: "missing" }
  | { status: "conflicted" }
  | { status: "failed"; fault: Fault };

/** Cluster and version are absent where the server does not report them. */
export type StoreInfo = { cluster?: string; version?: string; url: string };

/** `fault`: the probe itself failed; then `allowed` is false. */
export type WriteProbe = { index: string; allowed: boolean; reason?: string; fault?: Fault };

/** One pass over the records of an index as of its opening, each once. */
export type Scan = AsyncDisposable & {
  /** At most `limit` records; none at the end. A scan expires some minutes after its last use. */
  next(limit: number, signal: AbortSignal): Promise<LogRecord[]>;
};

/** `hung`: the request timed out, and another one would too. */
export type RefusedIndex = UnfitIndex & { hung?: Fault };

/** `mapped`: those that had no place for vector and stamp before. */
export type Prepared = { mapped: string[]; refused: RefusedIndex[] };

/** A document that a message refers to. */
export type Target = {
  id: string;
  /** An index, or a name that stands for several; absent: every fit index is searched. */
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

/** A page of records with a vector; both cursors are the store's own, and a process may keep them for a later one. */
export type EmbeddedPage = { records: LogRecord[] } & ({ next: string } | { end: string });

export type WordsQuery = VectorScope & {
  /** Different words, at least one; a hit has one of them or more, in any case. */
  words: readonly string[];
  /** Maximum of hits. */
  limit: number;
  /** Text hashes of stamps whose records to leave out. */
  excludeHashes: readonly string[];
};

export type FoundByWords = {
  /** Best first. `score`: BM25 or the like, comparable within this answer. */
  hits: { record: LogRecord; score: number }[];
  /** Whether further hits exist. */
  more: boolean;
  /** Indices whose fields do not support the filter, or a search by words. */
  leftOut: { index: string; reason: string }[];
  gaps: readonly Gap[];
};

/** Either of a trace or of a service; times in milliseconds since the epoch, both included. */
export type AroundQuery = {
  /** Fit indices of the latest survey. */
  indices: readonly string[];
  of: { traceId: string } | { service: string };
  since: number;
  until: number;
  limit: number;
};

/** `uncounted`: indices that the store cannot count. */
export type UnfitCounts = {
  rows: { index: string; records: number }[];
  uncounted: string[];
};

/** `seen`: queries show all that was written to these. What becomes visible only in its own time is in neither. */
export type MadeVisible = { seen: string[]; failed: { index: string; fault: Fault }[] };

/** Occurrences of each level value, most frequent first. */
export type LevelCounts = {
  values: { field: string; value: string; records: number }[];
  /** There are more values than `values`. */
  truncated: boolean;
  gaps: readonly Gap[];
  /** Indices with a level field whose values cannot be counted. */
  uncounted: string[];
};

/**
 * Finds records without a vector of the embedder's model, and writes vectors or their stamps. A record is pending where it
 * has a wanted level, a text, no vector (no stamp, where the store keeps no vectors) and no mark that holds. Every method
 * throws a Fault.
 */
export type RecordStore = {
  readonly name: string;
  readonly capabilities: StoreCapabilities;
  info(signal: AbortSignal): Promise<StoreInfo>;
  /**
   * Which of these models stamps name, in all indices that the settings name and as of the last refresh. It needs no survey:
   * the answer decides for which model the store is opened. `gaps`: what was not seen.
   */
  storedModels(
    models: readonly string[],
    signal: AbortSignal,
  ): Promise<{ models: string[]; gaps: readonly Gap[] }>;
  /** Classifies each index that the settings name. The other methods take names from the latest survey. */
  survey(signal: AbortSignal): Promise<Survey>;
  /** Makes the place for vector and stamp where it is missing. */
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
   * Pending records, without the excluded keys. `perIndex`: at most so many of one index. `more`: the
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
   * Records with a vector of another model; where the store is `ordered` newest first, those without a time last.
   * `notAfterMs`: only those sorted at that time or after it, asked only of a store that is `ordered`.
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
  /**
   * Over wanted records with an unsigned vector of the embedder's model, without their texts. Absent: there are none, for
   * no release wrote unsigned stamps to such a store.
   */
  openUnsignedScan?(index: string, signal: AbortSignal): Promise<Scan>;
  /**
   * Over wanted records with a vector whose stamps name no group, as they are. Absent: there are none, for no release wrote
   * such stamps to this store.
   */
  openUngroupedScan?(index: string, signal: AbortSignal): Promise<Scan>;
  /**
   * A page of the wanted records of an index with a vector of any model, with texts and stamps, as queries see them, in the
   * order of their latest change. `sinceMs`: without those of an earlier time. `from`: the `next` of the page before, or
   * the `end` of an earlier pass, after which only what changed since comes; absent: from the beginning. A pass has `end` on
   * its last page and `next` on the others; it does not go beyond what was there when it began.
   */
  pageEmbedded(
    query: { index: string; limit: number; from?: string; sinceMs?: number },
    signal: AbortSignal,
  ): Promise<EmbeddedPage>;
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
   * About `limit` records that a mark keeps from being pending, with their texts, latest change first where the store can
   * tell: finds texts that changed after they were marked.
   */
  findLatestMarked(
    query: { indices: readonly string[]; limit: number },
    signal: AbortSignal,
  ): Promise<LogRecord[]>;
  /**
   * A page of the records of an index with a mark and no vector, without texts, in an order that stays. `from`: the `next`
   * of the page before, absent for the first; `next` is absent after the last. Records at the boundary may appear twice.
   */
  pageMarked(
    query: { index: string; from?: string; limit: number },
    signal: AbortSignal,
  ): Promise<{ records: LogRecord[]; next?: string }>;
  /**
   * The records that have these words in their texts, rare words first, of the wanted levels or with a vector of any model.
   * A text may be cut to its head. Absent: the store cannot tell.
   */
  findByWords?(query: WordsQuery, signal: AbortSignal): Promise<FoundByWords>;
  /**
   * Records of any level, with a text and a time, latest first; those of indices whose fields do not tell are not among them. A text may be
   * cut to its head; fewer than `limit` may come where some of the latest have no text. Absent: the store cannot tell.
   */
  findAround?(
    query: AroundQuery,
    signal: AbortSignal,
  ): Promise<{ records: LogRecord[]; gaps: readonly Gap[] }>;
  /** Finds documents by id: at once where the index is known or can be guessed, else once queries see them. */
  locate(targets: readonly Target[], signal: AbortSignal): Promise<Located[]>;
  /** One realtime read per record, in their order. */
  readCurrent(records: readonly LogRecord[], signal: AbortSignal): Promise<CurrentState[]>;
  /**
   * Writes each update; results in their order. `conflicted`: the record has another version by now, where writes are
   * guarded. Where the store keeps no vectors, the stamp alone is written. Once `urgent` aborts, writes are no longer
   * throttled.
   */
  write(
    updates: readonly Update[],
    signal: AbortSignal,
    urgent?: AbortSignal,
  ): Promise<WriteResult[]>;
  /** Makes writes visible to queries. Absent: they are at once, or (`delayedVisibility`) only in their own time. */
  makeVisible?(indices: readonly string[], signal: AbortSignal): Promise<MadeVisible>;
  /** Checks whether a write would be allowed, without one. Absent: only a write shows it. */
  probeWritable?(indices: readonly string[], signal: AbortSignal): Promise<WriteProbe[]>;
  close(): Promise<void>;
};
