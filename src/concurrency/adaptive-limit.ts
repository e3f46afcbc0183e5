/**
 * How many requests may be under way at once: a little more with each that goes well, fewer where they make each other
 * slow, half as many after one that was too much (additive increase, multiplicative decrease; RFC 5681).
 */
export type AdaptiveLimit = {
  /** Whole, at least 1. */
  current(): number;
  /** One of `size` that began at `startedAt` took so long; true where that is slow for its size. */
  recordSuccess(request: { startedAt: number; tookMs: number; size: number }): boolean;
  /** One that began at `startedAt` was too much for the other side. */
  recordOverload(startedAt: number, now: number): void;
};

/** Slower than this many times what is usual for its size: others are in its way. */
const SLOW_FACTOR = 3;
/** So many of the last are what is usual; the other side may have become slower for good. */
const MAX_SAMPLES = 100;
/** Of fewer nobody knows what is usual. */
const MIN_SAMPLES = 3;

export function createAdaptiveLimit({ start, max }: { start: number; max: number }): AdaptiveLimit {
  let limit = Math.min(start, max);
  let cutAt = -Infinity;
  const recentTimes = new Map<number, number[]>();
  const cut = (now: number, to: number) => {
    limit = Math.max(1, to);
    cutAt = now;
  };
  return {
    current: () => Math.floor(limit),
    recordSuccess({ startedAt, tookMs, size }) {
      const magnitude = Math.round(Math.log2(Math.max(1, size)));
      const times = recentTimes.get(magnitude) ?? [];
      const slow = times.length >= MIN_SAMPLES && tookMs > SLOW_FACTOR * median(times);
      times.push(tookMs);
      if (times.length > MAX_SAMPLES) times.shift();
      recentTimes.set(magnitude, times);
      // What began before the last cut says nothing of what came of it.
      if (startedAt < cutAt) return slow;
      if (slow) cut(startedAt + tookMs, limit - 1);
      else limit = Math.min(max, limit + 1 / limit);
      return slow;
    },
    recordOverload(startedAt, now) {
      if (startedAt >= cutAt) cut(now, limit / 2);
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
