import { LRUCache } from "lru-cache";
import type { Clock } from "../ports/clock.ts";
import type { StoredVector } from "../ports/vector-index.ts";

/** Vectors of recently embedded texts, by model, dimensions and text hash. */
export type VectorCache = {
  get(textHash: string): StoredVector | undefined;
  set(textHash: string, entry: StoredVector): void;
  /** Keeps a vector for a day that is paid for and stands in no document yet. */
  hold(textHash: string, entry: StoredVector): void;
  /** It stands in a document now, or is to stand in none: it is one of those recently embedded. */
  release(textHash: string): void;
};

/** So long a vector is held, in memory or on disk. */
export const HOLD_MS = 24 * 3_600_000;
/** Of held vectors, in memory and on disk each, whatever the cache may hold: these are paid for. */
export const MAX_HELD_BYTES = 32 * 1024 * 1024;
/** Beside the vector: its key and what the map needs. */
const ENTRY_BYTES = 300;

type CacheSettings = { model: string; dimensions: number; maxEntries: number; ttlMs: number };

/** A cache of one embedder's vectors; with `maxEntries` 0 only those are kept that stand in no document yet. */
export function createVectorCache(
  { model, dimensions, maxEntries, ttlMs }: CacheSettings,
  clock: Pick<Clock, "now">,
): VectorCache {
  const recent = maxEntries === 0 ? undefined : createLru(maxEntries, ttlMs, clock);
  const held = new LRUCache<string, StoredVector>({
    maxSize: MAX_HELD_BYTES,
    sizeCalculation: ({ vector }) => vector.byteLength + ENTRY_BYTES,
    ttl: HOLD_MS,
    ttlResolution: 0,
    perf: clock,
  });
  const key = (hash: string) => `${model}\n${dimensions}\n${hash}`;
  return {
    get: (hash) => recent?.get(key(hash)) ?? held.get(key(hash)),
    set: (hash, entry) => void recent?.set(key(hash), entry),
    hold: (hash, entry) => void held.set(key(hash), entry),
    release(hash) {
      const entry = held.get(key(hash));
      if (!entry) return;
      held.delete(key(hash));
      recent?.set(key(hash), entry);
    },
  };
}

function createLru(max: number, ttl: number, clock: Pick<Clock, "now">) {
  return new LRUCache<string, StoredVector>({ max, ttl, ttlResolution: 0, perf: clock });
}
