import type { FaultCounts } from "../domain/fault-counts.ts";
import type { IndexCoverage } from "../domain/coverage.ts";
import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import { recordKey, type LogRecord, type RecordId } from "../domain/log-record.ts";
import type { Outcome } from "../domain/outcome.ts";
import { joinGaps, type Gap } from "../domain/partial.ts";
import type { CycleSummary } from "../domain/summary.ts";
import type { UnfitRecords } from "../domain/unfit-records.ts";
import {
  emptyBatchResult,
  faultCounts,
  joinBatchResults,
  tellEnded,
  type BatchResult,
} from "../pipeline/batch-result.ts";
import type { Enrichment } from "../pipeline/open-enrichment.ts";
import { runBatch } from "../pipeline/run-batch.ts";
import type { Events } from "../ports/events.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import {
  countsOf,
  countWork,
  prepareWork,
  sumPending,
  workAttributes,
  type Work,
} from "./find-work.ts";
import type { RecentRecords } from "./recent.ts";
import { createSelection, type Selected, type Selection } from "./select.ts";
import { unfitRecordsAfterRun } from "./unfit-records.ts";

export type BackfillDeps = Enrichment & {
  events: Events;
  recent: RecentRecords;
  settings: {
    batchSize: number;
    levels: readonly string[];
    /** So long a drain waits for the end of an outage. 0: not at all. */
    patienceMs: number;
  };
};

export type CycleResult = {
  summary: CycleSummary;
  /** Of the records that ended quarantined or deferred. Absent: none. */
  faults?: FaultCounts;
  /** A failure that is not of one record and kept records from their vector. */
  fault?: Fault;
  /** Why a drain ended with records left. */
  reason?: string;
  unfitRecords?: UnfitRecords;
};

/** Time until search certainly shows a written vector or mark; until then the record is excluded by key. */
const UNSEEN_MS = 10 * 60_000;

/** One bounded pass: find, embed, write. Throws a Fault where the store cannot be queried; then nothing was changed. */
export async function runCycle(
  deps: BackfillDeps,
  cycle: number,
  stop: StopSignals,
): Promise<CycleResult> {
  const { clock, events, settings } = deps;
  const startedAt = clock.now();
  const { work, selection, first } = await deps.tracer.span("select", {}, async (span) => {
    const counted = await countWork(deps, stop);
    const selectOf = selectEarly(deps, counted.pending, stop);
    const found = await prepareWork(deps, counted, stop);
    const { levels } = settings;
    const partial = found.gaps.length > 0;
    const durationMs = clock.now() - startedAt;
    events.recordsFound({ found: found.found, partial, levels, durationMs });
    const selected = await selectOf(found.pending);
    const { length } = selected.first.records;
    span.set({ ...workAttributes(found), "log_vectorizer.records": length });
    return { work: found, ...selected };
  });
  events.stageEnded({ stage: "select", durationMs: clock.now() - startedAt });
  const { records, result, gaps } = await enrichParts(deps, selection, first, stop);
  let isSeen = true;
  if (records.length > 0) {
    tellEnded(events, "backfill", result);
    isSeen = await refreshWritten(deps, records, result, stop);
  }
  const counts = countsOf(work);
  const unfitRecords = unfitRecordsAfterRun(work.unfitRecords, work.pending, deps.paused);
  const left =
    records.length === 0
      ? { backlog: counts.found, gaps: work.gaps }
      : await backlogNow(deps, work, { ...result, isSeen }, stop);
  const looping = deps.localQuarantine.looping(work.fitKeys);
  const summary: CycleSummary = {
    cycle,
    found: counts.found,
    backlog: left.backlog === null ? null : left.backlog + looping,
    taken: result.outcomeOf.size,
    outcomes: result.outcomes,
    embedding: result.use,
    duration_ms: clock.now() - startedAt,
    indices: { fit: work.fit.length, unfit: work.unfit },
    other_model: counts.otherModel,
    skipped: unfitRecords.records,
    looping,
    false_marks: work.falseMarks,
    gaps: joinGaps(work.gaps, gaps, left.gaps),
  };
  return {
    summary,
    unfitRecords,
    faults: faultCounts(result),
    ...(result.fault ? { fault: result.fault } : {}),
  };
}

type FirstSelected = { selection: Selection; first: Selected };

async function select(
  deps: BackfillDeps,
  rows: readonly IndexCoverage[],
  stop: StopSignals,
): Promise<FirstSelected> {
  const selection = createSelection(deps, rows);
  return { selection, first: await selection.next(stop) };
}

/**
 * Selects while the indices are asked whether they take updates: a search changes nothing, and usually all of them do. The
 * function that it returns selects again where one of them does not, or is to be tried with one record first.
 */
