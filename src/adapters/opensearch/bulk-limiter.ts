import { createAdaptiveLimit } from "../../concurrency/adaptive-limit.ts";
import { steadyClock } from "../../concurrency/steady-clock.ts";
import type { Clock } from "../../ports/clock.ts";

/** Lets so many bulk requests go at once as the cluster takes without growing slow. */
export type BulkLimiter = {
  /**
   * Waits for its turn; whoever has it says how it ended. Resolves at once where the signal is aborted, and does not rest
   * where `hurry` is.
   */
  acquire(signal: AbortSignal, urgent?: AbortSignal): Promise<(ended: BulkEnded) => void>;
};

/** `tookMs`: by the cluster's own account; absent where it gave none. */
export type BulkEnded = { updates: number; tookMs?: number; overloaded?: boolean };

export type BulkLimiterSettings = {
  /** BULK_MAX_CONCURRENCY */
  max: number;
  /** Never yields: as many at once as it may, whatever that does to others. */
  fullSpeed: boolean;
};

const START = 2;
const MAX_PAUSE_MS = 5000;

/**
 * The cluster's own time for a bulk request of its size shows how busy it is, with others' work too: where it rises, fewer
 * go at once, and where even one at a time is slow, it rests after each for as long as that one took.
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
