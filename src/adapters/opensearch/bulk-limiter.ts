import { createAdaptiveLimit } from "../../concurrency/adaptive-limit.ts";
import { steadyClock } from "../../concurrency/steady-clock.ts";
import type { Clock } from "../../ports/clock.ts";

/** Limits concurrent bulk requests to what the cluster takes without slowing down. */
export type BulkLimiter = {
  /**
   * Waits for a slot; the caller reports how its request ended. Resolves at once when `signal` aborts, and skips the
   * pause once `urgent` is aborted.
   */
  acquire(signal: AbortSignal, urgent?: AbortSignal): Promise<(ended: BulkEnded) => void>;
};

/** `tookMs`: as the cluster reports it; absent where it does not. */
export type BulkEnded = { updates: number; tookMs?: number; overloaded?: boolean };

export type BulkLimiterSettings = {
  /** BULK_MAX_CONCURRENCY */
  max: number;
  /** Always uses the maximum, however slow the cluster gets. */
  fullSpeed: boolean;
};

const START = 2;
const MAX_PAUSE_MS = 5000;

/**
 * The cluster's own time for a bulk request shows its load, others' work included. When it rises the limit falls; where
 * a single request at a time is still slow, each is followed by a pause as long as it took.
 */
export function createBulkLimiter(
  { max, fullSpeed }: BulkLimiterSettings,
  clock: Clock,
): BulkLimiter {
  const limit = createAdaptiveLimit({ start: fullSpeed ? max : START, max });
  const now = steadyClock(clock);
  const allowed = () => (fullSpeed ? max : limit.current());
  const waiting = new Set<() => void>();
  let inFlight = 0;
  let pausedUntil = -Infinity;
  const turn = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const go = () => {
        waiting.delete(go);
        signal.removeEventListener("abort", go);
        resolve();
      };
      waiting.add(go);
      signal.addEventListener("abort", go, { once: true });
    });
  const wake = () => {
    for (const go of waiting) go();
  };
  return {
    async acquire(signal, urgent = signal) {
      while (!signal.aborted && inFlight >= allowed()) await turn(signal);
      inFlight++;
      const restMs = pausedUntil - now();
      if (restMs > 0) await clock.sleep(restMs, urgent);
      const startedAt = now();
      return ({ updates, tookMs, overloaded = false }) => {
        inFlight--;
        const alone = limit.current() === 1;
        if (overloaded) limit.recordOverload(startedAt, now());
        else if (tookMs !== undefined) {
          const slow = limit.recordSuccess({ startedAt, tookMs, size: updates });
          if (slow && alone && !fullSpeed) pausedUntil = now() + Math.min(tookMs, MAX_PAUSE_MS);
        }
        wake();
      };
    },
  };
}
