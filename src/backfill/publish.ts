import type { JoinedStore } from "../pipeline/joined-store.ts";
import { LRUCache } from "lru-cache";
import { Fault } from "../domain/faults.ts";
import { recordKey, type LogRecord } from "../domain/log-record.ts";
import { noOutcomes } from "../domain/outcome.ts";
import { encodeReference } from "../domain/reference.ts";
import { noEmbedding } from "../domain/summary.ts";
import type { PausedIndices } from "../pipeline/collections/paused-indices.ts";
import type { UnfitWatch } from "../pipeline/collections/prepare-indices.ts";
import type { TextlessWatch } from "../pipeline/collections/textless-watch.ts";
import type { MarksAudit } from "../pipeline/quarantine/audit-marks.ts";
import type { LocalQuarantine } from "../pipeline/quarantine/local-quarantine.ts";
import type { Signer } from "../pipeline/signer.ts";
import type { ToText } from "../pipeline/text.ts";
import type { WriteLoopDetector } from "../pipeline/write-loop-detector.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import { noopTracer } from "../ports/noop-tracer.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Tracer } from "../ports/tracer.ts";
import type { WorkQueue } from "../ports/work-queue.ts";
import type { CycleResult } from "./cycle.ts";
import { countsOf, findWork, workAttributes, type Work } from "./find-work.ts";

export type PublishDeps = {
  store: Pick<
    JoinedStore,
    | "survey"
    | "coverage"
    | "countUnfit"
    | "prepare"
    | "openScan"
    | "findLatestMarked"
    | "readCurrent"
    | "write"
    | "makeVisible"
  >;
  queue: WorkQueue;
  leads: () => boolean;
  watch: UnfitWatch;
  paused: Pick<PausedIndices, "surveyed" | "among" | "waitedFor" | "ended">;
  localQuarantine: Pick<
    LocalQuarantine,
    "all" | "clear" | "has" | "keep" | "keys" | "looping" | "moved"
  >;
  writeLoops: Pick<WriteLoopDetector, "counted">;
  textless: TextlessWatch;
  marksAudit: MarksAudit;
  clock: Clock;
  events: Events;
  tracer?: Tracer;
  leases: Leases;
  toText: ToText;
  signer: Signer;
  settings: { levels: readonly string[] };
};

/** Maximum of references that the workers have not settled. */
const MAX_WAITING = 10_000;
const PAGE = 500;
const ASK_EVERY_MS = 2000;
/** Shorter than a scan's lifetime, which must outlast the wait for the workers. */
const MAX_WAIT_MS = 4 * 60_000;
const LEASE_MS = 15 * 60_000;
const MAX_LEASES = 100_000;

/** Records whose reference was published recently; publishing one again costs a read and no money. */
export type Leases = { has(key: string): boolean; take(key: string): void };

export function createLeases(clock: Pick<Clock, "now">): Leases {
  const cache = new LRUCache<string, true>({
    max: MAX_LEASES,
    ttl: LEASE_MS,
    ttlResolution: 0,
    perf: clock,
  });
  return { has: (key) => cache.has(key), take: (key) => void cache.set(key, true) };
}

type Run = {
  deps: PublishDeps;
  stop: StopSignals;
  published: number;
  capacity: number;
  /** The first failure that kept an index from being read to its end. */
  fault?: Fault;
};

/**
 * Publishes references to pending records while fewer than MAX_WAITING wait for the workers; only the leader does. Throws a Fault
 * where the store or the queue is unusable.
 */
