import type { Gap } from "../domain/partial.ts";
import type { Fault } from "../domain/faults.ts";
import type { LogRecord, RecordId } from "../domain/log-record.ts";
import type { Stamp, StampCheck } from "../domain/stamp.ts";

/** Absent fields match everything. Names match whole and regardless of case. */
export type RecordFilter = {
  /** Milliseconds since the epoch, both included. */
  since?: number;
  until?: number;
  level?: string;
  service?: string;
  /**
   * Parts that the text must have, each in one piece, as the store's words go. An index apart from the store has no texts
   * and ignores them: search looks at each hit.
   */
  phrases?: readonly string[];
};

export type VectorScope = {
  /** Fit indices of the latest survey. */
  indices: readonly string[];
  filter: RecordFilter;
  excludeKeys: readonly string[];
};

/** What a filter leaves to compare. */
export type Comparable = {
  /** Records with a vector, by the model of their stamp (`null`: no stamp); most first. */
  models: { model: string | null; records: number }[];
  /** Indices without vectors, or whose fields do not support the filter. */
  leftOut: { index: string; reason: string }[];
  gaps: readonly Gap[];
};

export type NearestQuery = VectorScope & {
  vector: Float32Array;
  /** Only vectors of this model are compared. */
  model: string;
  /** Maximum of hits, each of another text where the store can tell. */
  limit: number;
  /** Hashes of texts to leave out. */
  excludeHashes: readonly string[];
  /** Cosine similarity; absent: -1. */
  minScore?: number;
};

/**
 * `score`: cosine similarity, -1 to 1. An index apart from the store knows of the record what it was given, and has no
 * text of it.
 */
export type Neighbour = { record: LogRecord; score: number };

export type Nearest = {
  /** Best first. */
  hits: Neighbour[];
  /** Whether further hits exist. */
  more: boolean;
  /** Of the records in indices without a graph (exact search), how many were compared: the newest. */
  each: { indices: number; records: number; compared: number };
  gaps: readonly Gap[];
};

/** Records of one text. Times: milliseconds since the epoch. */
export type Occurrences = { records: number; first?: number; last?: number };

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

/** What names one vector of one record beside the record: the same vector has the same name again and again. */
export type PointName = Pick<Stamp, "text_hash" | "model" | "dimensions">;

export type VectorPoint = { record: LogRecord; vector: Float32Array; stamp: Stamp };

/** Finds vectors: in the records themselves, or in a system apart from them. Every method throws a Fault. */
export type VectorIndex = {
  comparable(scope: VectorScope, signal: AbortSignal): Promise<Comparable>;
  nearest(query: NearestQuery, signal: AbortSignal): Promise<Nearest>;
  /** Occurrences of the texts, by hash, among records with a vector of the model. */
  occurrences(
    query: VectorScope & { model: string; textHashes: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ byHash: Map<string, Occurrences>; gaps: readonly Gap[] }>;
  /** Vectors of equal texts, one for each hash that has any. */
  findVectors(what: VectorsQuery, signal: AbortSignal): Promise<FoundVectors>;
  /**
   * Keeps vectors of records whose store keeps none; `findVectors` sees them at once. A point that is there already is
   * replaced. Why each was not taken, in their order. Absent: the record store keeps them.
   */
  upsert?(points: readonly VectorPoint[], signal: AbortSignal): Promise<(Fault | undefined)[]>;
  /** Deletes the vector of that name, or (without one) all of the record. Absent: they go with the record. */
  delete?(
    points: readonly { record: RecordId; name?: PointName }[],
    signal: AbortSignal,
  ): Promise<void>;
};
