import type { Fault } from "../domain/faults.ts";
import { groupsOfText, isGroupId } from "../domain/group.ts";
import { recordKey, type LogRecord } from "../domain/log-record.ts";
import type { Stamp } from "../domain/stamp.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { StoredVector } from "../ports/vector-index.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Tracer } from "../ports/tracer.ts";
import { basisOf, refusalMark, refuserOf } from "./quarantine/refusal-mark.ts";
import type { BatchLedger } from "./batch-ledger.ts";
import type { Found } from "./find-vectors.ts";
import type { Signer } from "./signer.ts";
import { applyWrites, type ApplyWritesDeps } from "./apply-writes.ts";
import type { Batch, Group, Write } from "./plan-batch.ts";

export type BatchWriterDeps = ApplyWritesDeps & {
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
  /**
   * Writes what was paid for, with all that has waited, before more may be paid for; what cost nothing waits, and so does
   * the last of it. Returns the fault that kept all of it from being written.
   */
  take(found: readonly Found<Group>[]): Promise<Fault | undefined>;
  /**
   * Writes what has waited; records of whose text nothing was found are deferred, and the vectors of their earlier texts
   * removed.
   */
  finish(): Promise<void>;
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
  const open = new Set(batch.groups);
  let waiting = [...batch.writes];
  let durationMs = 0;
  let fault: Fault | undefined;
  const write = async () => {
    const writes = waiting;
    waiting = [];
    if (writes.length === 0) return undefined;
    const startedAt = clock.now();
    const attributes = { "log_vectorizer.records": writes.length };
    const now = await deps.tracer.span("write", { attributes }, async (span) => {
      const kept = await applyInParts(deps, ledger, writes, stop);
      if (kept) span.failed(kept.kind);
      return kept;
    });
    fault = now ?? fault;
    const tookMs = clock.now() - startedAt;
    durationMs += tookMs;
    deps.events.stageEnded({ stage: "write", durationMs: tookMs });
    return now;
  };
  /** Without the vector of its earlier text the record is pending, and a cycle finds it. */
  const defer = (record: LogRecord, cause?: Fault) => {
    const why = cause ? { fault: cause } : {};
    if (!record.textChanged) ledger.settle(recordKey(record), "deferred", cause);
    else waiting.push({ update: { record, unmark: true }, outcome: "deferred", ...why });
  };
  const reject = (record: LogRecord, rejection: Fault) => {
    withoutVector.add(recordKey(record));
    defer(record, rejection);
    tellFailed(deps, record, "deferred", rejection);
  };
  return {
    withoutVector,
    take(found) {
      for (const one of found) {
        open.delete(one.wanted);
        if ("vector" in one) waiting.push(...vectorWrites(one, deps));
        else if (one.fault.kind === "record") {
          waiting.push(...markWrites(one.wanted, one.fault, ledger, deps));
        } else for (const record of one.wanted.records) reject(record, one.fault);
      }
      const isPaid = found.some((one) => one.source === "embedder" && "vector" in one);
      return isPaid && open.size > 0 ? write() : Promise.resolve(undefined);
    },
    async finish() {
      for (const { records } of open) {
        for (const record of records) defer(record);
      }
      await write();
    },
    durationMs: () => durationMs,
    fault: () => fault,
  };
}

/** Records of one write: with their vectors about what one bulk request may hold. */
const WRITES_AT_ONCE = 250;

/** Parts go side by side, as many as the store's own limit lets through; returns a fault where none was carried out. */
async function applyInParts(
  deps: ApplyWritesDeps,
  ledger: BatchLedger,
  writes: readonly Write[],
  stop: StopSignals,
): Promise<Fault | undefined> {
  const parts = Array.from({ length: Math.ceil(writes.length / WRITES_AT_ONCE) }, (_, i) =>
    writes.slice(i * WRITES_AT_ONCE, (i + 1) * WRITES_AT_ONCE),
  );
  const faults = await Promise.all(parts.map((part) => applyWrites(deps, ledger, part, stop)));
  return faults.includes(undefined) ? undefined : faults[0];
}

type MarkDeps = Pick<BatchWriterDeps, "embedder" | "clock" | "events" | "localQuarantine">;

function tellFailed(
  { events }: Pick<BatchWriterDeps, "events">,
  { index, id }: LogRecord,
  outcome: "quarantined" | "deferred",
  fault: Fault,
): void {
  events.recordFailed({ index, id, outcome, fault });
}

/** The embedder rejected the text: its records get a mark, or go to the local quarantine where the vector of another model stays in them. */
function markWrites(
  { hash, records }: Group,
  fault: Fault,
  ledger: BatchLedger,
  deps: MarkDeps,
): Write[] {
  const { embedder, clock, localQuarantine } = deps;
  return records.flatMap((record): Write[] => {
    tellFailed(deps, record, "quarantined", fault);
    if (record.outdated && !record.textChanged) {
      localQuarantine.add(record, { textHash: hash, fault });
      ledger.settle(recordKey(record), "quarantined", fault);
      return [];
    }
    const basis = basisOf(record, { textHash: hash, fault, by: refuserOf(embedder) });
    const mark = refusalMark(record.stamp, fault, clock.now(), basis);
    return [{ update: { record, mark }, outcome: "quarantined", fault }];
  });
}

function vectorWrites(
  found: Found<Group> & StoredVector,
  { embedder, clock, signer }: Pick<BatchWriterDeps, "embedder" | "clock" | "signer">,
): Write[] {
  const { wanted, source, vector, truncated } = found;
  const { hash, records } = wanted;
  const unsigned: Stamp = {
    model: embedder.model,
    dimensions: embedder.dimensions,
    text_hash: hash,
    embedded_at: new Date(clock.now()).toISOString(),
    truncated,
  };
  const stamp = signer.sign(unsigned, vector);
  const ofHead = () => signer.sign({ ...unsigned, truncated: true }, vector);
  const groups = groupsOfText(wanted.text);
  return records.map((record, i) => {
    // The first record of a paid text counts as updated.
    const outcome = i === 0 && source === "embedder" ? "updated" : "reused";
    // Equal heads of texts that were cut, or not.
    const own = record.cut && !stamp.truncated ? ofHead() : stamp;
    const group = keptGroup(record) ?? groups(record).group;
    return { update: { record, vector, stamp: { ...own, group } }, outcome };
  });
}

/** The vector of another model is replaced: the text is that of before, and so is its group, whatever the rules are now. */
function keptGroup({ outdated, textChanged, stamp }: LogRecord): string | undefined {
  const group = stamp?.["group"];
  return outdated && !textChanged && isGroupId(group) ? group : undefined;
}
