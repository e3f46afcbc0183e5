import { Fault } from "../model/faults.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { createSlots } from "../slots.ts";
import type { SearchAnswer } from "./search-answer.ts";
import type { SearchQuery } from "./search.ts";
import type { SimilarQuery } from "./similar.ts";

type Searches = {
  search(query: SearchQuery, stop: StopSignals): Promise<SearchAnswer>;
  similar(query: SimilarQuery, stop: StopSignals): Promise<SearchAnswer>;
};

/** Each holds the messages of up to 2,500 records: beside more of them the work of the process would run out of memory. */
const AT_ONCE = 4;

/** The same with few of them under way at once; the others wait for their turn. Throws a Fault for who is stopped waiting. */
export function fewSearches({ search, similar }: Searches): Searches {
  const slots = createSlots(AT_ONCE);
  const inTurn = async (stop: StopSignals, work: () => Promise<SearchAnswer>) => {
    const giveBack = await slots.take(stop.requested);
    if (!giveBack) throw new Fault("outage", "the search was given up before its turn came");
    try {
      return await work();
    } finally {
      giveBack();
    }
  };
  return {
    search: (query, stop) => inTurn(stop, () => search(query, stop)),
    similar: (query, stop) => inTurn(stop, () => similar(query, stop)),
  };
}
