import type { FaultCounts } from "../domain/fault-counts.ts";
import type { Events, RecordSource } from "../ports/events.ts";
import type { BatchResult } from "./run-batch.ts";

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
