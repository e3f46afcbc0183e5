import { count } from "../domain/count.ts";
import { sumCoverage, type IndexCoverage } from "../domain/coverage.ts";
import type { FaultCounts } from "../domain/fault-counts.ts";
import { Fault } from "../domain/faults.ts";
import { recordKey, type LogRecord } from "../domain/log-record.ts";
import { noOutcomes } from "../domain/outcome.ts";
import { gapsLine, joinGaps, type Gap } from "../domain/partial.ts";
import { noEmbedding, type ReembedSummary } from "../domain/summary.ts";
import type { BatchResult } from "../pipeline/batch-result.ts";
import { prepareIndices } from "../pipeline/collections/prepare-indices.ts";
import { runBatch } from "../pipeline/run-batch.ts";
import type { OutdatedRecord } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { refresh, type BackfillDeps } from "./cycle.ts";
import { createPace, type Pace } from "./pace.ts";
import { addPage, isShared, progressOf, settledIn } from "./pages.ts";
import { createPatience, type Ended, type Patience, type Turn } from "./patience.ts";
import { runConcurrently } from "./run-concurrently.ts";

/** With more failed records than this, the cause is not in single records, and the run ends. */
const MAX_FAILED = 10_000;
/** With more excluded keys of one timestamp than this, the indices are refreshed to shorten the list. */
const MAX_EDGE = 2000;

export type ReembedResult = {
  summary: ReembedSummary;
  faults: FaultCounts;
  /** A failure that is not of one record and kept records from their vector. */
  fault?: Fault;
  /** Why it ended with records left. */
  reason?: string;
};

export type Outdated = {
  rows: IndexCoverage[];
  gaps: readonly Gap[];
  indices: { fit: number; unfit: number };
};

type Run = {
  deps: BackfillDeps;
  stop: StopSignals;
  patience: Patience;
  pace: Pace;
  startedAt: number;
  summary: ReembedSummary;
  /** Records with a vector of another model at the start, and those left, as far as they were visible. */
  seen: { found: number; left: number };
  faults: FaultCounts;
  open: Set<string>;
  touched: Set<string>;
  /** Records newer than this were tried. */
  notAfterMs?: number;
  /** Keys of tried records with exactly that time, or (without an order) of any; true: done. */
  edge: Map<string, boolean>;
  /** Keys of records that had their turn and were not written. */
  failed: Set<string>;
  fault?: Fault;
  ended?: Ended | undefined;
};

/**
 * Replaces vectors of other models, newest first, each record once. A record keeps its old vector until the update with
 * the new one and its stamp, so an aborted run can resume. Throws a Fault only where nothing was done before it.
 */
export async function runReembed(
  deps: BackfillDeps,
  outdated: Outdated,
  stop: StopSignals,
): Promise<ReembedResult> {
  const run = await newRun(deps, outdated, stop);
  await passUntilDone(run);
  for (;;) {
    const again = await run.patience.outlive(run.ended, run);
    if (!again) break;
    delete run.ended;
    await passUntilDone(run, again);
  }
  run.patience.close();
  if (stop.requested.aborted) run.ended = { reason: "stopped" };
  const { summary, faults, ended } = run;
  if (run.touched.size > 0) await refresh(deps, [...run.touched], stop);
  await countLeft(run, outdated);
  summary.duration_ms = deps.clock.now() - run.startedAt;
  const fault = ended?.fault ?? run.fault;
  const reason = ended?.reason ?? fault?.message ?? unseenWords(summary);
  return {
    summary,
    faults,
    ...(reason === undefined ? {} : { reason }),
    ...(fault ? { fault } : {}),
  };
}

async function passUntilDone(run: Run, again: readonly Turn[] = []): Promise<void> {
  const { stop } = run;
  try {
    if (again.length > 0) await takeAgain(run, again);
    await runConcurrently({
      next: () => nextPage(run),
      work: (records) => onePage(run, records),
      room: () => run.pace.room(stop.requested),
      firstAlone: true,
      signal: stop.requested,
    });
  } catch (error) {
    if (!(error instanceof Fault) || run.summary.taken === 0) throw error;
    run.ended ??= { reason: error.message, fault: error };
  }
}