export async function runPublish(
  deps: PublishDeps,
  cycle: number,
  stop: StopSignals,
): Promise<CycleResult> {
  const { clock, events, settings, queue, leads, tracer = noopTracer } = deps;
  const startedAt = clock.now();
  const work = await tracer.span("select", {}, async (span) => {
    const found = await findWork(deps, stop);
    span.set(workAttributes(found));
    return found;
  });
  const durationMs = clock.now() - startedAt;
  const partial = work.gaps.length > 0;
  events.recordsFound({ found: work.found, partial, levels: settings.levels, durationMs });
  events.stageEnded({ stage: "select", durationMs });
  const run: Run = { deps, stop, published: 0, capacity: 0 };
  for (const { index } of work.pending) {
    if (stop.requested.aborted || !leads()) break;
    if (!(await publishIndex(run, index))) break;
  }
  if (work.found > 0) {
    events.referencesPublished({ published: run.published, leads: leads(), topic: queue.name });
  }
  const { fault } = run;
  const summary = summaryOf(deps, work, { cycle, durationMs: clock.now() - startedAt });
  const { unfitRecords } = work;
  return { summary, unfitRecords, ...(fault ? { fault, reason: fault.message } : {}) };
}

function summaryOf(
  { localQuarantine }: Pick<PublishDeps, "localQuarantine">,
  work: Work,
  { cycle, durationMs }: { cycle: number; durationMs: number },
) {
  const { found, otherModel } = countsOf(work);
  const looping = localQuarantine.looping(work.fitKeys);
  return {
    cycle,
    found,
    backlog: found === null ? null : found + looping,
    taken: 0,
    outcomes: noOutcomes(),
    embedding: noEmbedding(0),
    duration_ms: durationMs,
    indices: { fit: work.fit.length, unfit: work.unfit },
    other_model: otherModel,
    skipped: work.unfitRecords.records,
    looping,
    false_marks: work.falseMarks,
    gaps: work.gaps,
  };
}

async function publishIndex(run: Run, index: string): Promise<boolean> {
  const { deps } = run;
  for await (const page of pagesOf(run, index)) {
    const fresh = page.filter((record) => {
      const key = recordKey(record);
      return !deps.leases.has(key) && !deps.localQuarantine.has(key);
    });
    if (!(await publishAll(run, fresh))) return false;
  }
  return true;
}

/** The pages of an index as far as it can be read; a failure does not affect other indices. */
async function* pagesOf(run: Run, index: string): AsyncGenerator<LogRecord[]> {
  const { deps, stop } = run;
  let taken = false;
  try {
    await using scan = await deps.store.openScan(index, stop.everything);
    for (;;) {
      const page = await scan.next(PAGE, stop.everything);
      if (page.length === 0) return;
      yield page;
      taken = true;
    }
  } catch (error) {
    // The workers may outlast the scan: the next run resumes.
    if (taken && error instanceof Fault && error.cursorExpired) return;
    if (!(error instanceof Fault) || error.kind === "outage") throw error;
    run.fault ??= error;
    deps.events.indexUnfit({ index, reason: error.message });
  }
}

async function publishAll(run: Run, records: readonly LogRecord[]): Promise<boolean> {
  const { deps, stop } = run;
  let rest = records;
  while (rest.length > 0) {
    if (run.capacity <= 0 && !(await waitForCapacity(run))) return false;
    if (stop.requested.aborted || !deps.leads()) return false;
    const part = rest.slice(0, run.capacity);
    const references = part.map((record) => ({ headers: [], ...encodeReference(record) }));
    await deps.queue.offer(references, stop.everything);
    for (const record of part) deps.leases.take(recordKey(record));
    run.published += part.length;
    run.capacity -= part.length;
    rest = rest.slice(part.length);
  }
  return true;
}

async function waitForCapacity(run: Run): Promise<boolean> {
  const { deps, stop } = run;
  const giveUpAt = deps.clock.now() + MAX_WAIT_MS;
  while (!stop.requested.aborted && deps.leads() && deps.clock.now() < giveUpAt) {
    run.capacity = MAX_WAITING - (await deps.queue.waiting(stop.everything));
    if (run.capacity > 0) return true;
    await deps.clock.sleep(ASK_EVERY_MS, stop.requested);
  }
  return false;
}
