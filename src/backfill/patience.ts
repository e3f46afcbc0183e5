import { steadyClock } from "../concurrency/steady-clock.ts";
import { timeLimit } from "../concurrency/time-limit.ts";
import type { FaultCounts } from "../domain/fault-counts.ts";
import { isTransient } from "../domain/fault-policy.ts";
import { Fault, orFault } from "../domain/faults.ts";
import { vectorsWritten } from "../domain/outcome.ts";
import { gapsLine } from "../domain/partial.ts";
import { emptyBatchResult, tellEnded, type BatchResult } from "../pipeline/batch-result.ts";
import { sumOf } from "../pipeline/batch-ledger.ts";
import type { HeldVectors } from "../pipeline/held-vectors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { RecordStore } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Sums } from "./pages.ts";

/** Lets a run over the whole backlog outlive an outage of the embedder or the store. */
export type Patience = {
  /**
   * Tells what became of the records of a page. Those that an outage deferred are told of later: they may get another
   * turn.
   */
  ended(result: BatchResult): void;
  /**
   * Where the run met an outage after it had written a vector, waits until both servers answer again. The wait ends
   * `patienceMs` after the run met the first outage since the last vector. Returns the keys of the records that get
   * another turn, and which `sums` no longer counts; undefined where the run is to end. `ended`: why it cannot go on.
   */
  outlive(ended: Ended | undefined, sums: Sums): Promise<ReadonlySet<string> | undefined>;
  /** Tells that the records which got no other turn are deferred. */
  close(): void;
};

/** Why a run ended with records left. */
export type Ended = { reason: string; fault?: Fault };

type PatienceDeps = {
  store: Pick<RecordStore, "survey" | "coverage">;
  embedder: Pick<Embedder, "probe" | "pricePerMillionTokens">;
  held: Pick<HeldVectors, "sync">;
  clock: Clock;
  events: Pick<Events, "recordsEnded" | "drainWaiting" | "drainResumed">;
  settings: {
    /** 0: an outage ends the run. */
    patienceMs: number;
  };
};

/** Before a probe. The span doubles up to the longest; the wait is drawn from its upper half. */
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 30_000;
const PROBE_MS = 15_000;
/** After a restart the store answers before all of its shards do: so long those are waited for. */
const RECOVERY_MS = 2 * 60_000;

