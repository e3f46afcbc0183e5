import { z } from "zod";
import { isPassing } from "../../model/fault-policy.ts";
import { Fault } from "../../model/faults.ts";
import type { LogRecord } from "../../model/log-record.ts";
import type { LogStore, Update, UpdateProbe, WriteResult } from "../../ports/log-store.ts";
import type { Api } from "./api.ts";
import type { BulkEnded, BulkGate } from "./bulk-gate.ts";
import { createBulkBody, MAX_BULK_BYTES, type BulkBody, type BulkPiece } from "./bulk-body.ts";
import { itemFault } from "./faults.ts";
import { existing } from "./look.ts";
import type { VectorFields } from "./queries.ts";

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
type Item = z.infer<typeof itemShape>;

/** Writes updates in requests of bounded size and reads every item. */
export type BulkWriter = LogStore["write"];

/** The buffers of finished writes serve the next ones. */
export function createBulkWriter(
  api: Api,
  fields: VectorFields,
  gate: BulkGate,
  maxBytes = MAX_BULK_BYTES,
): BulkWriter {
  const idle: BulkBody[] = [];
  return async (updates, signal, hurry) => {
    const body = idle.pop() ?? createBulkBody(maxBytes);
    const enter = () => gate.enter(signal, hurry);
    const results = await writeAll({ api, fields, enter, body }, updates, signal);
    // After a request that broke off its socket may still hold the buffer.
    if (results.every(({ status }) => status !== "failed")) idle.push(body);
    return results;
  };
}

type Writing = {
  api: Api;
  fields: VectorFields;
  enter: () => ReturnType<BulkGate["enter"]>;
  body: BulkBody;
};

/** Results in the order of the updates. A request that fails as a whole fails its own updates and all after it. */
async function writeAll(
  writing: Writing,
  updates: readonly Update[],
  signal: AbortSignal,
): Promise<WriteResult[]> {
  const results: WriteResult[] = [];
  while (results.length < updates.length) {
    try {
      results.push(...(await writeSome(writing, updates.slice(results.length), signal)));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const failed = { status: "failed" as const, fault: error };
      return [...results, ...updates.slice(results.length).map(() => failed)];
    }
  }
  return results;
}

/**
 * Writes as many of the updates as one request holds; results of those. A bulk update creates the index that it does not
 * find, so whether the indices are still there is asked right before.
 */
async function writeSome(
  { api, fields, enter, body }: Writing,
  updates: readonly Update[],
  signal: AbortSignal,
): Promise<WriteResult[]> {
  const ended = await enter();
  let told: BulkEnded = { updates: 0 };
  try {
    const there = await existing(api, [...new Set(updates.map((u) => u.record.index))], signal);
    const packed = pack(updates, { fields, body, there });
    const answer = body.bytes().length > 0 ? await send(api, body.bytes(), signal) : NOTHING;
    let next = 0;
    const results = packed.map(({ sent }): WriteResult =>
      sent ? itemResult(answer.items[next++], fields) : { status: "missing" },
    );
    told = endedBy(answer, results);
    return results;
  } catch (error) {
    told = { updates: 0, tooMuch: error instanceof Fault && isPassing(error.kind) };
    throw error;
  } finally {
    ended(told);
  }
}

/** Fills the body with as many as it holds; those of a missing index are not sent. */
function pack(
  updates: readonly Update[],
  { fields, body, there }: Omit<Writing, "api" | "enter"> & { there: ReadonlySet<string> },
): { sent: boolean }[] {
  body.clear();
  const packed: { sent: boolean }[] = [];
  for (const update of updates) {
    const sent = there.has(update.record.index);
    if (sent && !body.add(updateLines(update, fields))) break;
    packed.push({ sent });
  }
  return packed;
}

type Answer = z.infer<typeof answerShape>;
const NOTHING: Answer = { items: [] };

/** Items that the cluster had no room for show that it was too much as much as a whole request does. */
function endedBy({ took, items }: Answer, results: readonly WriteResult[]): BulkEnded {
  const tooMuch = results.some((one) => one.status === "failed" && one.fault.kind === "rate");
  return { updates: items.length, tooMuch, ...(took === undefined ? {} : { tookMs: took }) };
}

async function send(api: Api, lines: Buffer | string, signal: AbortSignal): Promise<Answer> {
  const query = { filter_path: "took,items.*.status,items.*.error" };
  const request = { method: "POST", path: "/_bulk", query, lines, once: true } as const;
  return api.send(request, answerShape, signal);
}

function itemResult(item: Item | undefined, fields?: VectorFields): WriteResult {
  if (!item) {
    return { status: "failed", fault: new Fault("outage", "OpenSearch left an update unanswered") };
  }
  const { status, error } = item.update;
  if (!error) return { status: "written" };
  if (status === 409) return { status: "conflicted" };
  if (error.type === "document_missing_exception") return { status: "missing" };
  return { status: "failed", fault: itemFault(status, error, fields) };
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
function updateLines(update: Update, { vectorField, metaField }: VectorFields): BulkPiece[] {
  const meta = metaAfter(update);
  const start = `${actionLine(update.record)}{"doc":{${JSON.stringify(metaField)}:${JSON.stringify(meta)}`;
  const end = `},"detect_noop":false}\n`;
  if (!("vector" in update)) return [start + end];
  return [`${start},${JSON.stringify(vectorField)}:`, update.vector, end];
}

/** Null takes away a mark whole. */
function metaAfter(update: Update): object | null {
  if ("unmark" in update) return null;
  return { ...cleared(update.record), ...("mark" in update ? update.mark : update.stamp) };
}

/** An update merges objects, so what an earlier stamp or mark said is set to null. */
function cleared({ stamp = {} }: LogRecord): Record<string, null> {
  return Object.fromEntries(Object.keys(stamp).map((key) => [key, null]));
}

/** Whether an update of each index would be allowed: updates of documents that do not exist. */
export async function probeUpdates(
  api: Api,
  indices: readonly string[],
  signal: AbortSignal,
): Promise<UpdateProbe[]> {
  const there = await existing(api, indices, signal);
  const kept = indices.filter((index) => there.has(index));
  const lines = kept.map((index) => {
    const action = {
      // An index may want a routing, and one that does not takes any.
      update: { _index: index, _id: `log-vectorizer-probe-${crypto.randomUUID()}`, routing: "0" },
    };
    return `${JSON.stringify(action)}\n${JSON.stringify({ doc: {} })}\n`;
  });
  const answer = lines.length > 0 ? await send(api, lines.join(""), signal) : NOTHING;
  const results = new Map(kept.map((index, i) => [index, itemResult(answer.items[i])]));
  return indices.map((index) => {
    const result = results.get(index);
    if (!result) return { index, allowed: false, reason: "the index is gone" };
    if (result.status !== "failed") return { index, allowed: true };
    const { fault } = result;
    const probe = { index, allowed: false, reason: fault.message };
    return isPassing(fault.kind) ? { ...probe, fault } : probe;
  });
}
