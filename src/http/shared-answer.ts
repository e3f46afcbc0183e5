import type { Clock } from "../ports/clock.ts";

/**
 * One reading for all who ask within `maxAgeMs`, and never two at once: many askers cost what one does. A failure is
 * shared likewise.
 */
export function createSharedAnswer<T>(
  read: () => Promise<T>,
  { maxAgeMs, clock }: { maxAgeMs: number; clock: Pick<Clock, "now"> },
): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let endedAt: number | undefined;
  return () => {
    const ageMs = endedAt === undefined ? 0 : Math.abs(clock.now() - endedAt);
    if (answer && ageMs < maxAgeMs) return answer;
    endedAt = undefined;
    answer = read().finally(() => (endedAt = clock.now()));
    return answer;
  };
}
