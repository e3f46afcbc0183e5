import { LRUCache } from "lru-cache";
import type { Clock } from "../ports.ts";

const MAX_RECORDS = 1000;

/** Ids of records that had their turn and that a search may still show as pending. */
export type RecentRecords = {
  remember(id: string, forMs: number): void;
  forget(ids: Iterable<string>): void;
  ids(): string[];
};

/** Remembers the latest thousand; what falls out is only looked at again, never paid for again. */
export function createRecentRecords(clock: Pick<Clock, "now">): RecentRecords {
  const cache = new LRUCache<string, true>({ max: MAX_RECORDS, ttlResolution: 0, perf: clock });
  return {
    remember: (id, forMs) => void cache.set(id, true, { ttl: forMs }),
    forget: (ids) => {
      for (const id of ids) cache.delete(id);
    },
    ids: () => [...cache.keys()],
  };
}
