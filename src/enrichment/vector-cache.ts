import { LRUCache } from "lru-cache";
import type { Clock } from "../ports.ts";

/** Vectors of texts embedded lately, by model, dimensions and text hash. */
export type VectorCache = {
  get(textHash: string): CachedVector | undefined;
  set(textHash: string, entry: CachedVector): void;
};

/** `truncated`: only the head of the text was embedded. */
type CachedVector = { vector: Float32Array; truncated: boolean };

type CacheSettings = { model: string; dimensions: number; maxEntries: number; ttlMs: number };

/** A cache of one embedder's vectors; none is kept where `maxEntries` is 0. */
export function createVectorCache(
  { model, dimensions, maxEntries, ttlMs }: CacheSettings,
  clock: Pick<Clock, "now">,
): VectorCache {
  if (maxEntries === 0) return { get: () => undefined, set: () => undefined };
  const cache = new LRUCache<string, CachedVector>({
    max: maxEntries,
    ttl: ttlMs,
    ttlResolution: 0,
    perf: clock,
  });
  const key = (hash: string) => `${model}\n${dimensions}\n${hash}`;
  return {
    get: (hash) => cache.get(key(hash)),
    set: (hash, entry) => void cache.set(key(hash), entry),
  };
}
