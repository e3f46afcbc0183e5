/** One log document as the log store handed it out. */
export type LogRecord = {
  /** Concrete index (a backing index for a data stream), never an alias or a pattern. */
  index: string;
  id: string;
  routing?: string;
  /** The document's version at the time it was read; every write is guarded by the pair. */
  seqNo: number;
  primaryTerm: number;
  /** The message as it stands in the document; blank where there is none. */
  text: string;
  timestamp?: string;
  level?: string;
  traceId?: string;
  /** What stands beside the vector already: another run's stamp, or marks of an earlier failure. */
  stamp?: Record<string, unknown>;
  /** It carries a vector of another model, which stays until the new one is written; no mark takes its place. */
  outdated?: true;
};

/** Names one record across all indices; index names hold no slash. */
export function recordKey(record: { index: string; id: string }): string {
  return `${record.index}/${record.id}`;
}
