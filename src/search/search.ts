import { isBlank } from "../pipeline/text.ts";
import { noEmbedding } from "../domain/summary.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { answerSearch } from "./answer-search.ts";
import { embedQuery } from "./embed-query.ts";
import { resolveScope } from "./search-scope.ts";
import type { SearchAnswer } from "./search-answer.ts";
import type { SearchDeps, SearchFilter } from "./search-deps.ts";
import { SearchRefused } from "./search-refused.ts";
import { traceSearch } from "./trace-search.ts";

export type SearchQuery = SearchFilter & { text: string };

/** The records nearest to a text, grouped by error. Throws a SearchRefused, or a Fault. */
export async function search(
  deps: SearchDeps,
  query: SearchQuery,
  stop: StopSignals,
): Promise<SearchAnswer> {
  return traceSearch(deps.tracer, "search", query, () => searchFor(deps, query, stop));
}

async function searchFor(
  deps: SearchDeps,
  { text: message, ...filter }: SearchQuery,
  stop: StopSignals,
): Promise<SearchAnswer> {
  const startedAt = deps.clock.now();
  if (isBlank(message)) throw new SearchRefused("no_text", "The text to search for is blank.");
  const scope = await resolveScope(deps, filter, [], stop.everything);
  const text = deps.toText(message);
  const query = { text, truncated: false, index: null, id: null };
  const use = noEmbedding(deps.embedder.pricePerMillionTokens);
  if (scope.records === 0) {
    // No embedding is paid for where nothing is comparable.
    const sought = { query, vector: undefined, use, stored: null, startedAt };
    return answerSearch(deps, sought, { scope, filter }, stop.everything);
  }
  const embedded = await embedQuery(deps, { text, logId: "search" }, stop);
  const { vector, truncated } = embedded;
  const sought = { query: { ...query, truncated }, vector, use: embedded.use };
  const rest = { stored: null, startedAt };
  return answerSearch(deps, { ...sought, ...rest }, { scope, filter }, stop.everything);
}
