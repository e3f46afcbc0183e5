import { linkedAbort } from "../concurrency/time-limit.ts";
import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import { indexKey, recordKey, type LogRecord } from "../domain/log-record.ts";
import { isOfModel } from "../domain/stamp.ts";
import { noEmbedding, type EmbeddingUse } from "../domain/summary.ts";
import type { Events } from "../ports/events.ts";
import type { CurrentState, RecordStore } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Tracer } from "../ports/tracer.ts";
import type { ApplyWritesDeps } from "./apply-writes.ts";
import { BatchLedger, type ClosedLedger } from "./batch-ledger.ts";
import type { BatchResult } from "./batch-result.ts";
import { createBatchWriter, type BatchWriter } from "./batch-writer.ts";
import { findVectors, type FindVectorsDeps } from "./find-vectors.ts";
import type { HeldVectors } from "./held-vectors.ts";
import { planBatch, type Batch, type PlanBatchDeps } from "./plan-batch.ts";
import { keptId, type LocalQuarantine } from "./quarantine/local-quarantine.ts";
import type { Reload, ReloadWatch } from "./reload-watch.ts";
import type { EmbedRun } from "./send-request.ts";
import { maskAhead } from "./text.ts";
import type { WriteLoopDetector } from "./write-loop-detector.ts";

export type BatchDeps = FindVectorsDeps &
  PlanBatchDeps &
  ApplyWritesDeps & {
    store: Pick<RecordStore, "readCurrent" | "write">;
    writeLoops: Pick<WriteLoopDetector, "forget">;
    reloads: ReloadWatch;
    held: Pick<HeldVectors, "hold" | "takeOver">;
    localQuarantine: Pick<LocalQuarantine, "all" | "clear">;
    tracer: Tracer;
    events: Pick<
      Events,
      | "waiting"
      | "textsEmbedded"
      | "recordsWritten"
      | "recordFailed"
      | "recordsLooping"
      | "embedderFailed"
      | "stageEnded"
    >;
  };

type BatchOptions = Pick<EmbedRun, "proven">;

/**
 * The one core: record to text to vector to document. Every record taken ends in exactly one outcome, whatever fails on
 * the way. Throws a Fault only where the store cannot even be looked at, and then nothing was paid for or written.
 */
export async function runBatch(
  deps: BatchDeps,
  records: readonly LogRecord[],
  stop: StopSignals,
  options: BatchOptions = {},
): Promise<BatchResult> {
  const looks = await deps.store.readCurrent(records, stop.everything);
  return runBatchOf(deps, records, looks, stop, options);
}

/** The same for records that were looked at already, the looks in their order. Throws no Fault. */
export async function runBatchOf(
  deps: BatchDeps,
  records: readonly LogRecord[],
  looks: readonly CurrentState[],
  stop: StopSignals,
  options: BatchOptions = {},
): Promise<BatchResult> {
  const { clock, events } = deps;
  const toText = await maskAhead(deps.toText, messagesOf(records, looks));
  noteStanding({ ...deps, toText }, looks);
  const ledger = new BatchLedger();
  const batch = planBatch(records, looks, ledger, { ...deps, toText });
  const writer = createBatchWriter(deps, batch, ledger, stop);
  const startedAt = clock.now();
  const embedded = await embedAndWrite(deps, batch, writer, { ...options, stop });
  const { use } = embedded;
  const durationMs = clock.now() - startedAt - writer.durationMs();
  const sought = batch.groups.reduce((sum, group) => sum + group.records.length, 0);
  events.textsEmbedded({ records: sought, texts: use.texts, requests: use.requests, durationMs });
  if (use.requests > 0) events.stageEnded({ stage: "embed", durationMs });
  keepLoopsAside(deps, batch);
  letGoOfReloaded(deps, batch);
  leaveUnreadable(deps, batch);
  await writer.finish();
  await deps.localQuarantine.keep();
  const closed = ledger.close();
  const { outcomeOf, outcomes } = closed;
  for (const record of records) {
    // Search does not see that vector yet: its index has taken one.
    if (outcomeOf.get(recordKey(record)) === "already_vectorized") deps.trials.took(record);
  }
  events.recordsWritten({
    written: outcomes.updated + outcomes.reused,
    reused: outcomes.reused,
    failed: outcomes.quarantined + outcomes.deferred,
    durationMs: writer.durationMs(),
  });
  deps.reloads.note(
    lossesOf(batch, outcomeOf, use),
    new Set(batch.reloaded.map(({ index }) => index)),
  );
  const fault = embedded.fault ?? writer.fault();
  if (fault && fault !== writer.fault()) {
    events.embedderFailed({ fault, deferred: outcomes.deferred });
  }
  const { withoutVector } = writer;
  return { ...closed, withoutVector, use, ...(fault ? { fault } : {}) };
}

