/** How much a waiting room holds at most. */
export type RoomLimits = { maxRecords: number; maxBytes: number };

type Waiting<T> = { record: T; dueAt: number; bytes: number };

/** Records whose time to be looked at again has not come. Bounded; what is waiting longest makes room. */
export type WaitingRoom<T> = {
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

export function createWaitingRoom<T>({ maxRecords, maxBytes }: RoomLimits): WaitingRoom<T> {
  // In the order of their arrival: who has waited longest comes first.
  const waiting = new Set<Waiting<T>>();
  let bytes = 0;
  const leave = (one: Waiting<T>): T => {
    waiting.delete(one);
    bytes -= one.bytes;
    return one.record;
  };
  return {
    add(record, dueAt, size) {
      waiting.add({ record, dueAt, bytes: size });
      bytes += size;
      const left: T[] = [];
      for (const oldest of waiting) {
        if (waiting.size <= maxRecords && bytes <= maxBytes) break;
        left.push(leave(oldest));
      }
      return left;
    },
    takeDue(now, limit) {
      const due: T[] = [];
      for (const one of waiting) {
        if (due.length >= limit) break;
        if (one.dueAt <= now) due.push(leave(one));
      }
      return due;
    },
    nextDueAt() {
      let first: number | undefined;
      for (const { dueAt } of waiting) if (first === undefined || dueAt < first) first = dueAt;
      return first;
    },
    clear: () => [...waiting].map(leave),
    get size() {
      return waiting.size;
    },
  };
}
