import type { Span, Tracer } from "../ports/tracer.ts";
import type { SearchAnswer } from "./search-answer.ts";
import type { SearchFilter } from "./search-deps.ts";
import type { SearchMode } from "./query-words.ts";
import { SearchRefused } from "./search-refused.ts";

/** A search as one span; a SearchRefused does not mark it as failed. */
export async function traceSearch(
  tracer: Tracer,
  name: "search" | "similar",
  filter: SearchFilter & { mode?: SearchMode },
  work: () => Promise<SearchAnswer>,
): Promise<SearchAnswer> {
  const { limit, minScore, mode } = filter;
  const narrowed = (["since", "until", "level", "service", "index"] as const).filter(
    (one) => filter[one] !== undefined,
  );
  const attributes = {
    "log_vectorizer.search.mode": mode,
    "log_vectorizer.search.limit": limit,
    "log_vectorizer.search.min_score": minScore,
    "log_vectorizer.search.filters": narrowed.join(",") || undefined,
  };
  const answer = await tracer.span(name, { attributes }, async (span) => {
    try {
      return tell(span, await work());
    } catch (error) {
      if (!(error instanceof SearchRefused)) throw error;
      span.set({ "log_vectorizer.search.refused": error.code });
      return error;
    }
  });
  if (answer instanceof SearchRefused) throw answer;
  return answer;
}

function tell(span: Span, answer: SearchAnswer): SearchAnswer {
  const { hits, searched, embedding, gaps } = answer;
  span.set({
    "log_vectorizer.search.hits": hits.length,
    "log_vectorizer.indices": searched.indices,
    "log_vectorizer.records": searched.records ?? undefined,
    "log_vectorizer.gaps": gaps.length,
    "log_vectorizer.tokens": embedding.tokens,
  });
  return answer;
}
