import type { IndexCoverage } from "../domain/coverage.ts";
import { recordKey, type LogRecord } from "../domain/log-record.ts";
import type { Outcome } from "../domain/outcome.ts";
import { NO_GAPS, joinGaps, type Gap } from "../domain/partial.ts";
import type { BatchResult } from "../pipeline/batch-result.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { BackfillDeps } from "./cycle.ts";

export type Selected = { records: LogRecord[]; gaps: readonly Gap[] };

const NOTHING: Selected & { more?: boolean } = { records: [], gaps: NO_GAPS };

export type Selection = {
  /** Empty where the batch is full or the cycle can take no more. Throws a Fault. */
  next(stop: StopSignals): Promise<Selected>;
  ended(records: readonly LogRecord[], result: BatchResult): void;
};

/**
 * Each index gets a share of the batch. An index on trial gets one record first and the rest once that is written; one
 * that refuses frees its share. `rows`: indices with pending records that accept updates.
 */
export function createSelection(
  deps: Pick<
    BackfillDeps,
    "store" | "events" | "recent" | "localQuarantine" | "paused" | "trials" | "clock" | "settings"
  >,
  rows: readonly IndexCoverage[],
): Selection {
  const { store, events, recent, localQuarantine, paused, trials, clock } = deps;
  const left = new Map(rows.map(({ index, pending }) => [index, pending]));
  const taken = new Set<string>();
  /** Indices on trial of which a record was tried, and those in the last part. */
  const tried = new Set<string>();
  let inPart = new Set<string>();
  let free = deps.settings.batchSize;
  let mayContinue = true;
  /** The size limit of the last answer left records out. */
  let cutShort = false;
  /** With more indices than free places, the newest get half of them, and the others rotate every minute. */
  const someOf = (indices: string[]) => {
    if (indices.length <= free) return indices;
    const newest = Math.ceil(free / 2);
    const others = indices.slice(newest);
    const from = Math.floor(clock.now() / 60_000) % others.length;
    const inTurn = [...others.slice(from), ...others.slice(0, from)];
    return [...indices.slice(0, newest), ...inTurn].slice(0, free);
  };
  const find = async (indices: string[], limit: number, perIndex: number, stop: StopSignals) => {
    if (indices.length === 0) return NOTHING;
    const excludeKeys = [...new Set([...recent.keys(), ...localQuarantine.keys(), ...taken])];
    const all = { indices, limit, excludeKeys };
    const some = { indices, limit: perIndex * indices.length, perIndex, excludeKeys };
    const found = await store.findPending(perIndex < limit ? some : all, stop.everything);
    const { gaps } = found;
    if (gaps.length > 0) events.answerPartial({ gaps, during: "the query for pending records" });
    return found;
  };
  return {
    async next(stop) {
      if (free <= 0 || !mayContinue) return NOTHING;
      const open = [...left.keys()].filter((index) => !paused.has(index));
      const unproven = await trials.among(open, stop.everything);
      const trying = open.filter((index) => unproven.has(index) && !tried.has(index));
      const paid = await trials.paidFor(trying, stop.everything);
      const sound = someOf(open.filter((index) => !unproven.has(index)));
      const share = shareOf(
        sound.map((index) => left.get(index) ?? 0),
        Math.max(0, free - trying.length),
      );
      const [first, rest] = await Promise.all([
        find(
          trying.filter((index) => !paid.has(index)),
          Infinity,
          1,
          stop,
        ),
        find(sound, free, share, stop),
      ]);
      const found = [...[...paid.values()].map(({ record }) => record), ...first.records];
      const records = roundRobin([...found, ...rest.records]).slice(0, free);
      for (const record of records) taken.add(recordKey(record));
      cutShort = [first, rest].some(({ more }) => more === true);
      inPart = new Set(records.map(({ index }) => index)).intersection(unproven);
      for (const index of inPart) tried.add(index);
      return { records, gaps: joinGaps(first.gaps, rest.gaps) };
    },
    ended(records, { outcomeOf }) {
      mayContinue = cutShort;
      for (const record of records) {
        const { index } = record;
        left.set(index, Math.max(0, (left.get(index) ?? 0) - 1));
        const isRefused = paused.has(index) && outcomeOf.get(recordKey(record)) === "deferred";
        if (isRefused) mayContinue = true;
        else free--;
        if (inPart.has(index) && !paused.has(index)) mayContinue = true;
        // These outcomes wrote no vector, so the next record has to test the index in this cycle.
        const outcome = outcomeOf.get(recordKey(record));
        if (outcome !== undefined && NOT_TRIED.has(outcome)) tried.delete(index);
      }
    },
  };
}

const NOT_TRIED: ReadonlySet<Outcome> = new Set(["already_vectorized", "empty", "missing"]);

/** The largest share per index that fills the batch when indices with fewer records give all of them. */
export function shareOf(pending: readonly number[], free: number): number {
  let share = 0;
  let rest = free;
  const sorted = pending.toSorted((a, b) => a - b);
  for (const [i, most] of sorted.entries()) {
    const among = sorted.length - i;
    if ((most - share) * among >= rest) return Math.max(1, share + Math.ceil(rest / among));
    rest -= (most - share) * among;
    share = most;
  }
  return Math.max(1, share);
}

/** The first of each index, then the second of each, and so on. */
export function roundRobin<T extends { index: string }>(records: readonly T[]): T[] {
  const queues = [...Map.groupBy(records, ({ index }) => index).values()];
  const longest = Math.max(0, ...queues.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) =>
    queues.flatMap((queue) => queue[turn] ?? []),
  ).flat();
}
