import { z } from "zod";
import { cutText } from "../../domain/cut-text.ts";
import { asText, EXCEPTION_FIELDS, isObject, readPath } from "../../domain/document.ts";
import type { LogRecord } from "../../domain/log-record.ts";
import { isSeverityNumber, severityName } from "../../domain/severity.ts";
import type { IndexShape } from "./index-shape.ts";
import { versionOf } from "./version.ts";

/** A document as search and _mget return it. */
export const documentShape = z.object({
  _index: z.string(),
  _id: z.string(),
  _routing: z.string().optional(),
  _seq_no: z.number(),
  _primary_term: z.number(),
  // As it is: a record of zod's would be a copy of each document.
  _source: z.custom<Record<string, unknown>>(isObject).default({}),
  sort: z.array(z.unknown()).optional(),
});
export type StoredDocument = z.infer<typeof documentShape>;

/** The field of the stamp, and how many UTF-8 bytes of a text are kept (absent: all). */
export type ReadFields = { metaField: string; maxTextBytes?: number };

export function toRecord(
  document: StoredDocument,
  shape: IndexShape,
  { metaField, maxTextBytes = Infinity }: ReadFields,
): LogRecord {
  const { _source: source } = document;
  const read = (path: string) => asText(readPath(source, path));
  const timestamp = shape.timestampField ? read(shape.timestampField) : "";
  const level = shape.levelFields
    .map((field) => (isSeverityNumber(field) ? severityName(read(field)) : read(field)))
    .find(Boolean);
  const traceId = read("trace.id") || read("trace_id");
  const service = shape.services.map(({ name }) => read(name)).find(Boolean);
  const exception = EXCEPTION_FIELDS.map(read).find(Boolean);
  const stamp = source[metaField];
  const { text, cut } = cutText(textOf(shape.messageFields.map(read)), maxTextBytes);
  return {
    index: document._index,
    ...(shape.uuid === undefined ? {} : { indexUuid: shape.uuid }),
    id: document._id,
    ...(document._routing === undefined ? {} : { shardKey: document._routing }),
    version: versionOf(document),
    text,
    textFields: shape.messageFields,
    ...(cut && { cut }),
    ...(timestamp ? { timestamp } : {}),
    ...(level ? { level } : {}),
    ...(traceId ? { traceId } : {}),
    ...(service ? { service } : {}),
    ...(exception ? { exception } : {}),
    ...(isObject(stamp) ? { stamp } : {}),
  };
}

/** Milliseconds since the epoch; -Infinity without a time. */
export function timeIn({ timestamp = "" }: LogRecord): number {
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? -Infinity : ms;
}

/** The first text that is not blank; else the first blank one, which is marked as nothing to embed. */
function textOf(texts: readonly string[]): string {
  return texts.find((text) => text.trim() !== "") ?? texts.find(Boolean) ?? "";
}
