import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import { indexKey, recordKey, type LogRecord } from "../domain/log-record.ts";
import { noOutcomes, type Outcome, type Outcomes } from "../domain/outcome.ts";
import { isOfModel } from "../domain/stamp.ts";
import { addEmbedding, noEmbedding, type EmbeddingUse } from "../domain/summary.ts";
import type { Events } from "../ports/events.ts";
import type { LogStore, CurrentState } from "../ports/log-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Tracer } from "../ports/tracer.ts";
import { createBatchWriter } from "./batch-writer.ts";
import type { EmbedResult, Interim } from "./embed.ts";
import { findVectors, type FindVectorsDeps } from "./find-vectors.ts";
import { keptId, type LocalQuarantine } from "./quarantine/kept-aside.ts";
import { maskAhead } from "./mask-ahead.ts";
import type { Reload, ReloadWatch } from "./reload-watch.ts";
import type { Rewrites } from "./rewrites.ts";
import { sortOut, type Batch, type SortOutDeps } from "./sort-out.ts";
import type { SettleDeps } from "./settle.ts";

export type EnrichDeps = FindVectorsDeps &
  SortOutDeps &
  SettleDeps & {
    store: Pick<LogStore, "readCurrent" | "write">;
    rewrites: Pick<Rewrites, "forget">;
    reloads: ReloadWatch;
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

export type EnrichResult = {
  /** By record key: what became of each record taken. */
  outcomeOf: Map<string, Outcome>;
  /** By record key: why a record is quarantined or deferred, where it is known. */
  faultOf: Map<string, Fault>;
  /** Keys of deferred records for whose text the embedder answered with nothing that can be used. */
  withoutVector: Set<string>;
  outcomes: Outcomes;
  use: EmbeddingUse;
  /** The embedder's failure, where it was no record's fault. */
  fault?: Fault;
};

/**
 * The one core: record to text to vector to document. Every record taken ends in exactly one outcome, whatever fails on
 * the way. Throws a Fault only where the store cannot even be looked at, and then nothing was paid for or written.
 */
export async function enrich(
  deps: EnrichDeps,
  records: readonly LogRecord[],
  stop: StopSignals,
): Promise<EnrichResult> {
  return enrichSeen(deps, records, await deps.store.readCurrent(records, stop.everything), stop);
}

/** The same for records that were looked at already, the looks in their order. Throws no Fault. */
export async function enrichSeen(
  deps: EnrichDeps,
  records: readonly LogRecord[],
  looks: readonly CurrentState[],
  stop: StopSignals,
): Promise<EnrichResult> {
  const { clock, events } = deps;
  const toText = await maskAhead(deps.toText, messagesOf(records, looks));
  noteStanding({ ...deps, toText }, looks);
  const batch = sortOut(records, looks, { ...deps, toText });
  const { outcomeOf, groups } = batch;
  for (const record of records) {
    // Search does not see that vector yet: its index has taken one.
    if (outcomeOf.get(recordKey(record)) === "already_vectorized") deps.trials.took(record);
  }
  const writer = createBatchWriter(deps, batch, stop);
  const startedAt = clock.now();
  const embedded = await findTraced(deps, groups, stop, writer.writeReady);
  const { texts, requests } = embedded.use;
  const durationMs = clock.now() - startedAt - writer.durationMs();
  const sought = groups.reduce((sum, group) => sum + group.records.length, 0);
  events.textsEmbedded({ records: sought, texts, requests, durationMs });
  if (requests > 0) events.stageEnded({ stage: "embed", durationMs });
  const { faultOf, withoutVector } = writer;
  keepLoopsAside(deps, batch, faultOf);
  letGoOfReloaded(deps, batch);
  leaveUnreadable(deps, batch, faultOf);
  await writer.writeRest(embedded.byHash);
  await deps.localQuarantine.keep();
  const outcomes = tally(outcomeOf);
  events.recordsWritten({
    written: outcomes.updated + outcomes.reused,
    reused: outcomes.reused,
    failed: outcomes.quarantined + outcomes.deferred,
    durationMs: writer.durationMs(),
  });
  const { use } = embedded;
  deps.reloads.note(lossesOf(batch, use), new Set(batch.reloaded.map(({ index }) => index)));
  const fault = embedded.fault ?? writer.fault();
  if (fault && fault !== writer.fault()) {
    events.embedderFailed({ fault, deferred: outcomes.deferred });
  }
  return { outcomeOf, faultOf, withoutVector, outcomes, use, ...(fault ? { fault } : {}) };
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
  { unseen, embedder, signer, toText }: EnrichDeps,
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

/** Before anything was taken. */
export function nothingEnriched(pricePerMillionTokens: number | null): EnrichResult {
  return {
    outcomeOf: new Map(),
    faultOf: new Map(),
    withoutVector: new Set(),
    outcomes: noOutcomes(),
    use: noEmbedding(pricePerMillionTokens),
  };
}

/** Two parts of one batch; the fault is that of the first that had one. */
export function joinResults(a: EnrichResult, b: EnrichResult): EnrichResult {
  const outcomeOf = new Map([...a.outcomeOf, ...b.outcomeOf]);
  const fault = a.fault ?? b.fault;
  return {
    outcomeOf,
    faultOf: new Map([...a.faultOf, ...b.faultOf]),
    withoutVector: a.withoutVector.union(b.withoutVector),
    outcomes: tally(outcomeOf),
    use: addEmbedding(a.use, b.use),
    ...(fault ? { fault } : {}),
  };
}

function findTraced(
  deps: EnrichDeps,
  groups: Batch["groups"],
  stop: StopSignals,
  interim: Interim,
): Promise<EmbedResult> {
  const attributes = { "log_vectorizer.texts": groups.length };
  return deps.tracer.span("embed", { attributes }, async (span) => {
    const embedded = await findVectors(deps, groups, stop, interim);
    const { texts, requests, tokens } = embedded.use;
    span.set({
      "log_vectorizer.texts.sent": texts,
      "log_vectorizer.requests": requests,
      "log_vectorizer.tokens": tokens,
    });
    if (embedded.fault) span.failed(embedded.fault.kind);
    return embedded;
  });
}

function keepLoopsAside(
  {
    localQuarantine,
    rewrites,
    events,
  }: Pick<EnrichDeps, "localQuarantine" | "rewrites" | "events">,
  { loops, outcomeOf }: Batch,
  faultOf: Map<string, Fault>,
): void {
  const byIndex = new Map<string, { ids: string[]; fault: Fault }>();
  for (const { record, hash, fault } of loops) {
    const { index, id } = record;
    const key = recordKey(record);
    outcomeOf.set(key, "quarantined");
    faultOf.set(key, fault);
    localQuarantine.add(record, { textHash: hash, fault, cause: "loop" });
    rewrites.forget({ record, hash });
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
  { localQuarantine }: Pick<EnrichDeps, "localQuarantine">,
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
function lossesOf({ lost, outcomeOf }: Batch, { texts, cost_usd: cost }: EmbeddingUse): Reload[] {
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
  { paused, events }: Pick<EnrichDeps, "paused" | "events">,
  { unreadable }: Batch,
  faultOf: Map<string, Fault>,
): void {
  const indices = new Map<string, Fault>();
  for (const { record, fault } of unreadable) {
    const { index, id } = record;
    faultOf.set(recordKey(record), fault);
    if (FAULT_POLICIES[fault.kind].pausesIndex) indices.set(index, fault);
    events.recordFailed({ index, id, outcome: "deferred", fault });
  }
  for (const [index, fault] of indices) paused.ended(index, fault);
}

function tally(outcomeOf: ReadonlyMap<string, Outcome>): Outcomes {
  const outcomes = noOutcomes();
  for (const outcome of outcomeOf.values()) outcomes[outcome]++;
  return outcomes;
}
