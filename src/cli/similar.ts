import { watchSignals } from "../app/shutdown.ts";
import type { SimilarQuery } from "../search/similar.ts";
import { openCommand, type Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
import { answered } from "./print-search.ts";
import { SEARCH_NEEDS, type SearchOptions } from "./search.ts";

/** Finds the records nearest to a stored one. */
export async function similarTo(
  of: SimilarQuery["of"],
  { json = false, ...filter }: SearchOptions,
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, SEARCH_NEEDS);
  const { service } = command;
  using stop = watchSignals(context.process, (signal) => service.events.stopping({ signal }));
  const { similar } = await service.search();
  return answered(await similar({ ...filter, of }, stop), { json, filter }, context.process);
}
