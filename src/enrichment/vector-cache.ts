import { LRUCache } from "lru-cache";
import type { Clock, StoredVector } from "../ports.ts";

/** Vectors of texts embedded lately, by model, dimensions and text hash. */
export type VectorCache = {
  get(textHash: string): StoredVector | undefined;
  set(textHash: string, entry: StoredVector): void;
  /** Keeps a vector for a day that is paid for and stands in no document yet. */
  hold(textHash: string, entry: StoredVector): void;
};

const HOLD_MS = 24 * 3_600_000;

type CacheSettings = { model: string; dimensions: number; maxEntries: number; ttlMs: number };

/** A cache of one embedder's vectors; none is kept where `maxEntries` is 0. */
export function createVectorCache(
  { model, dimensions, maxEntries, ttlMs }: CacheSettings,
  clock: Pick<Clock, "now">,
): VectorCache {
  if (maxEntries === 0) {
    return { get: () => undefined, set: () => undefined, hold: () => undefined };
  }
  const cache = new LRUCache<string, StoredVector>({
    max: maxEntries,
    ttl: ttlMs,
    ttlResolution: 0,
    perf: clock,
  });
  const key = (hash: string) => `${model}\n${dimensions}\n${hash}`;
  return {
    get: (hash) => cache.get(key(hash)),
    set: (hash, entry) => void cache.set(key(hash), entry),
    hold: (hash, entry) => void cache.set(key(hash), entry, { ttl: Math.max(ttlMs, HOLD_MS) }),
  };
}
