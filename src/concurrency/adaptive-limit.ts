/**
 * Concurrency limit by additive increase, multiplicative decrease (RFC 5681): it grows with each success, shrinks by
 * one when requests become slow, and is halved by an overload. With `slowStart` (section 3.1 there) it doubles in each
 * round of requests until it shrinks for the first time.
 */
export type AdaptiveLimit = {
  /** A whole number, at least 1. */
  current(): number;
  /** Reports a success; returns true where it took unusually long for its size. */
  recordSuccess(request: { startedAt: number; tookMs: number; size: number }): boolean;
  /** Reports that the server was overloaded by a request that began at `startedAt`. */
  recordOverload(startedAt: number, now: number): void;
};

/** A request is slow when it takes longer than this many times the median of its size. */
const SLOW_FACTOR = 3;
/** The median is of this many recent requests, so that it follows a server that became slower for good. */
const MAX_SAMPLES = 100;
const MIN_SAMPLES = 3;

export function createAdaptiveLimit({
  start,
  max,
  slowStart = false,
}: {
  start: number;
  max: number;
  slowStart?: boolean;
}): AdaptiveLimit {
  let limit = Math.min(start, max);
  let doubling = slowStart;
  let cutAt = -Infinity;
  const recentTimes = new Map<number, number[]>();
  const cut = (now: number, to: number) => {
    limit = Math.max(1, to);
    cutAt = now;
    doubling = false;
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
      // A request that began before the last decrease tells nothing about the present limit.
      if (startedAt < cutAt) return slow;
      if (slow) cut(startedAt + tookMs, limit - 1);
      else limit = Math.min(max, limit + (doubling ? 1 : 1 / limit));
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