export function createPatience(
  { store, embedder, held, clock, events, settings }: PatienceDeps,
  stop: StopSignals,
  random: () => number = Math.random,
): Patience {
  const { patienceMs } = settings;
  const now = steadyClock(clock);
  /** By record key: why it was deferred. */
  const deferred = new Map<string, Fault>();
  let outage = { since: new Date(0), startedAt: 0, written: 0, tries: 0 };

  const waitMs = (retryAfterMs = 0) => {
    const spanMs = Math.min(FIRST_WAIT_MS * 2 ** outage.tries++, LONGEST_WAIT_MS);
    return Math.max(retryAfterMs, Math.round((spanMs * (1 + random())) / 2));
  };
  const reachable = async (
    knownGaps: ReadonlySet<string>,
  ): Promise<Fault | Recovering | undefined> => {
    using limit = timeLimit(stop.requested, PROBE_MS);
    const [seen, answered] = await Promise.all([
      orFault(readAll(store, limit.signal)),
      orFault(embedder.probe?.(limit.signal) ?? Promise.resolve()),
    ]);
    for (const fault of [seen, answered]) {
      // Other faults show that the server answers: the run meets them and ends as it must.
      if (fault instanceof Fault && isTransient(fault.kind)) return fault;
    }
    const gaps = seen instanceof Fault ? [] : seen.filter(({ index }) => !knownGaps.has(index));
    const line = gapsLine(gaps);
    return line === undefined ? undefined : { recovering: new Fault("outage", line) };
  };
  /** False where the time is up or a stop was requested. */
  const waited = async (met: Fault, knownGaps: ReadonlySet<string>): Promise<boolean> => {
    const endsAt = outage.startedAt + patienceMs;
    const until = new Date(outage.since.getTime() + patienceMs);
    let fault = met;
    let answersSince: number | undefined;
    for (;;) {
      const leftMs = endsAt - now();
      if (leftMs <= 0 || (fault.retryAfterMs ?? 0) > leftMs) return false;
      events.drainWaiting({ fault, since: outage.since, until });
      await clock.sleep(Math.min(waitMs(fault.retryAfterMs), leftMs), stop.requested);
      if (stop.requested.aborted) return false;
      const still = await reachable(knownGaps);
      if (stop.requested.aborted) return false;
      if (still === undefined) return true;
      if (still instanceof Fault) {
        fault = still;
        answersSince = undefined;
        continue;
      }
      answersSince ??= now();
      // An index that stays in pieces is no reason to leave the others alone.
      if (now() - answersSince >= RECOVERY_MS || now() >= endsAt) return true;
      fault = still.recovering;
    }
  };

  return {
    ended(result) {
      const settled = patienceMs === 0 ? result : withoutDeferred(result, deferred);
      tellEnded(events, "backfill", settled);
    },
    async outlive(ended, sums) {
      const written = vectorsWritten(sums.summary.outcomes);
      if (patienceMs === 0 || written === 0 || stop.requested.aborted) return undefined;
      if (ended && !ended.fault) return undefined;
      // What an outage that is over has left behind gets its turn with what it has deferred.
      const [left] = outage.written > 0 ? deferred.values() : [];
      const met = ended?.fault ?? left;
      if (!met || !isOutage(met)) return undefined;
      if (written > outage.written) {
        outage = { since: new Date(clock.now()), startedAt: now(), written, tries: 0 };
      }
      await held.sync();
      const knownGaps = new Set(sums.summary.gaps.map(({ index }) => index));
      if (!(await waited(met, knownGaps))) return undefined;
      events.drainResumed({ since: outage.since });
      const keys = new Set(deferred.keys());
      takeBack(sums, deferred.values());
      deferred.clear();
      return keys;
    },
    close() {
      if (deferred.size === 0) return;
      const outcomeOf = new Map([...deferred.keys()].map((key) => [key, "deferred" as const]));
      const unresolved = emptyBatchResult(embedder.pricePerMillionTokens);
      tellEnded(events, "backfill", {
        ...unresolved,
        outcomeOf,
        faultOf: deferred,
        outcomes: sumOf(outcomeOf),
      });
      deferred.clear();
    },
  };
}

/** The store answers, but not for all of its records yet. */
type Recovering = { recovering: Fault };

/** A limit that this service sets itself, and what a person must change, is no outage. */
function isOutage({ kind, selfImposed }: Fault): boolean {
  return isTransient(kind) && !selfImposed;
}

/** Asks for all records without reading any; returns what could not be seen. Throws a Fault. */
async function readAll(store: PatienceDeps["store"], signal: AbortSignal) {
  const { fit } = await store.survey(signal);
  const { gaps } = await store.coverage({ indices: fit.map(({ index }) => index) }, signal);
  return gaps;
}

/** Moves the records that an outage deferred from the result to `deferred`; not those whose own text failed. */
function withoutDeferred(result: BatchResult, deferred: Map<string, Fault>): BatchResult {
  const { outcomeOf, faultOf, fault: common, withoutVector } = result;
  const settled = new Map(outcomeOf);
  for (const [key, outcome] of outcomeOf) {
    const fault = faultOf.get(key) ?? common;
    if (outcome !== "deferred" || !fault || !isOutage(fault) || withoutVector.has(key)) continue;
    deferred.set(key, fault);
    settled.delete(key);
  }
  return { ...result, outcomeOf: settled, outcomes: sumOf(settled) };
}

function takeBack(sums: Sums, faults: Iterable<Fault>): void {
  const { summary } = sums;
  const left = new Map<string, number>(Object.entries(sums.faults));
  let records = 0;
  for (const { kind } of faults) {
    records++;
    left.set(kind, (left.get(kind) ?? 0) - 1);
  }
  summary.taken -= records;
  summary.outcomes = { ...summary.outcomes, deferred: summary.outcomes.deferred - records };
  const counts: FaultCounts = Object.fromEntries([...left].filter(([, count]) => count > 0));
  sums.faults = counts;
}
