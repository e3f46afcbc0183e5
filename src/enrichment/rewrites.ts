import { LRUCache } from "lru-cache";
import { z } from "zod";
import { Fault } from "../model/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { StateStore } from "../ports/state-store.ts";
import { textHash } from "./text.ts";

/** Remembers which vectors were written where, to notice that something removes them again and again. */
export type Rewrites = {
  /** The fault of a record that has lost the vector of this very text too often to be given it once more. */
  problem(recordKey: string, hash: string): Fault | undefined;
  written(recordKey: string, hash: string): void;
  /** It is in the quarantine now: once it leaves that, it counts anew. */
  forget(recordKey: string, hash: string): void;
  load(): Promise<void>;
  save(): Promise<void>;
};

/** So often a vector is written for the same text into the same document. */
const MAX_WRITES = 2;
const MAX_RECORDS = 5000;
const TTL_MS = 24 * 3_600_000;
const DOCUMENT = "rewrites";

const shape = z.array(z.tuple([z.string(), z.int(), z.number()]));

type Written = { times: number; firstAt: number };

/** Kept over restarts as far as the latest 5,000 records go: `--once` forgets everything else. */
export function createRewrites(
  state: StateStore,
  clock: Pick<Clock, "now">,
  { model, dimensions }: Pick<Embedder, "model" | "dimensions">,
): Rewrites {
  const cache = new LRUCache<string, Written>({
    max: MAX_RECORDS,
    ttl: TTL_MS,
    ttlResolution: 0,
    perf: clock,
  });
  let changed = false;
  // The same logs embedded by one model after the other are no loop.
  const nameOf = (recordKey: string, hash: string) =>
    textHash(`${recordKey}\n${hash}\n${dimensions} ${model}`).slice(0, 16);
  return {
    problem(recordKey, hash) {
      const known = cache.get(nameOf(recordKey, hash));
      if (!known || known.times < MAX_WRITES) return undefined;
      const since = new Date(known.firstAt).toISOString();
      return new Fault(
        "record",
        `its vector was written ${known.times} times since ${since} and is gone each time`,
        { hint: "Find what replaces this document or removes its vector: it must keep the field." },
      );
    },
    written(recordKey, hash) {
      const name = nameOf(recordKey, hash);
      const { times = 0, firstAt = clock.now() } = cache.get(name) ?? {};
      cache.set(name, { times: times + 1, firstAt });
      changed = true;
    },
    forget(recordKey, hash) {
      if (cache.delete(nameOf(recordKey, hash))) changed = true;
    },
    async load() {
      const kept = shape.safeParse(await state.load(DOCUMENT));
      if (!kept.success) return;
      for (const [name, times, firstAt] of kept.data) {
        const ttl = TTL_MS - (clock.now() - firstAt);
        if (ttl > 0 && !cache.has(name)) cache.set(name, { times, firstAt }, { ttl });
      }
    },
    async save() {
      if (!changed) return;
      changed = false;
      const entries = [...cache.entries()].map(([name, { times, firstAt }]) => [
        name,
        times,
        firstAt,
      ]);
      // Oldest first, so that loading restores the order in which they leave.
      await state.save(DOCUMENT, entries.toReversed());
    },
  };
}
