import { Fault } from "../domain/faults.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { createSemaphore } from "../concurrency/semaphore.ts";
import { mostHits } from "./find-groups.ts";
import type { RecordAddress } from "./locate-record.ts";
import type { SearchAnswer, RecordAnswer } from "./search-answer.ts";
import type { SearchMode } from "./query-words.ts";
import { SearchRefused } from "./search-refused.ts";
import type { SearchQuery } from "./search.ts";
import type { SimilarQuery } from "./similar.ts";

type Searches = {
  search(query: SearchQuery, stop: StopSignals): Promise<SearchAnswer>;
  similar(query: SimilarQuery, stop: StopSignals): Promise<SearchAnswer>;
  record(place: RecordAddress, stop: StopSignals): Promise<RecordAnswer>;
};

const MAX_CONCURRENT = 4;
/** With so many waiting, further searches are refused, since they would wait too long. */
const MAX_WAITING = 16;
const RETRY_AFTER_SECONDS = 5;
/** Share of the memory for all searches in flight. */
const SHARE = 1 / 4;
/** An answer of the store (at most 8 MiB) as bytes, as text and parsed. */
const ANSWER_BYTES = 32 * 1024 * 1024;
/** The head of a hit's text, and its other fields. */
const HIT_BYTES = 10 * 1024;

/** The maximum of memory that a search for `limit` groups holds. */
export function searchBytes(limit: number, mode: SearchMode = "meaning"): number {
  const ways = mode === "both" ? 2 : 1;
  return ways * (ANSWER_BYTES + mostHits(limit) * HIT_BYTES);
}

/**
 * Limits the number of concurrent searches, and their memory to a quarter of `memoryBytes`; others wait in order.
 * Throws a SearchRefused where too many wait, and a Fault where a waiting search is stopped.
 */
export function limitConcurrentSearches(
  { search, similar, record }: Searches,
  { memoryBytes }: { memoryBytes: number },
): Searches {
  const semaphore = createSemaphore(MAX_CONCURRENT);
  const memory = createWeightedSemaphore(memoryBytes * SHARE);
  let waiting = 0;
  const acquireBoth = async (bytes: number, stop: StopSignals) => {
    waiting++;
    try {
      const leave = await semaphore.acquire(stop.requested);
      const free = leave && (await memory.acquire(bytes, stop.requested));
      if (!free) leave?.();
      return leave && free && [free, leave];
    } finally {
      waiting--;
    }
  };
  const limited = async <T>(bytes: number, stop: StopSignals, work: () => Promise<T>) => {
    if (waiting >= MAX_WAITING) throw tooMany();
    const taken = await acquireBoth(bytes, stop);
    if (!taken) throw new Fault("outage", "the search was given up before its turn came");
    try {
      return await work();
    } finally {
      for (const release of taken) release();
    }
  };
  return {
    search: (query, stop) =>
      limited(searchBytes(query.limit, query.mode), stop, () => search(query, stop)),
    similar: (query, stop) => limited(searchBytes(query.limit), stop, () => similar(query, stop)),
    record: (place, stop) => limited(ANSWER_BYTES, stop, () => record(place, stop)),
  };
}

function tooMany(): SearchRefused {
  const hint = `Try again in ${RETRY_AFTER_SECONDS} s.`;
  return new SearchRefused("busy", "Too many searches wait for their turn already.", hint, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

/** A shared amount, such as bytes; callers that need more than is free wait in order of arrival. */
type WeightedSemaphore = {
  /** Resolves to the function that releases the amount, or to undefined where the signal aborted first. */
  acquire(amount: number, signal: AbortSignal): Promise<(() => void) | undefined>;
};

/** A caller that needs more than `total` gets it when no other caller holds any. */
export function createWeightedSemaphore(total: number): WeightedSemaphore {
  let used = 0;
  const queue: { amount: number; enter: () => void }[] = [];
  const fits = (amount: number) => used === 0 || used + amount <= total;
  const occupy = (amount: number) => {
    used += amount;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      used -= amount;
      letIn();
    };
  };
  const letIn = () => {
    for (let next = queue[0]; next && fits(next.amount); next = queue[0]) {
      queue.shift();
      next.enter();
    }
  };
  return {
    acquire(amount, signal) {
      if (signal.aborted) return Promise.resolve(undefined);
      if (queue.length === 0 && fits(amount)) return Promise.resolve(occupy(amount));
      return new Promise((resolve) => {
        const waiting = {
          amount,
          enter() {
            signal.removeEventListener("abort", onAbort);
            resolve(occupy(amount));
          },
        };
        const onAbort = () => {
          queue.splice(queue.indexOf(waiting), 1);
          resolve(undefined);
          // The next callers in the queue may need less than the one that left.
          letIn();
        };
        queue.push(waiting);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
}
