import { isTransient } from "../../domain/fault-policy.ts";
import { Fault } from "../../domain/faults.ts";
import type { RecordStore, Update, WriteResult } from "../../ports/record-store.ts";
import type { Api } from "./api.ts";
import { createBulkBody, MAX_BULK_BYTES, type BulkBody } from "./bulk-body.ts";
import type { BulkEnded, BulkLimiter } from "./bulk-limiter.ts";
import {
  itemResult,
  NO_ANSWER,
  sendBulk,
  updateLines,
  type BulkAnswer,
  type WrittenFields,
} from "./bulk.ts";
import { existing } from "./read-current.ts";
import { couldBeCausedByOneIndex, type FailureAttribution } from "./failure-attribution.ts";

/** Writes updates in requests of bounded size and reads each item's result. */
export type BulkWriter = RecordStore["write"];

export type BulkWriterDeps = {
  api: Api;
  fields: WrittenFields;
  limiter: BulkLimiter;
  attribution: FailureAttribution;
  /** How long OpenSearch may wait for a shard; absent where the store takes no such parameter. */
  waitMs?: number | undefined;
  maxBytes?: number;
};

/** Buffers of finished writes are reused. */
export function createBulkWriter(deps: BulkWriterDeps): BulkWriter {
  const { limiter, maxBytes = MAX_BULK_BYTES } = deps;
  const idle: BulkBody[] = [];
  const stalled = createStalledIndices();
  return (updates, signal, urgent) =>
    stalled.inLanes(updates, async (lane, { alone }) => {
      const body = idle.pop() ?? createBulkBody(maxBytes);
      // A stalled index takes no slot of the limiter.
      const acquire = () => (alone ? UNLIMITED : limiter.acquire(signal, urgent));
      const results = await writeAll({ ...deps, stalled, acquire, body }, lane, signal);
      // The socket of a failed request may still hold the buffer.
      if (results.every(({ status }) => status !== "failed")) idle.push(body);
      return results;
    });
}

const UNLIMITED: ReturnType<BulkLimiter["acquire"]> = Promise.resolve(() => undefined);

type Writing = Pick<BulkWriterDeps, "api" | "fields" | "attribution" | "waitMs"> & {
  stalled: StalledIndices;
  acquire: () => ReturnType<BulkLimiter["acquire"]>;
  body: BulkBody;
};

/**
 * Results in the order of the updates. A request that fails as a whole fails its own updates and all after it, or only
 * those of the index that caused the failure.
 */
async function writeAll(
  writing: Writing,
  updates: readonly Update[],
  signal: AbortSignal,
): Promise<WriteResult[]> {
  const results = new Map<Update, WriteResult>();
  for (let open = updates; open.length > 0; open = open.filter((one) => !results.has(one))) {
    const wrote = await writeSome(writing, open, signal);
    if (!("failed" in wrote)) {
      wrote.results.forEach((result, i) => open[i] && results.set(open[i], result));
      continue;
    }
    const { fault, index } = await attributeFailure(writing, wrote, signal);
    for (const update of open) {
      if (index !== undefined && update.record.index !== index) continue;
      results.set(update, { status: "failed", fault });
    }
  }
  return updates.map((update) => results.get(update) ?? UNANSWERED);
}

const UNANSWERED = itemResult(undefined);

/** `indices`: the indices in the request. */
type Failed = { failed: Fault; indices: readonly string[] };

/** With several indices in a request, each is tried alone before one is blamed. */
async function attributeFailure(
  { stalled, attribution }: Writing,
  { failed: fault, indices }: Failed,
  signal: AbortSignal,
): Promise<{ fault: Fault; index?: string }> {
  if (!couldBeCausedByOneIndex(fault)) return { fault };
  stalled.markStalled(indices);
  const [index, second] = indices;
  if (index === undefined || second !== undefined) return { fault };
  const attributed = await attribution.attributeToIndex(index, fault, signal);
  return attributed.kind === "index" ? { fault: attributed, index } : { fault };
}

/**
 * Writes as many updates as one request holds. A bulk update would create a missing index, so existence is checked
 * right before.
 */
