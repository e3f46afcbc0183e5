import type { FaultCounts } from "../domain/fault-counts.ts";
import type { Fault } from "../domain/faults.ts";
import { noOutcomes } from "../domain/outcome.ts";
import { addEmbedding, noEmbedding, type EmbeddingUse } from "../domain/summary.ts";
import type { Events, RecordSource } from "../ports/events.ts";
import { sumOf, type ClosedLedger } from "./batch-ledger.ts";

export type BatchResult = ClosedLedger & {
  /** Keys of deferred records for whose text the embedder answered with nothing that can be used. */
  withoutVector: Set<string>;
  use: EmbeddingUse;
  /** The embedder's failure, where it was no record's fault. */
  fault?: Fault;
};

/** Before anything was taken. */
export function emptyBatchResult(pricePerMillionTokens: number | null): BatchResult {
  return {
    outcomeOf: new Map(),
    faultOf: new Map(),
    withoutVector: new Set(),
    outcomes: noOutcomes(),
    use: noEmbedding(pricePerMillionTokens),
  };
}

/** Two parts of one batch; the fault is that of the first that had one. */
export function joinBatchResults(a: BatchResult, b: BatchResult): BatchResult {
  const outcomeOf = new Map([...a.outcomeOf, ...b.outcomeOf]);
  const fault = a.fault ?? b.fault;
  return {
    outcomeOf,
    faultOf: new Map([...a.faultOf, ...b.faultOf]),
    withoutVector: a.withoutVector.union(b.withoutVector),
    outcomes: sumOf(outcomeOf),
    use: addEmbedding(a.use, b.use),
    ...(fault ? { fault } : {}),
  };
}

/** By kind of fault the records that ended quarantined or deferred; those of no known fault are left out. */
export function faultCounts({
  outcomeOf,
  faultOf,
  fault: common,
}: Pick<BatchResult, "outcomeOf" | "faultOf" | "fault">): FaultCounts {
  const counts: FaultCounts = {};
  for (const [key, outcome] of outcomeOf) {
    if (outcome !== "quarantined" && outcome !== "deferred") continue;
    const fault = faultOf.get(key) ?? common;
    if (fault) counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
  }
  return counts;
}

/** Tells what became of the records of a batch, for good or until they come again. */
export function tellEnded(
  events: Pick<Events, "recordsEnded">,
  source: RecordSource,
  result: BatchResult,
): void {
  const { outcomes } = result;
  events.recordsEnded({ source, outcomes, faults: faultCounts(result) });
}

type BatchEvents = Pick<Events, "textsEmbedded" | "recordsWritten" | "embedderFailed">;

/** Says of each batch whose it was: the log shows every batch of a cycle, and those of a tail at level debug only. */
export function eventsOf<E extends BatchEvents>(source: RecordSource, events: E): E {
  return {
    ...events,
    textsEmbedded: (what) => events.textsEmbedded({ ...what, source }),
    recordsWritten: (what) => events.recordsWritten({ ...what, source }),
    embedderFailed: (what) => events.embedderFailed({ ...what, source }),
  };
}
