import type { Fault } from "../domain/faults.ts";
import { recordKey, type LogRecord } from "../domain/log-record.ts";
import type { Stamp } from "../domain/stamp.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Tracer } from "../ports/tracer.ts";
import { basisOf, refusalMark, refuserOf } from "./quarantine/refusal-mark.ts";
import type { BatchLedger } from "./batch-ledger.ts";
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
  ledger: BatchLedger,
  stop: StopSignals,
): BatchWriter {
  const { clock } = deps;
  const withoutVector = new Set<string>();
  const done = new Set<Group>();
  let durationMs = 0;
  let fault: Fault | undefined;
  const write = async (writes: readonly Write[]) => {
    if (writes.length === 0) return undefined;
    const startedAt = clock.now();
    const attributes = { "log_vectorizer.records": writes.length };
    const now = await deps.tracer.span("write", { attributes }, async (span) => {
      const kept = await settle(deps, ledger, writes, stop);
      if (kept) span.failed(kept.kind);
      return kept;
    });
    fault = now ?? fault;
    const tookMs = clock.now() - startedAt;
    durationMs += tookMs;
    deps.events.stageEnded({ stage: "write", durationMs: tookMs });
    return now;
  };
  const faultWrites = (group: Group, rejection: Fault) => {
    if (rejection.kind === "record") return markWrites(group, rejection, ledger, deps);
    for (const record of group.records) {
      const key = recordKey(record);
      withoutVector.add(key);
      ledger.settle(key, "deferred", rejection);
      tellFailed(deps, record, "deferred", rejection);
    }
    return [];
  };
  const writesOf = (groups: readonly Group[], byHash: ReadonlyMap<string, Embedded>) => {
    for (const group of groups) done.add(group);
    return groups.flatMap((group) => {
      const answer = byHash.get(group.hash);
      if (answer && "fault" in answer) return faultWrites(group, answer.fault);
      const vector =
        group.vector ?? (answer && { values: answer.vector, truncated: answer.truncated });
      if (vector) return vectorWrites(group, vector, deps);
      // Its text was not sent.
      for (const record of group.records) ledger.settle(recordKey(record), "deferred");
      return [];
    });
  };
  return {
    withoutVector,
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

type MarkDeps = Pick<BatchWriterDeps, "embedder" | "clock" | "events" | "keptAside">;

function tellFailed(
  { events }: Pick<BatchWriterDeps, "events">,
  { index, id }: LogRecord,
  outcome: "quarantined" | "deferred",
  fault: Fault,
): void {
  events.recordFailed({ index, id, outcome, fault });
}

/** The embedder rejected the text: its records get a mark, or are kept aside where a vector of before stays in them. */
function markWrites(
  { hash, records }: Group,
  fault: Fault,
  ledger: BatchLedger,
  deps: MarkDeps,
): Write[] {
  const { embedder, clock, keptAside } = deps;
  return records.flatMap((record): Write[] => {
    tellFailed(deps, record, "quarantined", fault);
    if (record.outdated) {
      keptAside.add(record, { textHash: hash, fault });
      ledger.settle(recordKey(record), "quarantined", fault);
      return [];
    }
    const basis = basisOf(record, { textHash: hash, fault, by: refuserOf(embedder) });
    const mark = refusalMark(record.stamp, fault, clock.now(), basis);
    return [{ update: { record, mark }, outcome: "quarantined", fault }];
  });
}

function vectorWrites(
  { hash, records, vector: known }: Group,
  vector: NonNullable<Group["vector"]>,
  { embedder, clock, signer }: Pick<BatchWriterDeps, "embedder" | "clock" | "signer">,
): Write[] {
  const unsigned: Stamp = {
    model: embedder.model,
    dimensions: embedder.dimensions,
    text_hash: hash,
    embedded_at: new Date(clock.now()).toISOString(),
    truncated: vector.truncated,
  };
  const stamp = signer.sign(unsigned, vector.values);
  const ofHead = () => signer.sign({ ...unsigned, truncated: true }, vector.values);
  return records.map((record, i) => {
    // The first record of a paid text counts as updated.
    const outcome = i === 0 && !known ? "updated" : "reused";
    // Equal heads of texts that were cut, or not.
    const own = record.cut && !stamp.truncated ? ofHead() : stamp;
    return { update: { record, vector: vector.values, stamp: own }, outcome };
  });
}
