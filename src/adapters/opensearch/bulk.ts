import { z } from "zod";
import { Fault } from "../../model/faults.ts";
import type { LogRecord } from "../../model/log-record.ts";
import type { Update, WriteResult } from "../../ports.ts";
import type { Api } from "./api.ts";
import { itemFault } from "./faults.ts";
import { existing } from "./look.ts";
import type { VectorFields } from "./queries.ts";

/** OpenSearch's own advice is 5 to 15 MB a request; AWS refuses more than 10 MB on small nodes. */
const MAX_BULK_BYTES = 5_000_000;

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
const answerShape = z.object({ items: z.array(itemShape) });
type Item = z.infer<typeof itemShape>;

/**
 * Writes the updates in requests of bounded size and reads every item; results in the order of the updates. A request
 * that fails as a whole fails its own updates, and those after it are not tried.
 */
export async function bulkUpdate(
  api: Api,
  updates: readonly Update[],
  fields: VectorFields,
  signal: AbortSignal,
): Promise<WriteResult[]> {
  const results: WriteResult[] = [];
  for (const lines of chunksBySize(updates.map((update) => updateLines(update, fields)))) {
    const part = updates.slice(results.length, results.length + lines.length);
    const written = await sendChunk(api, part, lines, signal);
    if (written instanceof Fault) {
      const failed = { status: "failed" as const, fault: written };
      return [...results, ...updates.slice(results.length).map(() => failed)];
    }
    results.push(...written);
  }
  return results;
}

/** Never lets a bulk request bring a deleted index back: an update creates the index that it does not find. */
async function sendChunk(
  api: Api,
  updates: readonly Update[],
  lines: readonly string[],
  signal: AbortSignal,
): Promise<WriteResult[] | Fault> {
  try {
    const there = await existing(api, [...new Set(updates.map((u) => u.record.index))], signal);
    const kept = lines.filter((_, i) => there.has(updates[i]?.record.index ?? ""));
    const items = kept.length > 0 ? await sendLines(api, kept.join(""), signal) : [];
    let next = 0;
    return updates.map((update) =>
      there.has(update.record.index) ? itemResult(items[next++]) : { status: "missing" },
    );
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

async function sendLines(api: Api, lines: string, signal: AbortSignal): Promise<Item[]> {
  const query = { filter_path: "items.*.status,items.*.error" };
  const request = { method: "POST", path: "/_bulk", query, lines } as const;
  return (await api.send(request, answerShape, signal)).items;
}

function itemResult(item: Item | undefined): WriteResult {
  if (!item) {
    return { status: "failed", fault: new Fault("outage", "OpenSearch left an update unanswered") };
  }
  const { status, error } = item.update;
  if (!error) return { status: "written" };
  if (status === 409) return { status: "conflicted" };
  if (error.type === "document_missing_exception") return { status: "missing" };
  const reason = error.caused_by?.reason ?? error.reason;
  return { status: "failed", fault: itemFault(status, { type: error.type, reason }) };
}

/** Groups of whole entries, each at most `maxBytes` long; a longer entry stands alone. */
export function chunksBySize(entries: readonly string[], maxBytes = MAX_BULK_BYTES): string[][] {
  const chunks: string[][] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const length = Buffer.byteLength(entry);
    if (bytes + length > maxBytes) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)?.push(entry);
    bytes += length;
  }
  return chunks;
}

/** The action line, guarded by the record's version; never an upsert. */
function actionLine({ index, id, routing, seqNo, primaryTerm }: LogRecord): string {
  const action = {
    _index: index,
    _id: id,
    ...(routing === undefined ? {} : { routing }),
    if_seq_no: seqNo,
    if_primary_term: primaryTerm,
  };
  return `${JSON.stringify({ update: action })}\n`;
}

/**
 * Two lines of a bulk body. `detect_noop` is off because what stands unindexed in a document (written before its
 * mapping) would otherwise count as already there, and never be found.
 */
function updateLines(update: Update, { vectorField, metaField }: VectorFields): string {
  const meta = { ...cleared(update.record), ...("mark" in update ? update.mark : update.stamp) };
  const fields = [`${JSON.stringify(metaField)}:${JSON.stringify(meta)}`];
  if ("vector" in update) {
    fields.push(`${JSON.stringify(vectorField)}:${vectorJson(update.vector)}`);
  }
  return `${actionLine(update.record)}{"doc":{${fields.join(",")}},"detect_noop":false}\n`;
}

/** An update merges objects, so what an earlier stamp or mark said is set to null. */
function cleared({ stamp = {} }: LogRecord): Record<string, null> {
  return Object.fromEntries(Object.keys(stamp).map((key) => [key, null]));
}

/** Values rounded to 1e-8 print in half the bytes of a float32 widened to a double. */
export function vectorJson(vector: Float32Array): string {
  const rounded = Array.from(vector, (value) => Math.round(value * 1e8) / 1e8);
  return JSON.stringify(rounded);
}

/** Whether an update of each index would be allowed: updates of documents that do not exist. */
export async function probeUpdates(
  api: Api,
  indices: readonly string[],
  signal: AbortSignal,
): Promise<{ index: string; allowed: boolean; reason?: string }[]> {
  const there = await existing(api, indices, signal);
  const kept = indices.filter((index) => there.has(index));
  const lines = kept.map((index) => {
    const action = {
      update: { _index: index, _id: `log-vectorizer-probe-${crypto.randomUUID()}` },
    };
    return `${JSON.stringify(action)}\n${JSON.stringify({ doc: {} })}\n`;
  });
  const items = lines.length > 0 ? await sendLines(api, lines.join(""), signal) : [];
  const results = new Map(kept.map((index, i) => [index, itemResult(items[i])]));
  return indices.map((index) => {
    const result = results.get(index);
    if (!result) return { index, allowed: false, reason: "the index is gone" };
    if (result.status !== "failed") return { index, allowed: true };
    return { index, allowed: false, reason: result.fault.message };
  });
}
