import { cutText } from "../../../src/domain/cut-text.ts";
import { readPath } from "../../../src/domain/document.ts";
import { sumModels, type IndexCoverage, type ModelRecords } from "../../../src/domain/coverage.ts";
import { recordKey, type LogRecord } from "../../../src/domain/log-record.ts";
import {
  isDue,
  isOfModel,
  markHolds,
  type SkipKind,
  type VectorModel,
} from "../../../src/domain/stamp.ts";
import { asVersion, type Version } from "../../../src/domain/version.ts";
import type { CurrentState } from "../../../src/ports/record-store.ts";

export type Source = Record<string, unknown>;

export type Doc = {
  readonly id: string;
  readonly source: Source;
  readonly seqNo: number;
  readonly shardKey?: string;
  /** Search does not see its vector: it was written before the mapping. */
  readonly unindexed: boolean;
};

export function versionOf({ seqNo }: Pick<Doc, "seqNo">): Version {
  return asVersion(`${seqNo}`);
}

export const VECTOR_FIELD = "log_vector";
export const META_FIELD = "log_vector_meta";
export const ID_FIELD = "log_id";
const TEXT_FIELDS = ["message"];

export type Wanted = {
  /** In lower case. */
  levels: ReadonlySet<string>;
  /** Younger ones belong to the tail. */
  minAgeMs: number;
  /** The model whose vectors and refusals count; absent: any. */
  inForce?: VectorModel;
  /** Absent: refusals of any token limit hold. */
  tokenLimit?: number;
};

export function stampOf({ source }: Doc): Source | undefined {
  const meta = source[META_FIELD];
  return typeof meta === "object" && meta !== null ? { ...meta } : undefined;
}

export function isWanted({ source }: Doc, { levels }: Wanted): boolean {
  return levels.has(String(source["level"]).toLowerCase());
}

export function hasVector({ source, unindexed }: Doc): boolean {
  return Array.isArray(source[VECTOR_FIELD]) && !unindexed;
}

/** The stored vector, indexed or not. */
export function vectorOf({ source }: Doc): Float32Array | undefined {
  const values = source[VECTOR_FIELD];
  return Array.isArray(values) ? Float32Array.from(values, Number) : undefined;
}

/** Has a mark that holds as far as a search can tell, and is not due. */
function isMarked(doc: Doc, { inForce, tokenLimit }: Wanted, now: number): boolean {
  const stamp = stampOf(doc);
  if (!stamp || isDue(stamp, now)) return false;
  const { text_hash: textHash } = stamp;
  const own = typeof textHash === "string" ? textHash : "";
  const by = {
    model: inForce?.model ?? String(stamp["refused_by"]),
    ...(tokenLimit === undefined ? {} : { tokenLimit }),
  };
  return markHolds({ ...stamp, text_hash: own }, { field: TEXT_FIELDS.join(), textHash: own, by });
}

/** Not pending because of its mark. */
export function isMarkedNow(doc: Doc, wanted: Wanted, now: number): boolean {
  return isWanted(doc, wanted) && !hasVector(doc) && isMarked(doc, wanted, now);
}

/** Has a mark of these kinds and no vector, due or not. */
export function bears(doc: Doc, kinds: readonly SkipKind[], wanted: Wanted): boolean {
  const skipped = stampOf(doc)?.["skipped"];
  return isWanted(doc, wanted) && !hasVector(doc) && kinds.some((kind) => kind === skipped);
}

/** A search treats a missing message, null and [] as absent, and a blank one as present. */
function hasText({ source: { message } }: Doc): boolean {
  return Array.isArray(message) ? message.length > 0 : typeof message === "string";
}

function isPending(doc: Doc, wanted: Wanted, now: number): boolean {
  return isWanted(doc, wanted) && hasText(doc) && !hasVector(doc) && !isMarked(doc, wanted, now);
}

function isOfAnother(doc: Doc, { inForce }: Wanted): boolean {
  return inForce !== undefined && !isOfModel(stampOf(doc), inForce);
}

export function isOutdated(doc: Doc, wanted: Wanted): boolean {
  const isOld = hasVector(doc) && isOfAnother(doc, wanted);
  const { skipped, field } = stampOf(doc) ?? {};
  const isEmpty = skipped === "empty" && field === TEXT_FIELDS.join();
  return isWanted(doc, wanted) && isOld && hasText(doc) && !isEmpty;
}

/** Pending and older than the minimum age. */
export function isOpen(doc: Doc, wanted: Wanted, now: number): boolean {
  return isPending(doc, wanted, now) && !isYoung(doc, wanted, now);
}

