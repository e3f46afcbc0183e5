import { NO_VERSION, type Version } from "./version.ts";

/**
 * Names one record. `shardKey`: what the store needs beside the id to find it, where it was written with one
 * (OpenSearch's routing, a partition key).
 */
export type Place = { index: string; id: string; shardKey?: string };

/** Of anything that has a place. */
export function placeOf({ index, id, shardKey }: Place): Place {
  return { index, id, ...(shardKey === undefined ? {} : { shardKey }) };
}

/** One log document as the store returned it. */
export type LogRecord = {
  /** Concrete index (a backing index for a data stream), never an alias or a pattern. */
  index: string;
  /** UUID of the index, which differs for a later index of that name; absent where the store has none. */
  indexUuid?: string;
  id: string;
  shardKey?: string;
  /** When it was read; guards every write. */
  version: Version;
  /** The message; blank where there is none. */
  text: string;
  /** Fields that were read for the text, in order; the first that is not blank is the text. */
  textFields?: readonly string[];
  /** The text was cut. */
  cut?: true;
  timestamp?: string;
  level?: string;
  traceId?: string;
  service?: string;
  /** The type of its exception, where a field says it. */
  exception?: string;
  /** The stamp or skip mark of an earlier run. */
  stamp?: Record<string, unknown>;
  /** Has a vector of another model or of an earlier text, which is to be replaced. */
  outdated?: true;
  /**
   * Its vector is of an earlier text (and so `outdated`): a write without a vector removes that one. The vector of another
   * model stays until it is replaced, and its record is never marked.
   */
  textChanged?: true;
};

/** Identifies a record, also among indices of the same name over time. */
export type RecordId = { index: string; indexUuid?: string; id: string };

/** `index#uuid/id`, or `index/id` without a UUID. Index names contain neither `#` nor `/`, UUIDs no `/`. */
export function recordKey({ index, indexUuid, id }: RecordId): string {
  return `${indexKey({ index, indexUuid })}/${id}`;
}

/** The part of a record key that names the index: `index#uuid`, or `index`. */
export function indexKey({ index, indexUuid }: { index: string; indexUuid?: string | undefined }) {
  return indexUuid === undefined ? index : `${index}#${indexUuid}`;
}

/** `index/id`, for people. */
export function recordName({ index, id }: Pick<RecordId, "index" | "id">): string {
  return `${index}/${id}`;
}

/** The record with a version that no document has, so that the store reads its text and vector. */
export function withoutVersion<Read extends object>(
  record: Read,
): Read & Pick<LogRecord, "version"> {
  return { ...record, version: NO_VERSION };
}
