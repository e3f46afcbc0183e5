/** One log document as the log store handed it out. */
export type LogRecord = {
  /** Concrete index (a backing index for a data stream), never an alias or a pattern. */
  index: string;
  /** Of that index, which another one of the same name does not share; absent where the store does not tell it. */
  indexUuid?: string;
  id: string;
  routing?: string;
  /** The document's version at the time it was read; every write is guarded by the pair. */
  seqNo: number;
  primaryTerm: number;
  /** The message as it stands in the document; blank where there is none. */
  text: string;
  /** The fields that were looked at for the text, in this order; the first that is not blank is the text. */
  textFields?: readonly string[];
  /** The text is only the head of a longer one. */
  cut?: true;
  timestamp?: string;
  level?: string;
  traceId?: string;
  /** What stands beside the vector already: another run's stamp, or marks of an earlier failure. */
  stamp?: Record<string, unknown>;
  /** It carries a vector of another model, which stays until the new one is written; no mark takes its place. */
  outdated?: true;
};

/** What tells a record from every other, also from one of the same id in an earlier index of the same name. */
export type RecordId = { index: string; indexUuid?: string; id: string };

/**
 * `index#uuid/id`, for maps and for what is remembered; `index/id` where the UUID is not known. Index names hold neither
 * `#` nor `/`, UUIDs no `/`.
 */
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

/** The record as of a version that no document has: a look reads it with its text and its vector. */
export function withoutVersion<Place extends object>(
  record: Place,
): Place & Pick<LogRecord, "seqNo" | "primaryTerm"> {
  return { ...record, seqNo: -1, primaryTerm: 0 };
}