/** A time in the future by more than the minimum age is a clock error. */
function isYoung({ source }: Doc, { minAgeMs }: Wanted, now: number): boolean {
  const age = now - Date.parse(String(source["@timestamp"]));
  return minAgeMs > 0 && age < minAgeMs && age >= -minAgeMs;
}

/** Name and UUID of an index, and how many UTF-8 bytes of a text are kept. */
export type IndexId = { index: string; indexUuid?: string; maxTextBytes?: number };

export function toRecord(
  { index, indexUuid, maxTextBytes = Infinity }: IndexId,
  doc: Doc,
): LogRecord {
  const { "@timestamp": timestamp, level, message, "trace.id": traceId } = doc.source;
  const stamp = stampOf(doc);
  const service = serviceOf(doc.source);
  const exception = doc.source["error.type"];
  const { text, cut } = cutText(textOf(message), maxTextBytes);
  return {
    index,
    ...(indexUuid === undefined ? {} : { indexUuid }),
    id: doc.id,
    ...(doc.shardKey === undefined ? {} : { shardKey: doc.shardKey }),
    version: versionOf(doc),
    text,
    textFields: TEXT_FIELDS,
    ...(cut && { cut }),
    ...(typeof timestamp === "string" ? { timestamp } : {}),
    ...(typeof level === "string" ? { level } : {}),
    ...(typeof traceId === "string" ? { traceId } : {}),
    ...(service === undefined ? {} : { service }),
    ...(typeof exception === "string" ? { exception } : {}),
    ...(stamp ? { stamp } : {}),
  };
}

function serviceOf(source: Source): string | undefined {
  const name = readPath(source, "service.name") ?? source["service"];
  return typeof name === "string" ? name : undefined;
}

/** The host of a document, and the version of its service. */
export function namesIn(source: Source): { host?: string; version?: string } {
  const [host, version] = [readPath(source, "host.name"), readPath(source, "service.version")];
  return {
    ...(typeof host === "string" ? { host } : {}),
    ...(typeof version === "string" ? { version } : {}),
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

/** The current state of a document compared with the record as it was read. */
export function currentStateOf(
  record: LogRecord,
  doc: Doc | undefined,
  where: IndexId,
): CurrentState {
  if (!doc) return { state: "missing" };
  const changed = versionOf(doc) !== record.version;
  // Search sees the vector of an outdated record.
  const isSearched = record.outdated ?? record.stamp?.["model"] === undefined;
  if (!changed && isSearched) return { state: "unchanged" };
  const state = currentState(where, doc, changed);
  if (!record.outdated || !state.vector) return state;
  const { textChanged } = record;
  return {
    ...state,
    record: { ...state.record, outdated: true, ...(textChanged && { textChanged }) },
  };
}

export function currentState(
  index: IndexId,
  doc: Doc,
  changed: boolean,
): CurrentState & { state: "current" } {
  const vector = vectorOf(doc);
  const record = toRecord(index, doc);
  return { state: "current", changed, record, ...(vector ? { vector } : {}) };
}

/** The counts of one index from the documents that search sees. */
export function coverageOf(
  where: IndexId,
  seen: readonly Doc[],
  { wanted, now, aside }: { wanted: Wanted; now: number; aside: ReadonlySet<string> },
): IndexCoverage {
  const docs = seen.filter((doc) => isWanted(doc, wanted));
  const isAside = ({ id }: Doc) => aside.has(recordKey({ ...where, id }));
  const vectorized = docs.filter((doc) => hasVector(doc) && !isOfAnother(doc, wanted)).length;
  const outdated = docs.filter((doc) => isOutdated(doc, wanted));
  const others = outdated.filter((doc) => !isAside(doc));
  const open = docs.filter((doc) => isPending(doc, wanted, now));
  const pending = open.filter((doc) => !isAside(doc)).length;
  const refused = docs.filter(
    (doc) => bears(doc, ["refused"], wanted) && isMarked(doc, wanted, now),
  ).length;
  const quarantined = refused + open.length - pending + outdated.length - others.length;
  const withoutText = docs.length - vectorized - others.length - pending - quarantined;
  const counts = { records: docs.length, vectorized, pending, quarantined, withoutText };
  const otherModels = sumModels(others.map(modelOf));
  return { index: where.index, ...counts, otherModel: others.length, otherModels };
}

function modelOf(doc: Doc): ModelRecords {
  const { model, dimensions } = stampOf(doc) ?? {};
  return {
    model: typeof model === "string" ? model : null,
    dimensions: typeof dimensions === "number" ? dimensions : null,
    records: 1,
  };
}