/** As they stand now. */
function messagesOf(records: readonly LogRecord[], looks: readonly CurrentState[]): string[] {
  return records.map(({ text }, i) => {
    const look = looks[i];
    return look?.state === "current" ? look.record.text : text;
  });
}

/**
 * A record that search shows as pending and that has a vector of its text is one that search does not see yet. A stamp of
 * another text than the one beside it, or that was not signed here, may be anybody's.
 */
function noteStanding(
  { unseen, embedder, signer, toText }: BatchDeps,
  looks: readonly CurrentState[],
): void {
  for (const look of looks) {
    if (look.state !== "current" || !look.vector) continue;
    const { stamp = {}, text } = look.record;
    const hash = signer.textHash(toText(text));
    const ours = stamp["text_hash"] === hash && isOfModel(stamp, embedder);
    if (ours && signer.holds(stamp, look.vector)) unseen.written(hash, look.record);
  }
}

/** Writes what is found as it comes; where nothing of it can be written, nothing more is paid for. */
function embedAndWrite(
  deps: BatchDeps,
  { groups }: Batch,
  writer: BatchWriter,
  { stop, ...options }: BatchOptions & { stop: StopSignals },
): Promise<{ use: EmbeddingUse; fault?: Fault }> {
  const use = noEmbedding(deps.embedder.pricePerMillionTokens);
  const attributes = { "log_vectorizer.texts": groups.length };
  return deps.tracer.span("embed", { attributes }, async (span) => {
    using asking = linkedAbort(stop.requested);
    const asked = { ...options, use, stop: { ...stop, requested: asking.signal } };
    // A process that writes nothing leaves them to one that does.
    if (groups.length > 0) await deps.held.takeOver();
    try {
      for await (const found of findVectors(deps, groups, asked)) {
        const unwritten = await writer.take(found);
        if (unwritten) asking.abort(unwritten);
      }
      return { use };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      span.failed(error.kind);
      return { use, fault: error };
    } finally {
      span.set({
        "log_vectorizer.texts.sent": use.texts,
        "log_vectorizer.requests": use.requests,
        "log_vectorizer.tokens": use.tokens,
      });
    }
  });
}

function keepLoopsAside(
  {
    localQuarantine,
    writeLoops,
    events,
  }: Pick<BatchDeps, "localQuarantine" | "writeLoops" | "events">,
  { loops }: Batch,
): void {
  const byIndex = new Map<string, { ids: string[]; fault: Fault }>();
  for (const { record, hash, fault } of loops) {
    const { index, id } = record;
    localQuarantine.add(record, { textHash: hash, fault, cause: "loop" });
    writeLoops.forget({ record, hash });
    const known = byIndex.get(index);
    if (known) known.ids.push(id);
    else byIndex.set(index, { ids: [id], fault });
  }
  for (const [index, { ids, fault }] of byIndex) {
    const [id = ""] = ids;
    if (ids.length === 1) events.recordFailed({ index, id, outcome: "quarantined", fault });
    else events.recordsLooping({ index, ids, fault });
  }
}

/** What was taken for a loop when the first of a load came up is none. */
function letGoOfReloaded(
  { localQuarantine }: Pick<BatchDeps, "localQuarantine">,
  { reloaded }: Batch,
): void {
  if (reloaded.length === 0) return;
  const indices = new Set(reloaded.map(indexKey));
  const held = localQuarantine.all().filter((one) => {
    return one.cause === "loop" && indices.has(indexKey(keptId(one)));
  });
  localQuarantine.clear(held.map((one) => recordKey(keptId(one))));
}

/** What the records that had lost their vector came to, by index; their share of what the batch cost. */
function lossesOf(
  { lost }: Batch,
  outcomeOf: ClosedLedger["outcomeOf"],
  { texts, cost_usd: cost }: EmbeddingUse,
): Reload[] {
  const byIndex = Map.groupBy(lost, ({ index }) => index);
  return [...byIndex].map(([index, records]) => {
    const ended = records.map((record) => outcomeOf.get(recordKey(record)));
    const paid = ended.filter((outcome) => outcome === "updated").length;
    const reused = ended.filter((outcome) => outcome === "reused").length;
    const share = texts === 0 ? 0 : Math.min(1, paid / texts);
    return { index, records: records.length, reused, costUsd: cost === null ? null : cost * share };
  });
}

function leaveUnreadable(
  { paused, events }: Pick<BatchDeps, "paused" | "events">,
  { unreadable }: Batch,
): void {
  const indices = new Map<string, Fault>();
  for (const { record, fault } of unreadable) {
    const { index, id } = record;
    if (FAULT_POLICIES[fault.kind].pausesIndex) indices.set(index, fault);
    events.recordFailed({ index, id, outcome: "deferred", fault });
  }
  for (const [index, fault] of indices) paused.ended(index, fault);
}
