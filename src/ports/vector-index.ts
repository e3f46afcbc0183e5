import type { Gap } from "../domain/partial.ts";
import type { LogRecord } from "../domain/log-record.ts";

/** Absent fields match everything. Names match whole and regardless of case. */
export type RecordFilter = {
  /** Milliseconds since the epoch, both included. */
  since?: number;
  until?: number;
  level?: string;
  service?: string;
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

/** `score`: cosine similarity, -1 to 1. */
export type Neighbour = { record: LogRecord; service?: string; score: number };

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

/** Every method throws a Fault. */
export type VectorIndex = {
  comparable(scope: VectorScope, signal: AbortSignal): Promise<Comparable>;
  nearest(query: NearestQuery, signal: AbortSignal): Promise<Nearest>;
  /** Occurrences of the texts, by hash, among records with a vector of the model. */
  occurrences(
    query: VectorScope & { model: string; textHashes: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ byHash: Map<string, Occurrences>; gaps: readonly Gap[] }>;
};
