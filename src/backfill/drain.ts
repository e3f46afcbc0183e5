import { count } from "../domain/count.ts";
import type { IndexCoverage } from "../domain/coverage.ts";
import type { FaultCounts } from "../domain/fault-counts.ts";
import { Fault } from "../domain/faults.ts";
import { recordKey, type LogRecord } from "../domain/log-record.ts";
import { outcomeAttributes, noOutcomes, vectorsWritten, type Outcomes } from "../domain/outcome.ts";
import { NO_GAPS, gapsLine } from "../domain/partial.ts";
import { noEmbedding, type CycleSummary } from "../domain/summary.ts";
import type { UnfitRecords } from "../domain/unfit-records.ts";
import { runBatch } from "../pipeline/run-batch.ts";
import type { Scan } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { refresh, type BackfillDeps, type CycleResult } from "./cycle.ts";
import { countsOf, findWork, sumPending, workAttributes, type Work } from "./find-work.ts";
import { createPace, type Pace } from "./pace.ts";
import { addPage, isShared, progressOf, settledIn } from "./pages.ts";
import { createPatience, type Ended, type Patience, type Turn } from "./patience.ts";
import { runConcurrently } from "./run-concurrently.ts";

/** With more failed records than this, the cause is not in single records, and the drain ends. */
const MAX_FAILED = 100_000;

/** Maximum of records that are tried one by one to test an index. */
const MOST_TRIALS = 100;

type Drain = {
  deps: BackfillDeps;
  stop: StopSignals;
  patience: Patience;
  pace: Pace;
  /** The embedder has answered since it last failed. */
  isAnswering: boolean;
  startedAt: number;
  summary: CycleSummary;
  /** Pending records at the start, and those left, as far as they were visible. */
  seen: { found: number; left: number };
  faults: FaultCounts;
  tried: Set<string>;
  paused: Set<string>;
  unfitRecords?: UnfitRecords;
  fitKeys: ReadonlySet<string>;
  /** The first failure that kept an index from being read to its end. */
  fault?: Fault;
  /** Why the drain ended with records left. */
  ended?: Ended;
};

/**
 * Runs cycles until a fresh search finds no untried record; the summary covers all of them. Throws a Fault only where
 * nothing was done before it; later ones end the drain.
 */
export async function runDrain(deps: BackfillDeps, stop: StopSignals): Promise<CycleResult> {
  const drain = newDrain(deps, stop);
  await passUntilDone(drain);
  for (;;) {
    const again = await drain.patience.outlive(drain.ended, drain);
    if (!again) break;
    // Indices that were skipped in the outage are tried again.
    drain.paused.clear();
    delete drain.ended;
    delete drain.fault;
    await passUntilDone(drain, again);
  }
  if (stop.requested.aborted && drain.ended) drain.ended = { reason: "stopped" };
  drain.patience.close();
  return resultOf(drain);
}

/** Throws a Fault only where nothing was done before it. `again`: records that an outage deferred; absent at the start. */
async function passUntilDone(drain: Drain, again?: readonly Turn[]): Promise<void> {
  const { deps, stop } = drain;
  try {
    for (let first = true; ; first = false) {
      const work = await deps.tracer.span("select", {}, async (span) => {
        const found = await findWork(deps, stop);
        span.set(workAttributes(found));
        return found;
      });
      noteWork(drain, work, first && !again);
      if (first && again) await takeAgain(drain, again);
      const progressed = await onePass(drain, work);
      if (drain.ended || !(first ? drain.summary.taken > 0 : progressed)) break;
    }
  } catch (error) {
    if (!(error instanceof Fault) || drain.summary.taken === 0) throw error;
    drain.ended = { reason: error.message, fault: error };
  }
}

/** Records that an outage deferred; no scan gives them another turn. */
async function takeAgain(drain: Drain, again: readonly Turn[]): Promise<void> {
  const { deps, stop, pace } = drain;
  const turns = again.filter(({ index }) => !deps.paused.has(index));
  const indices = new Set(turns.map(({ index }) => index));
  await runConcurrently({
    next: async () => (drain.ended ? undefined : turns.shift()),
    work: async ({ index, records }) => void (await onePage(drain, newPass(index), records)),
    room: () => pace.room(stop.requested),
    firstAlone: true,
    signal: stop.requested,
  });
  await refresh(deps, [...indices], stop);
}

