import type { IndexCoverage } from "../../model/coverage.ts";
import { recordKey, type LogRecord } from "../../model/log-record.ts";
import type { Look } from "../../ports/log-store.ts";

export type Source = Record<string, unknown>;

/** A document as it was at one version. */
export type Doc = {
  readonly id: string;
  readonly source: Source;
  readonly seqNo: number;
  readonly routing?: string;
  /** True where search does not see its vector: it was written before there was a mapping. */
  readonly unindexed: boolean;
};

export const VECTOR_FIELD = "log_vector";
export const META_FIELD = "log_vector_meta";
export const ID_FIELD = "log_id";

/** Which documents are to get a vector. */
export type Wanted = {
  /** In lower case. */
  levels: ReadonlySet<string>;
  /** Younger ones are left to the tail. */
  minAgeMs: number;
};

export function stampOf({ source }: Doc): Source | undefined {
  const meta = source[META_FIELD];
  return typeof meta === "object" && meta !== null ? { ...meta } : undefined;
}

function isWanted({ source }: Doc, { levels }: Wanted): boolean {
  return levels.has(String(source["level"]).toLowerCase());
}

/** Whether search finds a vector in it. */
export function hasVector({ source, unindexed }: Doc): boolean {
  return Array.isArray(source[VECTOR_FIELD]) && !unindexed;
}

/** The stored vector, whether search sees it or not. */
export function vectorOf({ source }: Doc): Float32Array | undefined {
  const values = source[VECTOR_FIELD];
  return Array.isArray(values) ? Float32Array.from(values, Number) : undefined;
}

/** Marked, and not due to be tried again. */
function isMarked(doc: Doc, now: number): boolean {
  const { skipped, next_try: nextTry } = stampOf(doc) ?? {};
  if (skipped === undefined || skipped === null) return false;
  return typeof nextTry !== "string" || Date.parse(nextTry) > now;
}

/** Says of itself that it was refused, due again or not. */
export function saysRefused(doc: Doc, wanted: Wanted): boolean {
  return isWanted(doc, wanted) && !hasVector(doc) && stampOf(doc)?.["skipped"] === "refused";
}

/** A message that is missing, null or [] does not exist for a search; a blank one does. */
function isPending(doc: Doc, wanted: Wanted, now: number): boolean {
  const { message } = doc.source;
  const exists = Array.isArray(message) ? message.length > 0 : typeof message === "string";
  return isWanted(doc, wanted) && exists && !hasVector(doc) && !isMarked(doc, now);
}

/** Pending, and old enough to be handed out. */
export function isOpen(doc: Doc, wanted: Wanted, now: number): boolean {
  return isPending(doc, wanted, now) && !isYoung(doc, wanted, now);
}

/** A time ahead of the clock by more than the least age is nothing to wait for. */
function isYoung({ source }: Doc, { minAgeMs }: Wanted, now: number): boolean {
  const age = now - Date.parse(String(source["@timestamp"]));
  return minAgeMs > 0 && age < minAgeMs && age >= -minAgeMs;
}

export function toRecord(index: string, doc: Doc): LogRecord {
  const { "@timestamp": timestamp, level, message, "trace.id": traceId } = doc.source;
  const stamp = stampOf(doc);
  return {
    index,
    id: doc.id,
    ...(doc.routing === undefined ? {} : { routing: doc.routing }),
    seqNo: doc.seqNo,
    primaryTerm: 1,
    text: textOf(message),
    ...(typeof timestamp === "string" ? { timestamp } : {}),
    ...(typeof level === "string" ? { level } : {}),
    ...(typeof traceId === "string" ? { traceId } : {}),
    ...(stamp ? { stamp } : {}),
  };
}

function textOf(message: unknown): string {
  if (typeof message === "string") return message;
  return Array.isArray(message) ? message.map(textOf).filter(Boolean).join("\n") : "";
}

export function newestFirst(a: LogRecord, b: LogRecord): number {
  const time = ({ timestamp }: LogRecord) =>
    timestamp === undefined ? -Infinity : Date.parse(timestamp);
  return time(a) === time(b) ? 0 : time(b) - time(a);
}

/** What a document is now, beside what it was when the record was read. */
export function lookAt(record: LogRecord, doc: Doc | undefined): Look {
  if (!doc) return { state: "missing" };
  const changed = doc.seqNo !== record.seqNo;
  if (!changed && record.stamp?.["model"] === undefined) return { state: "unchanged" };
  return current(record.index, doc, changed);
}

export function current(index: string, doc: Doc, changed: boolean): Look & { state: "current" } {
  const vector = vectorOf(doc);
  const record = toRecord(index, doc);
  return { state: "current", changed, record, ...(vector ? { vector } : {}) };
}

/** The counts of one index, out of the documents that search sees in it. */
export function coverageOf(
  index: string,
  seen: readonly Doc[],
  { wanted, now, aside }: { wanted: Wanted; now: number; aside: ReadonlySet<string> },
): IndexCoverage {
  const docs = seen.filter((doc) => isWanted(doc, wanted));
  const vectorized = docs.filter(hasVector).length;
  const open = docs.filter((doc) => isPending(doc, wanted, now));
  const pending = open.filter(({ id }) => !aside.has(recordKey({ index, id }))).length;
  const refused = docs.filter((doc) => saysRefused(doc, wanted) && isMarked(doc, now)).length;
  const quarantined = refused + open.length - pending;
  const withoutText = docs.length - vectorized - pending - quarantined;
  return { index, records: docs.length, vectorized, pending, quarantined, withoutText };
}
