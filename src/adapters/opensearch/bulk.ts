import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import type { LogRecord } from "../../domain/log-record.ts";
import type { Update, WriteResult } from "../../ports/record-store.ts";
import type { Api } from "./api.ts";
import type { BulkPiece } from "./bulk-body.ts";
import { itemFault } from "./faults.ts";
import { BASIS_PROPERTIES, GROUP_PROPERTIES, SEAL_PROPERTIES } from "./mapping.ts";
import type { VectorFields } from "./queries.ts";
import { guardOf } from "./version.ts";

const itemShape = z.object({
  update: z.object({
    status: z.number(),
    error: z
      .object({
        type: z.string(),
        reason: z.string().nullish(),
        caused_by: z.object({ reason: z.string().nullish() }).optional(),
      })
      .optional(),
  }),
});
const answerShape = z.object({ took: z.number().optional(), items: z.array(itemShape) });
export type BulkAnswer = z.infer<typeof answerShape>;
type Item = z.infer<typeof itemShape>;

export const NO_ANSWER: BulkAnswer = { items: [] };

/**
 * Which parts of a stamp or mark the index has mappings for: `basis` (what a mark rests on), `seal` (the signature),
 * `group` (the id of its group).
 */
type Takes = { basis: boolean; seal: boolean; group: boolean };

/** `takes`: default: all of them. */
export type WrittenFields = VectorFields & { takes?: (index: string) => Takes };

/** One bulk request without retries. `waitMs`: how long OpenSearch may wait for a shard (its default: a minute). */
export async function sendBulk(
  api: Api,
  { lines, waitMs }: { lines: Buffer | string; waitMs: number | undefined },
  signal: AbortSignal,
): Promise<BulkAnswer> {
  const query = {
    filter_path: "took,items.*.status,items.*.error",
    ...(waitMs === undefined ? {} : { timeout: `${waitMs}ms` }),
  };
  const request = { method: "POST", path: "/_bulk", query, lines, once: true } as const;
  return api.send(request, answerShape, signal);
}

export function itemResult(item: Item | undefined, fields?: VectorFields): WriteResult {
  if (!item) {
    return { status: "failed", fault: new Fault("outage", "OpenSearch left an update unanswered") };
  }
  const { status, error } = item.update;
  if (!error) return { status: "written" };
  if (status === 409) return { status: "conflicted" };
  if (error.type === "document_missing_exception") return { status: "missing" };
  return { status: "failed", fault: itemFault(status, error, fields) };
}

/** An update guarded by the version that was read, never an upsert. */
function actionLine({ index, id, shardKey, version }: LogRecord): string {
  const action = {
    _index: index,
    _id: id,
    ...(shardKey === undefined ? {} : { routing: shardKey }),
    ...guardOf(version),
  };
  return `${JSON.stringify({ update: action })}\n`;
}

/**
 * Two lines of a bulk body. `detect_noop` is off: a vector written before its mapping is in `_source` but not indexed,
 * and a no-op update would never index it.
 */
export function updateLines(
  update: Update,
  { vectorField, metaField, takes }: WrittenFields,
): BulkPiece[] {
  const meta = metaAfter(update, takes?.(update.record.index) ?? EVERYTHING);
  const start = `${actionLine(update.record)}{"doc":{${JSON.stringify(metaField)}:${JSON.stringify(meta)}`;
  const end = `},"detect_noop":false}\n`;
  if (!("vector" in update)) {
    const none = update.record.textChanged ? `,${JSON.stringify(vectorField)}:null` : "";
    return [start + none + end];
  }
  return [`${start},${JSON.stringify(vectorField)}:`, update.vector, end];
}

const EVERYTHING: Takes = { basis: true, seal: true, group: true };

/** null removes a mark, or the stamp of a vector that is removed. */
function metaAfter(update: Update, takes: Takes): object | null {
  if ("unmark" in update) return null;
  // Updates merge objects: the rest of the stamp stays.
  if ("group" in update) return { group: update.group };
  const whole = "stamp" in update ? update.stamp : update.mark;
  const { basis, seal, group } = takes;
  if (basis && seal && group && update.record.stamp === undefined) return whole;
  const meta = Object.entries(whole).filter(
    ([key]) =>
      (basis || !(key in BASIS_PROPERTIES)) &&
      (seal || !(key in SEAL_PROPERTIES)) &&
      (group || !(key in GROUP_PROPERTIES)),
  );
  return { ...cleared(update.record), ...Object.fromEntries(meta) };
}

/** An update merges objects, so the properties of an earlier stamp or mark are set to null. */
function cleared({ stamp = {} }: LogRecord): Record<string, null> {
  return Object.fromEntries(Object.keys(stamp).map((key) => [key, null]));
}
