/** How much a waiting room holds at most. */
export type RetryQueueLimits = { maxRecords: number; maxBytes: number };

type Entry<T> = { record: T; dueAt: number; bytes: number };

/** Records whose time to be looked at again has not come. Bounded; what is waiting longest makes room. */
export type RetryQueue<T> = {
  /** Returns the records that had to leave for it. */
  add(record: T, dueAt: number, bytes: number): T[];
  /** The records that are due, at most `limit`; they have left then. */
  takeDue(now: number, limit: number): T[];
  /** When the first is due; undefined where nobody waits. */
  nextDueAt(): number | undefined;
  /** Everybody leaves. */
  clear(): T[];
  readonly size: number;
};

export function createRetryQueue<T>({ maxRecords, maxBytes }: RetryQueueLimits): RetryQueue<T> {
  // In the order of their arrival: who has waited longest comes first.
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
