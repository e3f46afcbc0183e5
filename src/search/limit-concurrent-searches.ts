import { Fault } from "../domain/faults.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { createSemaphore } from "../concurrency/semaphore.ts";
import { mostHits } from "./find-groups.ts";
import type { RecordAddress } from "./locate-record.ts";
import type { SearchAnswer } from "./search-answer.ts";
import { SearchRefused } from "./search-refused.ts";
import type { SearchQuery } from "./search.ts";
import type { ShownRecord } from "./show-record.ts";
import type { SimilarQuery } from "./similar.ts";
import { createWeightedSemaphore } from "../concurrency/weighted-semaphore.ts";

type Searches = {
  search(query: SearchQuery, stop: StopSignals): Promise<SearchAnswer>;
  similar(query: SimilarQuery, stop: StopSignals): Promise<SearchAnswer>;
  record(place: RecordAddress, stop: StopSignals): Promise<ShownRecord>;
};

/** More of them would only make each of them slower. */
const AT_ONCE = 4;
/** Who comes when so many wait already is sent away: those before him take longer than anybody waits. */
const MAX_WAITING = 16;
const RETRY_AFTER_SECONDS = 5;
/** Of the memory there is, what all searches under way may hold together. */
const SHARE = 1 / 4;
/** An answer of the store, of 8 MiB at most, as it came, as text and parsed. */
const ANSWER_BYTES = 32 * 1024 * 1024;
/** The head of a hit's text, and what else is kept of the hit. */
const HIT_BYTES = 10 * 1024;

/** What a search for so many may hold at its largest. */
export function searchBytes(limit: number): number {
  return ANSWER_BYTES + mostHits(limit) * HIT_BYTES;
}

/**
 * The same within one budget of memory, a quarter of `memoryBytes`, and with few of them under way at once; the others
 * wait for their turn, however large they are. Throws a SearchRefused where too many wait already, and a Fault for who is
 * stopped waiting.
 */
export function limitConcurrentSearches(
  { search, similar, record }: Searches,
  { memoryBytes }: { memoryBytes: number },
): Searches {
  const slots = createSemaphore(AT_ONCE);
  const room = createWeightedSemaphore(memoryBytes * SHARE);
  let waiting = 0;
  const turn = async (bytes: number, stop: StopSignals) => {
    waiting++;
    try {
      const leave = await slots.acquire(stop.requested);
      const free = leave && (await room.acquire(bytes, stop.requested));
      if (!free) leave?.();
      return leave && free && [free, leave];
    } finally {
      waiting--;
    }
  };
  const inTurn = async <T>(bytes: number, stop: StopSignals, work: () => Promise<T>) => {
    if (waiting >= MAX_WAITING) throw tooMany();
    const taken = await turn(bytes, stop);
    if (!taken) throw new Fault("outage", "the search was given up before its turn came");
    try {
      return await work();
    } finally {
      for (const release of taken) release();
    }
  };
  return {
    search: (query, stop) => inTurn(searchBytes(query.limit), stop, () => search(query, stop)),
    similar: (query, stop) => inTurn(searchBytes(query.limit), stop, () => similar(query, stop)),
    record: (place, stop) => inTurn(ANSWER_BYTES, stop, () => record(place, stop)),
  };
}

function tooMany(): SearchRefused {
  const hint = `Try again in ${RETRY_AFTER_SECONDS} s.`;
  return new SearchRefused("busy", "Too many searches wait for their turn already.", hint, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