function resultOf(drain: Drain): CycleResult {
  const { deps } = drain;
  drain.summary.duration_ms = deps.clock.now() - drain.startedAt;
  const { summary, faults, ended, unfitRecords } = drain;
  summary.looping = deps.localQuarantine.looping(drain.fitKeys);
  if (summary.backlog !== null) summary.backlog = drain.seen.left + summary.looping;
  const fault = ended?.fault ?? drain.fault;
  const reason = ended?.reason ?? fault?.message ?? unseenWords(summary);
  return {
    summary,
    faults,
    ...(unfitRecords ? { unfitRecords } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(fault ? { fault } : {}),
  };
}

function newDrain(deps: BackfillDeps, stop: StopSignals): Drain {
  return {
    deps,
    stop,
    patience: createPatience(deps, stop),
    pace: createPace(deps, deps.settings),
    isAnswering: false,
    startedAt: deps.clock.now(),
    summary: {
      cycle: 0,
      found: 0,
      backlog: 0,
      taken: 0,
      outcomes: noOutcomes(),
      embedding: noEmbedding(deps.embedder.pricePerMillionTokens),
      duration_ms: 0,
      indices: { fit: 0, unfit: 0 },
      other_model: 0,
      skipped: 0,
      looping: 0,
      false_marks: 0,
      gaps: NO_GAPS,
    },
    seen: { found: 0, left: 0 },
    fitKeys: new Set(),
    faults: {},
    tried: new Set(),
    paused: new Set(),
  };
}

function noteWork(drain: Drain, work: Work, first: boolean): void {
  const { summary, deps, seen } = drain;
  const counts = countsOf(work);
  summary.false_marks += work.falseMarks;
  if (first) {
    summary.found = counts.found;
    seen.found = work.found;
    const { levels } = deps.settings;
    const partial = work.gaps.length > 0;
    deps.events.recordsFound({ found: work.found, partial, levels, durationMs: 0 });
  }
  seen.left = work.found;
  summary.backlog = counts.found;
  summary.other_model = counts.otherModel;
  summary.gaps = work.gaps;
  drain.unfitRecords = work.unfitRecords;
  drain.fitKeys = work.fitKeys;
  const { resting } = work;
  if (resting.length > 0) drain.fault ??= new Fault("index", pausedWords(resting));
  summary.skipped = work.unfitRecords.records;
  summary.indices = { fit: work.fit.length, unfit: work.unfit };
}

function pausedWords(rows: readonly IndexCoverage[]): string {
  const names = rows.map(({ index }) => index).join(", ");
  return `${count(sumPending(rows), "record")} left in ${names}, which take no updates now`;
}

/** What could not be seen counts as left. */
function unseenWords({ gaps }: CycleSummary): string | undefined {
  const line = gapsLine(gaps);
  return line === undefined
    ? undefined
    : `some records could not be seen and stay pending: ${line}`;
}

/**
 * One pass over all indices with pending records; true where a vector was written or a record failed for the first
 * time. Records that have a vector already do not count, because they stay pending until a refresh.
 */
async function onePass(drain: Drain, work: Work): Promise<boolean> {
  let progressed = false;
  for (const row of work.pending) {
    const { index } = row;
    if (drain.stop.requested.aborted) drain.ended = { reason: "stopped" };
    if (drain.ended) break;
    if (drain.paused.has(index)) continue;
    if (await passIndex(drain, row)) progressed = true;
  }
  return progressed;
}

type Pass = {
  readonly index: string;
  taken: boolean;
  /** The embedder has answered, and the index holds a vector of the model in force: both take what they are given. */
  proven: boolean;
  progressed: boolean;
  /** Keys of records that were written to test the index and that search does not show yet. */
  readonly tried: Set<string>;
};

function newPass(index: string, proven = false): Pass {
  return { index, taken: false, proven, progressed: false, tried: new Set() };
}

async function passIndex(drain: Drain, { index, vectorized }: IndexCoverage): Promise<boolean> {
  const { deps, stop, pace, paused } = drain;
  const pass = newPass(index, drain.isAnswering && vectorized > 0);
  try {
    if (await tryIndex(drain, pass)) {
      await using scan = await deps.store.openScan(index, stop.everything);
      await runConcurrently({
        next: () => nextPage(drain, pass, scan),
        async work(records) {
          await onePage(drain, pass, records);
        },
        room: () => pace.room(stop.requested),
        firstAlone: !pass.proven,
        signal: stop.requested,
      });
    }
    if (stop.requested.aborted) drain.ended ??= { reason: "stopped" };
    // Once per index, not per page: each refresh creates a segment with its own graph.
    if (pass.taken) await refresh(deps, [index], stop);
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === "outage") throw error;
    paused.add(index);
    drain.fault ??= error;
    deps.events.indexUnfit({ index, reason: error.message });
  }
  return pass.progressed;
}

