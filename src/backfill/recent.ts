import { LRUCache } from "lru-cache";
import type { Clock } from "../ports/clock.ts";

const MAX_RECORDS = 1000;
const EXCLUDED_MS = 3_600_000;

/** Keys of records that are done but that search may still show as pending. */
export type RecentRecords = {
  remember(key: string, forMs: number): void;
  forget(keys: Iterable<string>): void;
  /** The embedder returned no usable vector for it; the second time it is excluded for an hour. */
  noteMissingVector(key: string): void;
  keys(): string[];
};

/** Keeps the latest thousand; a forgotten record is read again, never paid for again. */
export function createRecentRecords(clock: Pick<Clock, "now">): RecentRecords {
  const cache = new LRUCache<string, true>({ max: MAX_RECORDS, ttlResolution: 0, perf: clock });
  const missed = new LRUCache<string, true>({ max: MAX_RECORDS });
  return {
    remember: (key, forMs) => void cache.set(key, true, { ttl: forMs }),
    forget: (keys) => {
      for (const key of keys) cache.delete(key);
    },
    noteMissingVector(key) {
      if (missed.has(key)) cache.set(key, true, { ttl: EXCLUDED_MS });
      else missed.set(key, true);
    },
    keys: () => [...cache.keys()],
  };
}
