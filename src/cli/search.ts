import type { StopSignals } from "../ports/stop-signals.ts";
import type { SearchAnswer } from "../search/search-answer.ts";
import type { SearchFilter } from "../search/search-deps.ts";
import type { SearchQuery } from "../search/search.ts";
import type { SimilarQuery } from "../search/similar.ts";
import type { Service } from "../app/service.ts";
import { openCommand, type Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
import { answered } from "./print-search.ts";
import { runToEnd } from "./run-to-end.ts";

export type SearchOptions = SearchFilter & { json?: boolean };
type Ask = (service: Service, filter: SearchFilter, stop: StopSignals) => Promise<SearchAnswer>;

/** Finds the records that a text means or names; by words alone no embedder is needed. */
export function searchText(
  query: Pick<SearchQuery, "text" | "mode">,
  options: SearchOptions,
  context: Context,
) {
  return searchBy(
    async (service, filter, stop) => {
      const search =
        query.mode === "words" ? await service.wordSearch() : (await service.search()).search;
      return search({ ...filter, ...query }, stop);
    },
    { ...options, needsEmbedder: query.mode !== "words" },
    context,
  );
}

/** Finds the records nearest to a stored one. */
export function similarTo(of: SimilarQuery["of"], options: SearchOptions, context: Context) {
  return searchBy(
    async (service, filter, stop) => (await service.search()).similar({ ...filter, of }, stop),
    { ...options, needsEmbedder: true },
    context,
  );
}

async function searchBy(
  ask: Ask,
  { json = false, needsEmbedder, ...filter }: SearchOptions & { needsEmbedder: boolean },
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder, answerOnStdout: true });
  const { service } = command;
  return await runToEnd(context, service.events, async (stop) => {
    const answer = await ask(service, filter, stop);
    return answered(answer, { json, filter }, context.process);
  });
}
