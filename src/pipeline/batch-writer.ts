import type { Fault } from "../domain/faults.ts";
import { recordKey } from "../domain/log-record.ts";
import type { Stamp } from "../domain/stamp.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Tracer } from "../ports/tracer.ts";
import { basisOf, refusalMark, refuserOf } from "./quarantine/refusal-mark.ts";
import type { Embedded, Interim } from "./embed.ts";
import type { Signer } from "./signer.ts";
import { settle, type SettleDeps } from "./settle.ts";
import type { Batch, Group, Write } from "./sort-out.ts";

export type BatchWriterDeps = SettleDeps & {
  embedder: Pick<Embedder, "model" | "dimensions" | "limits">;
  clock: Pick<Clock, "now">;
  signer: Signer;
  tracer: Tracer;
  events: Pick<Events, "stageEnded">;
};

/** Writes a batch as its vectors come, each record once. */
export type BatchWriter = {
  /** By record key: why a record is quarantined or deferred, where it is known. */
  faultOf: Map<string, Fault>;
  /** Keys of records for whose text the embedder answered with nothing that can be used. */
  withoutVector: Set<string>;
  /** Writes what has its vector; the fault that kept all of it from being written. */
  writeReady: Interim;
  /** Writes whatever was not written yet, marks included. */
  writeRest(byHash: ReadonlyMap<string, Embedded>): Promise<Fault | undefined>;
  /** What writing took so far. */
  durationMs(): number;
  /** The latest fault that kept a whole write from being carried out. */
  fault(): Fault | undefined;
};

export function createBatchWriter(
  deps: BatchWriterDeps,
  batch: Batch,
  stop: StopSignals,
): BatchWriter {
  const { clock } = deps;
  const { outcomeOf } = batch;
  const failed: Failed = { faultOf: new Map(), withoutVector: new Set() };
  const done = new Set<Group>();
  let durationMs = 0;
  let fault: Fault | undefined;
  const write = async (writes: readonly Write[]) => {
    if (writes.length === 0) return undefined;
    const startedAt = clock.now();
    const attributes = { "log_vectorizer.records": writes.length };
    const now = await deps.tracer.span("write", { attributes }, async (span) => {
      const kept = await settle(deps, { outcomeOf, faultOf: failed.faultOf }, writes, stop);
      if (kept) span.failed(kept.kind);
      return kept;
    });
    fault = now ?? fault;
    const tookMs = clock.now() - startedAt;
    durationMs += tookMs;
    deps.events.stageEnded({ stage: "write", durationMs: tookMs });
    return now;
  };
  const writesOf = (groups: readonly Group[], byHash: ReadonlyMap<string, Embedded>) => {
    for (const group of groups) done.add(group);
    return groupWrites({ groups, outcomeOf }, byHash, failed, deps);
  };
  return {
    ...failed,
    writeReady(byHash) {
      const ready = batch.groups.filter((group) => {
        const answer = byHash.get(group.hash);
        return !done.has(group) && (group.vector ?? (answer && "vector" in answer));
      });
      return write(writesOf(ready, byHash));
    },
    writeRest(byHash) {
      const rest = batch.groups.filter((group) => !done.has(group));
      return write([...batch.writes, ...writesOf(rest, byHash)]);
    },
    durationMs: () => durationMs,
    fault: () => fault,
  };
}

type Failed = Pick<BatchWriter, "faultOf" | "withoutVector">;

/** The writes of all groups that have a vector now, and the marks of those that were refused. */
function groupWrites(
  { groups, outcomeOf }: { groups: readonly Group[]; outcomeOf: Batch["outcomeOf"] },
  byHash: ReadonlyMap<string, Embedded>,
  { faultOf, withoutVector }: Failed,
  {
    embedder,
    clock,
    signer,
    events,
    localQuarantine,
  }: Pick<BatchWriterDeps, "embedder" | "clock" | "signer" | "events" | "localQuarantine">,
): Write[] {
  const writes: Write[] = [];
  for (const { hash, records, vector: known } of groups) {
    const answer = byHash.get(hash);
    if (answer && "fault" in answer) {
      const { fault } = answer;
      const outcome = fault.kind === "record" ? "quarantined" : "deferred";
      for (const record of records) {
        const key = recordKey(record);
        outcomeOf.set(key, outcome);
        faultOf.set(key, fault);
        events.recordFailed({ index: record.index, id: record.id, outcome, fault });
        if (outcome !== "quarantined") {
          withoutVector.add(key);
          continue;
        }
        if (record.outdated) {
          localQuarantine.add(record, { textHash: hash, fault });
          continue;
        }
        const basis = basisOf(record, { textHash: hash, fault, by: refuserOf(embedder) });
        const mark = refusalMark(record.stamp, fault, clock.now(), basis);
        writes.push({ update: { record, mark }, outcome });
      }
      continue;
    }
    const vector = known ?? (answer && { values: answer.vector, truncated: answer.truncated });
    if (!vector) continue;
    const unsigned: Stamp = {
      model: embedder.model,
      dimensions: embedder.dimensions,
      text_hash: hash,
      embedded_at: new Date(clock.now()).toISOString(),
      truncated: vector.truncated,
    };
    const stamp = signer.sign(unsigned, vector.values);
    const ofHead = () => signer.sign({ ...unsigned, truncated: true }, vector.values);
    records.forEach((record, i) => {
      // The first record of a paid text counts as updated.
      const outcome = i === 0 && !known ? "updated" : "reused";
      // Equal heads of texts that were cut, or not.
      const own = record.cut && !stamp.truncated ? ofHead() : stamp;
      writes.push({ update: { record, vector: vector.values, stamp: own }, outcome });
    });
  }
  return writes;
}
