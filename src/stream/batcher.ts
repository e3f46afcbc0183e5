import type { Clock } from "../ports/clock.ts";
import { createWakeup } from "../concurrency/wakeup.ts";

export type BatchLimits = { maxRecords: number; maxBytes: number; maxAgeMs: number };

/** Gathers records until a batch is full or old enough. */
export type Batcher<T> = {
  /** Waits while the previous batch cannot be emitted. */
  add(record: T, bytes: number): Promise<void>;
  flush(): Promise<void>;
};

/** The next batch is emitted once `emit` of the one before has resolved. */
export function createBatcher<T>(
  { maxRecords, maxBytes, maxAgeMs }: BatchLimits,
  clock: Clock,
  emit: (batch: readonly T[]) => Promise<void>,
): Batcher<T> {
  const state: { batch: T[]; bytes: number; emitting: Promise<void> | undefined } = {
    batch: [],
    bytes: 0,
    emitting: undefined,
  };
  const closed = createWakeup(clock);
  const isFull = () => state.batch.length >= maxRecords || state.bytes >= maxBytes;

  const flush = async () => {
    while (state.emitting) await state.emitting;
    const { batch } = state;
    if (batch.length === 0) return;
    state.batch = [];
    state.bytes = 0;
    closed.notifyAll();
    state.emitting = emit(batch).finally(() => (state.emitting = undefined));
    await state.emitting;
  };
  const closeWhenOld = async (batch: T[]) => {
    await closed.sleep(maxAgeMs);
    if (state.batch === batch) await flush();
  };
  return {
    flush,
    async add(record, bytes) {
      if (isFull()) await flush();
      state.batch.push(record);
      state.bytes += bytes;
      if (state.batch.length === 1) void closeWhenOld(state.batch);
      if (isFull()) await flush();
    },
  };
}

type RetryQueueLimits = { maxRecords: number; maxBytes: number };

type Entry<T> = { record: T; dueAt: number; bytes: number };

/** Records that are due for another attempt later. Bounded: the oldest are evicted. */
type RetryQueue<T> = {
  /** Returns the evicted records. */
  add(record: T, dueAt: number, bytes: number): T[];
  /** Removes and returns at most `limit` records that are due. */
  takeDue(now: number, limit: number): T[];
  /** The earliest due time; undefined when empty. */
  nextDueAt(): number | undefined;
  clear(): T[];
  readonly size: number;
};

export function createRetryQueue<T>({ maxRecords, maxBytes }: RetryQueueLimits): RetryQueue<T> {
  const entries = new Set<Entry<T>>();
  let bytes = 0;
  const leave = (one: Entry<T>): T => {
    entries.delete(one);
    bytes -= one.bytes;
    return one.record;
  };
  return {
    add(record, dueAt, size) {
      entries.add({ record, dueAt, bytes: size });
      bytes += size;
      const left: T[] = [];
      for (const oldest of entries) {
        if (entries.size <= maxRecords && bytes <= maxBytes) break;
        left.push(leave(oldest));
      }
      return left;
    },
    takeDue(now, limit) {
      const due: T[] = [];
      for (const one of entries) {
        if (due.length >= limit) break;
        if (one.dueAt <= now) due.push(leave(one));
      }
      return due;
    },
    nextDueAt() {
      let first: number | undefined;
      for (const { dueAt } of entries) if (first === undefined || dueAt < first) first = dueAt;
      return first;
    },
    clear: () => [...entries].map(leave),
    get size() {
      return entries.size;
    },
  };
}
