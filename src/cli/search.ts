import type { StopSignals } from "../ports/stop-signals.ts";
import type { SearchAnswer } from "../search/search-answer.ts";
import type { SearchFilter } from "../search/search-deps.ts";
import type { SimilarQuery } from "../search/similar.ts";
import type { Service } from "../app/service.ts";
import { openCommand, type Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
import { answered } from "./print-search.ts";
import { runToEnd } from "./run-to-end.ts";

export type SearchOptions = SearchFilter & { json?: boolean };
type Searches = Awaited<ReturnType<Service["search"]>>;

/** Finds the records nearest to a text. */
export function searchText(text: string, options: SearchOptions, context: Context) {
  return searchBy(
    (searches, filter, stop) => searches.search({ ...filter, text }, stop),
    options,
    context,
  );
}

/** Finds the records nearest to a stored one. */
export function similarTo(of: SimilarQuery["of"], options: SearchOptions, context: Context) {
  return searchBy(
    (searches, filter, stop) => searches.similar({ ...filter, of }, stop),
    options,
    context,
  );
}

async function searchBy(
  search: (searches: Searches, filter: SearchFilter, stop: StopSignals) => Promise<SearchAnswer>,
  { json = false, ...filter }: SearchOptions,
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: true, answerOnStdout: true });
  const { service } = command;
  return await runToEnd(context, service.events, async (stop) => {
    const answer = await search(await service.search(), filter, stop);
    return answered(answer, { json, filter }, context.process);
  });
}
