import { steadyClock } from "../concurrency/steady-clock.ts";
import { createWakeup } from "../concurrency/wakeup.ts";
import type { LogRecord } from "../domain/log-record.ts";
import type { BatchDeps } from "../pipeline/run-batch.ts";

/** How large the pages of a long run are, and when the next one is read. */
export type Pace = {
  /** Records of the next page. */
  pageSize(): number;
  /** Waits until another page may be read, or until the signal aborts. */
  room(signal: AbortSignal): Promise<void>;
  /** Works on a page, whose share of the memory counts until the work ends. `deps`: what measures it. */
  during<T>(records: readonly LogRecord[], work: (deps: BatchDeps) => Promise<T>): Promise<T>;
};

/** Bytes of the vectors in flight, as 32-bit floats: fewer than are held until they are written. */
const MAX_VECTOR_BYTES = 24 * 1024 * 1024;
/** UTF-16 units of the texts in flight. */
const MAX_TEXT_UNITS = 4 * 1024 * 1024;
/** Records in flight, whatever they weigh. */
const MAX_RECORDS = 5000;
/** What is larger is no faster, and a vector is written later. */
const MAX_PAGE = 1000;
/**
 * Records that a cluster of a few cores writes in a millisecond, at most: a request that takes long carries what is written
 * meanwhile.
 */
const RECORDS_PER_MS = 0.6;
/** One is read and looked up, one waits for its turn at the embedder. */
const PAGES_AHEAD = 2;
/** What may wait to be written, beyond what is written while a request is answered. */
const WAITING_MS = 1000;

/**
 * As many pages go to the embedder as it may have requests (`Admission`), and no further one while what waits to be written
 * would outlast the next answer, or while texts and vectors in flight take their share of the memory. One page always may be
 * read.
 */
export function createPace(
  deps: BatchDeps,
  { batchSize, maxRecords = MAX_RECORDS }: { batchSize: number; maxRecords?: number },
): Pace {
  const { embedder, admission, clock } = deps;
  const now = steadyClock(clock);
  const wakeup = createWakeup(clock);
  const writes = createWriteRate(now);
  /** The quickest answer so far: what a request takes beside its texts. */
  let latencyMs: number | undefined;
  let share = 0;
  let toEmbed = 0;
  const pageSize = () =>
    Math.max(batchSize, Math.min(MAX_PAGE, Math.floor((latencyMs ?? 0) * RECORDS_PER_MS)));
  const pagesToEmbed = () => {
    const requests = Math.ceil(pageSize() / embedder.limits.maxTextsPerRequest);
    return Math.ceil(admission.requestsAtOnce() / requests) + PAGES_AHEAD;
  };
  const hasRoom = () =>
    share === 0 ||
    (share < 1 && toEmbed < pagesToEmbed() && writes.waitMs() <= (latencyMs ?? 0) + WAITING_MS);
  return {
    pageSize,
    async room(signal) {
      while (!hasRoom() && !signal.aborted) await wakeup.sleep(undefined, signal);
    },
    async during(records, work) {
      const own = Math.max(shareOf(records, embedder.dimensions), records.length / maxRecords);
      share += own;
      toEmbed++;
      let isEmbedding = true;
      const embedded = () => {
        if (isEmbedding) toEmbed--;
        isEmbedding = false;
      };
      const embed: BatchDeps["embedder"]["embed"] = async (inputs, signal) => {
        const startedAt = now();
        const answer = await embedder.embed(inputs, signal);
        latencyMs = Math.min(latencyMs ?? Infinity, now() - startedAt);
        return answer;
      };
      const write: BatchDeps["store"]["write"] = async (updates, ...signals) => {
        embedded();
        const ended = writes.begin(updates.length);
        wakeup.notifyAll();
        try {
          return await deps.store.write(updates, ...signals);
        } finally {
          ended();
          wakeup.notifyAll();
        }
      };
      const readCurrent: BatchDeps["store"]["readCurrent"] = (...asked) =>
        deps.store.readCurrent(...asked);
      try {
        return await work({
          ...deps,
          embedder: { ...embedder, embed },
          store: { readCurrent, write },
        });
      } finally {
        embedded();
        share = Math.max(0, share - own);
        wakeup.notifyAll();
      }
    },
  };
}

/** Of the memory that records in flight may take; positive. */
function shareOf(records: readonly LogRecord[], dimensions: number): number {
  const units = records.reduce((sum, { text }) => sum + text.length, 0);
  const bytes = records.length * dimensions * Float32Array.BYTES_PER_ELEMENT;
  return Math.max(units / MAX_TEXT_UNITS + bytes / MAX_VECTOR_BYTES, Number.EPSILON);
}

/** After so long what was written counts half. */
const RATE_WINDOW_MS = 30_000;

/** How fast records are written, as far as any wait to be. `now`: monotonic milliseconds. */
function createWriteRate(now: () => number) {
  let waiting = 0;
  let written = 0;
  let busyMs = 0;
  let countedAt = 0;
  const count = () => {
    if (waiting > 0) busyMs += now() - countedAt;
    countedAt = now();
    if (busyMs < RATE_WINDOW_MS) return;
    busyMs /= 2;
    written /= 2;
  };
  return {
    begin(records: number) {
      count();
      waiting += records;
      return () => {
        count();
        waiting -= records;
        written += records;
      };
    },
    /** What waits takes so long; 0 while nothing was written yet. */
    waitMs(): number {
      count();
      return written === 0 ? 0 : (waiting * busyMs) / written;
    },
  };
}