/** False where an index on trial did not take the first vector. */
async function tryIndex(drain: Drain, pass: Pass): Promise<boolean> {
  const { deps, stop } = drain;
  const { index } = pass;
  const isUnproven = async () => (await deps.trials.among([index], stop.everything)).has(index);
  if (!(await isUnproven())) return true;
  const paid = (await deps.trials.paidFor([index], stop.everything)).get(index);
  if (paid && (await tryOne(drain, pass, paid.record)) === "tried") {
    return !(await isUnproven()) && !deps.paused.has(index);
  }
  await using scan = await deps.store.openScan(index, stop.everything);
  for (let turn = 0; turn < MOST_TRIALS; turn++) {
    const [record] = (await nextPage(drain, pass, scan, 1)) ?? [];
    if (!record) return true;
    const shown = await tryOne(drain, pass, record);
    if (shown === "nothing") continue;
    if (!(await isUnproven())) return !deps.paused.has(index);
    if (shown === "tried") return false;
  }
  for (const key of pass.tried) drain.tried.add(key);
  pass.progressed = true;
  return false;
}

/** What writing one record shows about its index: nothing where it has no text or is gone. */
async function tryOne(
  drain: Drain,
  pass: Pass,
  record: LogRecord,
): Promise<"tried" | "vector" | "nothing"> {
  pass.tried.add(recordKey(record));
  const outcomes = await onePage(drain, pass, [record]);
  if (outcomes.already_vectorized > 0) return "vector";
  return outcomes.empty + outcomes.missing > 0 ? "nothing" : "tried";
}

/** The next untried records; undefined where the index is to be skipped. */
async function nextPage(
  drain: Drain,
  pass: Pass,
  scan: Scan,
  limit = drain.pace.pageSize(),
): Promise<LogRecord[] | undefined> {
  const { deps, stop, tried, paused } = drain;
  try {
    for (;;) {
      const isPaused = paused.has(pass.index) || deps.paused.has(pass.index);
      if (drain.ended || isPaused || stop.requested.aborted) return undefined;
      const startedAt = deps.clock.now();
      // A trace per page, because a drain may have thousands.
      const page = await deps.tracer.span("select", { apart: true }, async (span) => {
        const read = await scan.next(limit, stop.everything);
        span.set({ "log_vectorizer.records": read.length });
        return read;
      });
      deps.events.stageEnded({ stage: "select", durationMs: deps.clock.now() - startedAt });
      if (page.length === 0) return undefined;
      const fresh = page.filter((record) => {
        const key = recordKey(record);
        return !tried.has(key) && !pass.tried.has(key) && !deps.localQuarantine.has(key);
      });
      if (fresh.length > 0) return fresh;
    }
  } catch (error) {
    // Processing pages may outlast the scan: the next pass takes what is left.
    if (!pass.taken || !(error instanceof Fault && error.cursorExpired)) throw error;
    pass.progressed = true;
    return undefined;
  }
}

async function onePage(drain: Drain, pass: Pass, records: readonly LogRecord[]): Promise<Outcomes> {
  const { deps, stop, pace, summary, tried, paused } = drain;
  const { index, proven } = pass;
  pass.taken = true;
  const attributes = { "log_vectorizer.records": records.length };
  const result = await pace.during(records, (paced) =>
    deps.tracer.span("page", { apart: true, attributes }, async (span) => {
      const enriched = await runBatch(paced, records, stop, { proven });
      span.set(outcomeAttributes(enriched.outcomes));
      if (enriched.fault) span.failed(enriched.fault.kind);
      return enriched;
    }),
  );
  drain.patience.ended(records, result, drain);
  const before = tried.size;
  summary.cycle++;
  addPage(drain, result);
  for (const [key, outcome] of result.outcomeOf) {
    if (outcome === "quarantined" || outcome === "deferred" || outcome === "conflicted") {
      tried.add(key);
    }
  }
  drain.seen.left = Math.max(0, drain.seen.left - settledIn(result));
  progress(drain);
  if (result.fault) drain.ended ??= { reason: result.fault.message, fault: result.fault };
  else if (result.outcomes.deferred === records.length && !stop.requested.aborted) {
    // No record of the page could be written: embedding the next page would waste money.
    paused.add(index);
  }
  if (isShared(result, records.length)) {
    drain.ended = { reason: "another process is working on the same records" };
  }
  if (tried.size >= MAX_FAILED) {
    drain.ended = { reason: `${MAX_FAILED} records failed; look into their errors first` };
  }
  if (result.fault) drain.isAnswering = false;
  else if (result.use.texts > 0) drain.isAnswering = true;
  const written = vectorsWritten(result.outcomes);
  if (written > 0) pass.proven = true;
  if (written > 0 || tried.size > before) pass.progressed = true;
  return result.outcomes;
}

function progress({ deps, summary, seen, startedAt }: Drain): void {
  const { found: total, left } = seen;
  const durationMs = deps.clock.now() - startedAt;
  const report = progressOf(summary, { total, left, durationMs });
  deps.events.drainProgress(summary.gaps.length > 0 ? { ...report, partial: true } : report);
}