function selectEarly(
  deps: BackfillDeps,
  rows: readonly IndexCoverage[],
  stop: StopSignals,
): (open: readonly IndexCoverage[]) => Promise<FirstSelected> {
  const { paused } = deps;
  const allOpen = () => rows.every(({ index }) => !paused.has(index) && !paused.isOnTrial(index));
  const early = allOpen() ? select(deps, rows, stop) : undefined;
  // Where it is of no use, its failure is none.
  early?.catch(() => undefined);
  return (open) =>
    early && open.length === rows.length && allOpen() ? early : select(deps, open, stop);
}

/** Records without their texts, so that a part can be freed before the next one is read. */
type Enriched = { records: RecordId[]; result: BatchResult; gaps: readonly Gap[] };

/** Takes parts until the batch is full. What was written before a failure counts. */
async function enrichParts(
  deps: BackfillDeps,
  selection: Selection,
  first: Selected,
  stop: StopSignals,
): Promise<Enriched> {
  const records: RecordId[] = [];
  let result = emptyBatchResult(deps.embedder.pricePerMillionTokens);
  let { gaps } = first;
  try {
    for (let part = first; part.records.length > 0 && !stop.requested.aborted;) {
      const some = await runBatch(deps, part.records, stop);
      records.push(...part.records.map(idOf));
      rememberTurns(deps.recent, part.records, some);
      selection.ended(part.records, some);
      result = joinBatchResults(result, some);
      if (some.fault) break;
      part = await selection.next(stop);
      gaps = joinGaps(gaps, part.gaps);
    }
  } catch (error) {
    if (!(error instanceof Fault) || records.length === 0) throw error;
    result = { ...result, fault: error };
  }
  return { records, result, gaps };
}

function idOf({ index, indexUuid, id }: LogRecord): RecordId {
  return { index, id, ...(indexUuid === undefined ? {} : { indexUuid }) };
}

/** Search shows a written record as pending until the next refresh. */
function rememberTurns(recent: RecentRecords, records: readonly LogRecord[], result: BatchResult) {
  for (const record of records) {
    const key = recordKey(record);
    const outcome = result.outcomeOf.get(key);
    if (outcome && SETTLED.has(outcome)) recent.remember(key, UNSEEN_MS);
    else if (result.withoutVector.has(key)) recent.noteMissingVector(key);
  }
}

/** Outcomes after which the record is no longer pending once search is refreshed. */
const SETTLED = new Set<Outcome>([
  "updated",
  "reused",
  "already_vectorized",
  "empty",
  "missing",
  "quarantined",
]);

/**
 * Makes writes visible to search, so that the next process does not take the records again; false where that failed.
 */
async function refreshWritten(
  deps: BackfillDeps,
  records: readonly RecordId[],
  { outcomeOf }: BatchResult,
  stop: StopSignals,
): Promise<boolean> {
  const settled = records.filter((record) => {
    const outcome = outcomeOf.get(recordKey(record));
    return outcome !== undefined && SETTLED.has(outcome);
  });
  if (settled.length === 0) return true;
  const indices = [...new Set(settled.map(({ index }) => index))];
  const seen = await refresh(deps, indices, stop);
  deps.recent.forget(settled.filter(({ index }) => seen.has(index)).map(recordKey));
  return indices.every((index) => seen.has(index));
}

/** Returns the indices that search sees in full now. An index that refuses is logged and paused. */
export async function refresh(
  { store, unseen, paused, events }: Pick<BackfillDeps, "store" | "unseen" | "paused" | "events">,
  indices: readonly string[],
  stop: StopSignals,
): Promise<ReadonlySet<string>> {
  const refreshed = new Map(indices.map((index) => [index, unseen.refreshing([index])]));
  try {
    const { seen, failed } = await store.makeVisible(indices, stop.everything);
    for (const index of seen) refreshed.get(index)?.();
    for (const { index, fault } of failed) {
      events.refreshFailed({ fault });
      if (FAULT_POLICIES[fault.kind].pausesIndex) paused.ended(index, fault);
    }
    return new Set(seen);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    events.refreshFailed({ fault: error });
    return new Set();
  }
}

/** Counts again; where the store does not answer or was not refreshed, estimates from the outcomes. */
async function backlogNow(
  { store, localQuarantine }: BackfillDeps,
  work: Work,
  { outcomes, isSeen }: Pick<BatchResult, "outcomes"> & { isSeen: boolean },
  stop: StopSignals,
): Promise<{ backlog: number | null; gaps: readonly Gap[] }> {
  const settled = [...SETTLED].reduce((sum, outcome) => sum + outcomes[outcome], 0);
  const { found } = countsOf(work);
  const reckoned = {
    backlog: found === null ? null : Math.max(0, found - settled),
    gaps: work.gaps,
  };
  if (stop.requested.aborted || !isSeen) return reckoned;
  try {
    const query = { indices: work.fit, quarantinedKeys: localQuarantine.keys() };
    const { rows, gaps } = await store.coverage(query, stop.everything);
    return { backlog: gaps.length > 0 ? null : sumPending(rows), gaps };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return reckoned;
  }
}