/** Gives records that an outage deferred another turn, then begins at the newest record again. */
async function takeAgain(run: Run, again: readonly Turn[]): Promise<void> {
  const { deps, stop } = run;
  const turns = again.filter(({ index }) => run.open.has(index));
  await runConcurrently({
    next: async () => (run.ended ? undefined : turns.shift()),
    work: ({ records }) => onePage(run, records),
    room: () => run.pace.room(stop.requested),
    firstAlone: true,
    signal: stop.requested,
  });
  // Search would show what was written since the last refresh once more; what could not be looked at lies before here.
  await refresh(deps, [...run.touched], stop);
  run.edge.clear();
  delete run.notAfterMs;
}

async function newRun(
  deps: BackfillDeps,
  { rows, gaps, indices }: Outdated,
  stop: StopSignals,
): Promise<Run> {
  // An index in the gaps may have outdated records.
  const unseen = new Set(gaps.map(({ index }) => index));
  const names = rows
    .filter(({ index, otherModel }) => otherModel > 0 || unseen.has(index))
    .map(({ index }) => index);
  const { refused, paused } = await prepareIndices(deps, names, stop.everything);
  const found = sumCoverage(rows).otherModel;
  const silent = { textsEmbedded: () => undefined, recordsWritten: () => undefined };
  const quiet = { ...deps, events: { ...deps.events, ...silent } };
  return {
    deps: quiet,
    stop,
    patience: createPatience(deps, stop),
    // Each record in flight is a key that queries leave out.
    pace: createPace(quiet, { ...deps.settings, maxRecords: MAX_EDGE }),
    startedAt: deps.clock.now(),
    summary: {
      found: gaps.length > 0 ? null : found,
      left: null,
      taken: 0,
      outcomes: noOutcomes(),
      embedding: noEmbedding(deps.embedder.pricePerMillionTokens),
      duration_ms: 0,
      indices,
      gaps,
    },
    seen: { found, left: found },
    faults: {},
    open: new Set(names.filter((index) => !refused.has(index) && !paused.has(index))),
    touched: new Set(),
    edge: new Map(),
    failed: new Set(),
  };
}

/** The next untried records, newest first; undefined where the run ends. */
async function nextPage(run: Run): Promise<LogRecord[] | undefined> {
  const { deps, stop, open, edge, failed } = run;
  while (!run.ended && !stop.requested.aborted && open.size > 0) {
    await forgetDone(run);
    const query = {
      indices: [...open],
      limit: run.pace.pageSize(),
      excludeKeys: [...edge.keys(), ...deps.localQuarantine.keys()],
      ...(run.notAfterMs === undefined ? {} : { notAfterMs: run.notAfterMs }),
    };
    const startedAt = deps.clock.now();
    const { records, gaps } = await deps.store.findOutdated(query, stop.everything);
    deps.events.stageEnded({ stage: "select", durationMs: deps.clock.now() - startedAt });
    noteUnseen(run, gaps);
    if (records.length === 0) return undefined;
    advance(run, records);
    const named = [...new Set(records.map(({ record }) => record.index))];
    for (const index of await deps.paused.among(named, stop.everything)) open.delete(index);
    const page = records
      .map(({ record }) => record)
      .filter((record) => open.has(record.index) && !failed.has(recordKey(record)));
    if (page.length > 0) return page;
  }
  return undefined;
}

function noteUnseen({ deps, summary }: Run, gaps: readonly Gap[]): void {
  if (gaps.length === 0) return;
  if (summary.gaps.length === 0) {
    deps.events.answerPartial({ gaps, during: "the query for vectors of other models" });
  }
  summary.gaps = joinGaps(summary.gaps, gaps);
}

