/** Occurrences per key, and of all keys, in the current minute of the clock. */
export type MinuteCounts = {
  of(key: string): number;
  all(): number;
  add(key: string): void;
  /** Whole seconds until the next minute, when the counts reset; at least 1. */
  secondsLeft(): number;
};

const MINUTE_MS = 60_000;

/** `now`: ms since the epoch. Beyond `maxKeys` the oldest keys are dropped; `all` keeps counting. */
export function createMinuteCounts(now: () => number, maxKeys: number): MinuteCounts {
  const counts = new Map<string, number>();
  let minute = -1;
  let sum = 0;
  const begin = () => {
    const current = Math.floor(now() / MINUTE_MS);
    if (current === minute) return;
    minute = current;
    sum = 0;
    counts.clear();
  };
  return {
    of(key) {
      begin();
      return counts.get(key) ?? 0;
    },
    all() {
      begin();
      return sum;
    },
    add(key) {
      begin();
      counts.set(key, (counts.get(key) ?? 0) + 1);
      sum++;
      const [oldest] = counts.keys();
      if (counts.size > maxKeys && oldest !== undefined) counts.delete(oldest);
    },
    secondsLeft: () => Math.ceil((MINUTE_MS - (now() % MINUTE_MS)) / 1000),
  };
}
