import { openCommand, type Context } from "./context.ts";
import type { SearchFilter } from "../search/search-deps.ts";
import { watchSignals } from "../app/shutdown.ts";
import type { ExitCode } from "./exit-code.ts";
import { answered } from "./print-search.ts";

export type SearchOptions = SearchFilter & { json?: boolean };

export const SEARCH_NEEDS = { needsEmbedder: true, answerOnStdout: true } as const;

/** Finds the records nearest to a text. */
export async function searchText(
  text: string,
  { json = false, ...filter }: SearchOptions,
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, SEARCH_NEEDS);
  const { service } = command;
  using stop = watchSignals(context.process, (signal) => service.events.stopping({ signal }));
  const { search } = await service.search();
  return answered(await search({ ...filter, text }, stop), { json, filter }, context.process);
}