function unseenWords({ gaps }: ReembedSummary): string | undefined {
  const line = gapsLine(gaps);
  return line === undefined
    ? undefined
    : `some records could not be seen and keep their old vectors: ${line}`;
}

/**
 * The next query starts at the time of the last record, which other records may share. Without an order all that were
 * tried are left out by their keys.
 */
function advance(run: Run, records: readonly OutdatedRecord[]): void {
  const { ordered } = run.deps.store.capabilities;
  const last = ordered ? records.at(-1)?.atMs : undefined;
  if (last !== run.notAfterMs) run.edge.clear();
  if (last !== undefined) run.notAfterMs = last;
  for (const { record, atMs } of records) {
    if (!ordered || atMs === last) run.edge.set(recordKey(record), false);
  }
}

/** Done records that search no longer shows need not be excluded by key. */
async function forgetDone({ deps, stop, edge, touched }: Run): Promise<void> {
  const done = [...edge].flatMap(([key, isDone]) => (isDone ? [key] : []));
  if (edge.size < MAX_EDGE || done.length < edge.size / 2) return;
  const seen = await refresh(deps, [...touched], stop);
  if (![...touched].every((index) => seen.has(index))) return;
  for (const key of done) edge.delete(key);
}

async function onePage(run: Run, records: readonly LogRecord[]): Promise<void> {
  const { deps, stop, pace, summary, seen, edge } = run;
  const result = await pace.during(records, (paced) => runBatch(paced, records, stop));
  run.patience.ended(records, result, run);
  addPage(run, result);
  for (const record of records) {
    const key = recordKey(record);
    const outcome = result.outcomeOf.get(key) ?? "deferred";
    if (FAILED.has(outcome)) {
      run.failed.add(key);
      continue;
    }
    run.failed.delete(key);
    if (edge.has(key)) edge.set(key, true);
    if (outcome === "updated" || outcome === "reused") run.touched.add(record.index);
  }
  seen.left = Math.max(0, seen.left - settledIn(result));
  const durationMs = deps.clock.now() - run.startedAt;
  const { found: total, left } = seen;
  const report = progressOf(summary, { total, left, durationMs });
  deps.events.drainProgress(summary.gaps.length > 0 ? { ...report, partial: true } : report);
  run.ended ??= whyEnd(run, records, result);
  if (!run.ended && !stop.requested.aborted) leaveUnwritable(run, records, result);
}

const FAILED = new Set(["quarantined", "deferred", "conflicted"]);

function whyEnd(
  { failed }: Run,
  records: readonly LogRecord[],
  result: BatchResult,
): Ended | undefined {
  if (result.fault) return { reason: result.fault.message, fault: result.fault };
  if (isShared(result, records.length)) {
    return { reason: "another process is working on the same records" };
  }
  if (failed.size < MAX_FAILED) return undefined;
  return { reason: `${count(failed.size, "record")} failed; look into their errors first` };
}

/** An index that took no record of a page is skipped: embedding more of it would waste money. */
function leaveUnwritable(
  { open }: Run,
  records: readonly LogRecord[],
  { outcomeOf }: BatchResult,
): void {
  for (const [index, own] of Map.groupBy(records, (record) => record.index)) {
    const deferred = own.filter((record) => outcomeOf.get(recordKey(record)) === "deferred");
    if (deferred.length === own.length) open.delete(index);
  }
}

/** Counts again; where the store does not answer, estimates. */
async function countLeft({ deps, stop, summary, seen }: Run, { rows }: Outdated): Promise<void> {
  const reckoned = summary.found === null ? null : seen.left;
  summary.left = reckoned;
  if (summary.taken === 0 || stop.everything.aborted) return;
  try {
    const indices = rows.map(({ index }) => index);
    const query = { indices, quarantinedKeys: deps.localQuarantine.keys() };
    const counted = await deps.store.coverage(query, stop.everything);
    summary.left = counted.gaps.length > 0 ? null : sumCoverage(counted.rows).otherModel;
    summary.gaps = joinGaps(summary.gaps, counted.gaps);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}
