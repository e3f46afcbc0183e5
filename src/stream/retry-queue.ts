export type RetryQueueLimits = { maxRecords: number; maxBytes: number };

type Entry<T> = { record: T; dueAt: number; bytes: number };

/** Records that are due for another attempt later. Bounded: the oldest are evicted. */
export type RetryQueue<T> = {
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