async function writeSome(
  { api, fields, acquire, body, stalled, waitMs }: Writing,
  updates: readonly Update[],
  signal: AbortSignal,
): Promise<{ results: WriteResult[] } | Failed> {
  const ended = await acquire();
  let outcome: BulkEnded = { updates: 0 };
  let indices = indicesOf(updates);
  try {
    const there = await existing(api, indices, signal);
    const packed = pack(updates, { fields, body, there });
    indices = indicesOf(updates.slice(0, packed.length));
    const lines = body.bytes();
    const answer = lines.length > 0 ? await sendBulk(api, { lines, waitMs }, signal) : NO_ANSWER;
    let next = 0;
    const results = packed.map(({ sent }): WriteResult =>
      sent ? itemResult(answer.items[next++], fields) : { status: "missing" },
    );
    stalled.recordResults(updates, results);
    outcome = endedBy(answer, results);
    return { results };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    outcome = { updates: 0, overloaded: isTransient(error.kind) };
    return { failed: error, indices };
  } finally {
    ended(outcome);
  }
}

function indicesOf(updates: readonly Update[]): string[] {
  return [...new Set(updates.map(({ record }) => record.index))];
}

/** Fills the body; updates of a missing index are not sent. */
function pack(
  updates: readonly Update[],
  { fields, body, there }: Pick<Writing, "fields" | "body"> & { there: ReadonlySet<string> },
): { sent: boolean }[] {
  body.clear();
  const packed: { sent: boolean }[] = [];
  for (const update of updates) {
    const { index } = update.record;
    const sent = there.has(index);
    if (sent && !body.add(updateLines(update, fields))) break;
    packed.push({ sent });
  }
  return packed;
}

/** Rejected items mean overload as much as a rejected request does. */
function endedBy({ took, items }: BulkAnswer, results: readonly WriteResult[]): BulkEnded {
  const faults = results.flatMap((one) => (one.status === "failed" ? [one.fault] : []));
  const overloaded = faults.some(({ kind }) => kind === "rate");
  // The time of a stalled index says nothing about the cluster's load.
  const isTimed = took !== undefined && !faults.some(({ timedOut }) => timedOut);
  return { updates: items.length, overloaded, ...(isTimed ? { tookMs: took } : {}) };
}

/** Indices whose writes time out. Their updates go in requests of their own, so that no other index waits for them. */
type StalledIndices = {
  /** Writes the updates of each stalled index separately, in parallel with one lane for all others. */
  inLanes(updates: readonly Update[], write: WriteLane): Promise<WriteResult[]>;
  /** A request timed out; any of its indices may be the cause. */
  markStalled(indices: readonly string[]): void;
  /** Updates the set from the results, which belong to the first of the updates. */
  recordResults(updates: readonly Update[], results: readonly WriteResult[]): void;
};

type WriteLane = (lane: readonly Update[], how: { alone: boolean }) => Promise<WriteResult[]>;

function createStalledIndices(): StalledIndices {
  const suspects = new Set<string>();
  return {
    async inLanes(updates, write) {
      const lanes = Map.groupBy(updates.keys(), (i) => {
        const index = updates[i]?.record.index;
        return index !== undefined && suspects.has(index) ? index : undefined;
      });
      const results: WriteResult[] = [];
      const run = async ([index, positions]: [string | undefined, number[]]) => {
        const lane = positions.flatMap((i) => updates[i] ?? []);
        const written = await write(lane, { alone: index !== undefined });
        written.forEach((result, at) => (results[positions[at] ?? 0] = result));
      };
      await Promise.all([...lanes].map(run));
      return results;
    },
    markStalled(indices) {
      for (const index of indices) suspects.add(index);
    },
    recordResults(updates, results) {
      const stalled = new Map<string, boolean>();
      for (const [i, result] of results.entries()) {
        const index = updates[i]?.record.index;
        if (index === undefined) continue;
        const isWaiting = result.status === "failed" && result.fault.timedOut;
        stalled.set(index, isWaiting || (stalled.get(index) ?? false));
      }
      for (const [index, isWaiting] of stalled) {
        if (isWaiting) suspects.add(index);
        else suspects.delete(index);
      }
    },
  };
}
