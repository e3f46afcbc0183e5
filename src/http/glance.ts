import type { Clock } from "../ports/clock.ts";

/** What was read last, for those who will not wait long for what is read now. */
export type Glance<T> = {
  /** The newest answer, or the one before where that takes too long; undefined where there was none yet. */
  soon(): Promise<T | undefined>;
};

export function createGlance<T>(
  read: () => Promise<T>,
  { patienceMs, clock }: { patienceMs: number; clock: Clock },
): Glance<T> {
  let last: T | undefined;
  return {
    async soon() {
      const enough = new AbortController();
      const fresh = read().then((answer) => (last = answer));
      try {
        return await Promise.race([fresh, clock.sleep(patienceMs, enough.signal).then(() => last)]);
      } finally {
        enough.abort();
        // Who comes next hears of it.
        fresh.catch(() => undefined);
      }
    },
  };
}
