import { Fault } from "../../domain/faults.ts";
import { recordKey, type LogRecord } from "../../domain/log-record.ts";
import { joinGaps } from "../../domain/partial.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import type { SkipKind } from "../../domain/stamp.ts";
import { isOfError } from "./error-kind.ts";
import { matchesIndex } from "../../domain/index-pattern.ts";
import { keptId, type Kept, type LocalQuarantine } from "./local-quarantine.ts";
import type { Unread } from "./quarantine-answer.ts";

/** One record in the quarantine, due again or not. */
export type Quarantined = {
  index: string;
  indexUuid?: string;
  id: string;
  /** Of the log. */
  timestamp?: string;
  /** Whether its text was refused, it loses its vector again and again, or there is no text. */
  why: "refused" | "loop" | "empty";
  /** How often it was refused. */
  attempts: number;
  error: string;
  /** ISO 8601, UTC; absent: never. */
  nextTry?: string;
  /** Whether its document bears the mark, or the state directory. */
  keptIn: "document" | "state";
};

/** Which of them; all conditions must hold. */
export type QuarantineFilter = {
  /** A name of an index or a data stream, in which `*` stands for any run of characters. */
  index?: string;
  id?: string;
  /** A part of the error, or its kind as the list has it; in any case. */
  error?: string;
  /** Only those that are never tried again. */
  never?: boolean;
  /** Without those that have no text. */
  withText?: boolean;
};

/** An entry, and its document where that bears a mark. */
export type Found = { entry: Quarantined; record?: LogRecord };

export type QuarantineDeps = {
  store: Pick<RecordStore, "survey" | "countMarked" | "openMarkedScan">;
  localQuarantine: Pick<LocalQuarantine, "sync" | "all">;
};

const PAGE = 1000;

/**
 * All that the filter takes, page by page, each record once. An index that cannot be searched is left out and noted
 * under `unread`. Throws a Fault where the store does not answer.
 */
export async function* findQuarantined(
  { store, localQuarantine }: QuarantineDeps,
  filter: QuarantineFilter,
  unread: Unread,
  signal: AbortSignal,
): AsyncGenerator<Found[]> {
  const { fit } = await store.survey(signal);
  await localQuarantine.sync();
  const kept = new Map(
    localQuarantine.all().map((one) => [recordKey(keptId(one)), keptEntry(one)]),
  );
  const indices = fit
    .map(({ index }) => index)
    .filter((index) => filter.index === undefined || matchesIndex(filter.index, index));
  const ids = filter.id === undefined ? {} : { ids: [filter.id] };
  const kinds: SkipKind[] = filter.withText ? ["refused"] : ["refused", "empty"];
  const { rows, gaps } = await store.countMarked({ indices, kinds, ...ids }, signal);
  unread.gaps = joinGaps(unread.gaps, gaps);
  for (const { index } of rows) {
    try {
      await using scan = await store.openMarkedScan({ index, kinds, ...ids }, signal);
      for (;;) {
        const records = await scan.next(PAGE, signal);
        if (records.length === 0) break;
        const found = records.map((record) => foundIn(record, kept));
        yield found.filter(({ entry }) => matches(entry, filter));
      }
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === "outage") throw error;
      unread.unread.push({ index, reason: error.message });
    }
  }
  yield [...kept.values()].filter((entry) => matches(entry, filter)).map((entry) => ({ entry }));
}

/** What the state directory says of a record is the later word; it is not to be said again. */
function foundIn(record: LogRecord, kept: Map<string, Quarantined>): Found {
  const key = recordKey(record);
  const entry = kept.get(key) ?? markedEntry(record);
  kept.delete(key);
  return { entry, record };
}

function keptEntry(kept: Kept): Quarantined {
  const { timestamp, next_try: nextTry, attempts, error, cause: why = "refused" } = kept;
  return { ...keptId(kept), why, attempts, error, ...when(timestamp, nextTry), keptIn: "state" };
}

function markedEntry({ index, indexUuid, id, timestamp, stamp = {} }: LogRecord): Quarantined {
  const { skipped, field, attempts, error, next_try: nextTry } = stamp;
  const isEmpty = skipped === "empty";
  const noText = typeof field === "string" ? `no text in ${field}` : "no text";
  return {
    index,
    ...(indexUuid === undefined ? {} : { indexUuid }),
    id,
    ...when(timestamp, typeof nextTry === "string" ? nextTry : undefined),
    why: isEmpty ? "empty" : "refused",
    attempts: typeof attempts === "number" ? attempts : 1,
    error: isEmpty ? noText : typeof error === "string" ? error : "",
    keptIn: "document",
  };
}

function when(timestamp: string | undefined, nextTry: string | undefined) {
  return {
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(nextTry === undefined ? {} : { nextTry }),
  };
}

function matches(entry: Quarantined, { index, id, error, never }: QuarantineFilter): boolean {
  if (index !== undefined && !matchesIndex(index, entry.index)) return false;
  if (id !== undefined && entry.id !== id) return false;
  if (never && (entry.nextTry !== undefined || entry.why === "empty")) return false;
  return error === undefined || isOfError(entry.error, error);
}
