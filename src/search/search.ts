import { isBlank } from "../pipeline/text.ts";
import { Fault } from "../domain/faults.ts";
import { noEmbedding } from "../domain/summary.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { answerSearch } from "./answer-search.ts";
import { embedQuery } from "./embed-query.ts";
import { parseQuery, queryWords, type SearchMode } from "./query-words.ts";
import { resolveScope, resolveWordScope } from "./search-scope.ts";
import type { SearchAnswer } from "./search-answer.ts";
import type { SearchDeps, SearchFilter, WordSearchDeps } from "./search-deps.ts";
import { SearchRefused } from "./search-refused.ts";
import { traceSearch } from "./trace-search.ts";

export type SearchQuery = SearchFilter & { text: string; mode: SearchMode };

/**
 * The records that a text finds, grouped by error. In mode `both` one of words and meaning may fail: the answer says so.
 * Throws a SearchRefused, or a Fault.
 */
export async function search(
  deps: SearchDeps,
  query: SearchQuery,
  stop: StopSignals,
): Promise<SearchAnswer> {
  if (query.mode === "words") return searchByWords(deps, query, stop);
  return traceSearch(deps.tracer, "search", query, () => searchFor(deps, query, stop));
}

/** The same in mode `words`, for which nothing is embedded. Throws a SearchRefused, or a Fault. */
export async function searchByWords(
  deps: WordSearchDeps,
  query: SearchQuery,
  stop: StopSignals,
): Promise<SearchAnswer> {
  return traceSearch(deps.tracer, "search", query, async () => {
    const startedAt = deps.clock.now();
    const { text, words, filter } = read(deps, query);
    if (!deps.store.findByWords) {
      throw new SearchRefused(
        "no_words",
        `${deps.store.name} cannot find records by their words.`,
        "Search by meaning: leave the mode out, or set it to meaning.",
      );
    }
    if (words.all.length === 0) {
      throw new SearchRefused("no_text", "The text to search for has no word in it.");
    }
    const scope = await resolveWordScope(deps, filter, [], stop.everything);
    const sought = { query: asShown(text), mode: query.mode, words, use: noEmbedding(0) };
    const rest = { vector: undefined, stored: null, startedAt };
    return answerSearch(deps, { ...sought, ...rest }, { scope, filter }, stop.everything);
  });
}

async function searchFor(
  deps: SearchDeps,
  query: SearchQuery,
  stop: StopSignals,
): Promise<SearchAnswer> {
  const startedAt = deps.clock.now();
  const { text, words: all, filter } = read(deps, query);
  const { mode } = query;
  const words = mode === "both" && all.all.length > 0 && deps.store.findByWords ? all : undefined;
  const scope = await resolveScope(deps, filter, [], stop.everything);
  const use = noEmbedding(deps.embedder.pricePerMillionTokens);
  const sought = { query: asShown(text), mode, words, use, stored: null, startedAt };
  const answer = (more: Partial<Parameters<typeof answerSearch>[1]>) => {
    const whole = { ...sought, vector: undefined, ...more };
    return answerSearch(deps, whole, { scope, filter }, stop.everything);
  };
  // No embedding is paid for where nothing is comparable.
  if (scope.records === 0) return answer({});
  const embedded = await embedQuery(deps, { text, logId: "search" }, stop).catch(asFault);
  if (embedded instanceof Fault) {
    if (!words || stop.everything.aborted)
      throw embedded.cause instanceof SearchRefused ? embedded.cause : embedded;
    return answer({ failed: embedded });
  }
  const { vector, truncated, use: paid } = embedded;
  return answer({ vector, use: paid, query: { ...sought.query, truncated } });
}

/** A text that the embedder refuses may be found by its words. */
function asFault(error: unknown): Fault {
  if (error instanceof SearchRefused) {
    return new Fault("record", error.message, { cause: error });
  }
  if (error instanceof Fault) return error;
  throw error;
}

function read(deps: Pick<WordSearchDeps, "toText">, query: SearchQuery) {
  const { text: asked, mode: _, ...filter } = query;
  if (isBlank(asked)) throw new SearchRefused("no_text", "The text to search for is blank.");
  const { text, phrases } = parseQuery(asked);
  // Words are looked for in the records as they are, which are not redacted.
  return { text: deps.toText(text), words: queryWords(text), filter: { ...filter, phrases } };
}

function asShown(text: string) {
  return { text, truncated: false, index: null, id: null };
}
