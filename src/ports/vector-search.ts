import type { Gap } from "../domain/partial.ts";
import type { LogRecord } from "../domain/log-record.ts";

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
  gaps: readonly Gap[];
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
  gaps: readonly Gap[];
};

/** Records that share a text. Times are in milliseconds since the epoch. */
export type Occurrences = { records: number; first?: number; last?: number };

/** Finds records by their vectors. Every method throws a Fault. */
export type VectorSearch = {
  comparable(scope: VectorScope, signal: AbortSignal): Promise<Comparable>;
  nearest(query: NearestQuery, signal: AbortSignal): Promise<Nearest>;
  /** How often the texts occur, by their hashes, among records with a vector of the model. */
  occurrences(
    query: VectorScope & { model: string; textHashes: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ byHash: Map<string, Occurrences>; gaps: readonly Gap[] }>;
};
