import { steadyClock } from "../concurrency/steady-clock.ts";
import { timeLimit } from "../concurrency/time-limit.ts";
import { isTransient } from "../domain/fault-policy.ts";
import { Fault, orFault } from "../domain/faults.ts";
import { recordKey, withoutVersion, type LogRecord } from "../domain/log-record.ts";
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
   * To be called with each page before it is added to `sums`. Tells what became of its records, save those that an outage
   * deferred: they may get another turn. One that has its other turn here no longer counts as deferred in `sums`.
   */
  ended(page: readonly LogRecord[], result: BatchResult, sums: Sums): void;
  /**
   * Where the run met an outage after it had written a vector, waits until both servers answer again. The wait ends
   * `patienceMs` after the run met the first outage since the last vector. Returns the records that get another turn;
   * undefined where the run is to end. `ended`: why it cannot go on.
   */
  outlive(ended: Ended | undefined, sums: Sums): Promise<Turn[] | undefined>;
  /** Tells that the records which got no other turn are deferred. */
  close(): void;
};

/** A page of one index; its records are to be read again. `chars`: how long their texts were, in UTF-16 units. */
export type Turn = { index: string; records: LogRecord[]; chars: number };

/** Why a run ended with records left. */
export type Ended = { reason: string; fault?: Fault };

type PatienceDeps = {
  store: Pick<RecordStore, "survey" | "coverage">;
  embedder: Pick<Embedder, "probe" | "pricePerMillionTokens">;
  held: Pick<HeldVectors, "sync">;
  clock: Clock;
  events: Pick<Events, "recordsEnded" | "drainWaiting" | "drainResumed">;
  settings: {
    batchSize: number;
    /** 0: an outage ends the run. */
    patienceMs: number;
  };
};

type Deferred = { fault: Fault; record: LogRecord; chars: number };

/** Before a probe. The span doubles up to the longest; the wait is drawn from its upper half. */
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 30_000;
const PROBE_MS = 15_000;
const MAX_TURN_CHARS = 1024 * 1024;
/** After a restart the store answers before all of its shards do: so long those are waited for. */
const RECOVERY_MS = 2 * 60_000;

export function createPatience(
  { store, embedder, held, clock, events, settings }: PatienceDeps,
  stop: StopSignals,
  random: () => number = Math.random,
): Patience {
  const { patienceMs, batchSize } = settings;
  const now = steadyClock(clock);
  /** By record key. */
  const deferred = new Map<string, Deferred>();
  let outage = { since: new Date(0), startedAt: 0, written: 0, tries: 0 };

  const waitMs = (retryAfterMs = 0) => {
    const spanMs = Math.min(FIRST_WAIT_MS * 2 ** outage.tries++, LONGEST_WAIT_MS);
    return Math.max(retryAfterMs, Math.round((spanMs * (1 + random())) / 2));
  };
  /** `away.fault`: how the embedder failed last, by the run or by a probe. */
  const reachable = async (
    away: { fault: Fault },
    knownGaps: ReadonlySet<string>,
  ): Promise<Fault | Recovering | undefined> => {
    using limit = timeLimit(stop.requested, PROBE_MS);
    const [seen, answered] = await Promise.all([
      orFault(readAll(store, limit.signal)),
      orFault(embedder.probe?.(limit.signal, away.fault) ?? Promise.resolve()),
    ]);
    if (answered instanceof Fault) away.fault = answered;
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
    const away = { fault: met };
    let answersSince: number | undefined;
    for (;;) {
      const leftMs = endsAt - now();
      if (leftMs <= 0 || (fault.retryAfterMs ?? 0) > leftMs) return false;
      events.drainWaiting({ fault, since: outage.since, until });
      await clock.sleep(Math.min(waitMs(fault.retryAfterMs), leftMs), stop.requested);
      if (stop.requested.aborted) return false;
      const still = await reachable(away, knownGaps);
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
    ended(page, result, sums) {
      for (const key of result.outcomeOf.keys()) {
        const before = deferred.get(key);
        if (!before) continue;
        takeBack(sums, before.fault);
        deferred.delete(key);
      }
      const settled = patienceMs === 0 ? result : withoutDeferred(page, result, deferred);
      tellEnded(events, "backfill", settled);
    },
    async outlive(ended, sums) {
      const written = vectorsWritten(sums.summary.outcomes);
      if (patienceMs === 0 || written === 0 || stop.requested.aborted) return undefined;
      if (ended && !ended.fault) return undefined;
      const isNew = written > outage.written;
      // What an outage that is over has left behind gets one more turn.
      const [left] = isNew && outage.written > 0 ? deferred.values() : [];
      const met = ended?.fault ?? left?.fault;
      if (!met || !isOutage(met)) return undefined;
      if (isNew) {
        outage = { since: new Date(clock.now()), startedAt: now(), written, tries: 0 };
      }
      await held.sync();
      const knownGaps = new Set(sums.summary.gaps.map(({ index }) => index));
      if (!(await waited(met, knownGaps))) return undefined;
      events.drainResumed({ since: outage.since });
      return turnsOf(deferred.values(), batchSize);
    },
    close() {
      if (deferred.size === 0) return;
      const outcomeOf = new Map([...deferred.keys()].map((key) => [key, "deferred" as const]));
      const faultOf = new Map([...deferred].map(([key, { fault }]) => [key, fault]));
      const none = emptyBatchResult(embedder.pricePerMillionTokens);
      const outcomes = sumOf(outcomeOf);
      tellEnded(events, "backfill", { ...none, outcomeOf, faultOf, outcomes });
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
function withoutDeferred(
  page: readonly LogRecord[],
  result: BatchResult,
  deferred: Map<string, Deferred>,
): BatchResult {
  const { outcomeOf, faultOf, fault: common, withoutVector } = result;
  const settled = new Map(outcomeOf);
  for (const record of page) {
    const key = recordKey(record);
    const fault = faultOf.get(key) ?? common;
    if (outcomeOf.get(key) !== "deferred" || !fault || !isOutage(fault)) continue;
    if (withoutVector.has(key)) continue;
    deferred.set(key, { fault, record: withoutText(record), chars: record.text.length });
    settled.delete(key);
  }
  return { ...result, outcomeOf: settled, outcomes: sumOf(settled) };
}

/** What names the record: its text is read again, so none is kept through an outage. */
function withoutText({ index, indexUuid, id, shardKey, outdated }: LogRecord): LogRecord {
  return withoutVersion({
    index,
    id,
    text: "",
    ...(indexUuid === undefined ? {} : { indexUuid }),
    ...(shardKey === undefined ? {} : { shardKey }),
    ...(outdated === undefined ? {} : { outdated }),
  });
}

function turnsOf(deferred: Iterable<Deferred>, batchSize: number): Turn[] {
  const turns: Turn[] = [];
  const open = new Map<string, Turn>();
  for (const { record, chars } of deferred) {
    const { index } = record;
    let turn = open.get(index);
    if (!turn || turn.records.length >= batchSize || turn.chars + chars > MAX_TURN_CHARS) {
      turn = { index, records: [], chars: 0 };
      open.set(index, turn);
      turns.push(turn);
    }
    turn.records.push(record);
    turn.chars += chars;
  }
  return turns;
}

/** A record that gets another turn counts once. */
function takeBack(sums: Sums, { kind }: Fault): void {
  const { summary, faults } = sums;
  summary.taken--;
  summary.outcomes = { ...summary.outcomes, deferred: summary.outcomes.deferred - 1 };
  const { [kind]: count = 1, ...others } = faults;
  sums.faults = count > 1 ? { ...others, [kind]: count - 1 } : others;
}
