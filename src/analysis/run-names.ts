import { Fault } from "../domain/faults.ts";
import { MAX_KEPT_NAMES } from "../domain/memory/episode.ts";
import type { FoundEpisode } from "../memory/keep-episodes.ts";
import type { Look } from "./error-watch.ts";
import { shownName } from "./group-row.ts";
import type { GroupsDeps } from "./group-scope.ts";
import { MINUTE_MS } from "./minute-batches.ts";

/** As many as the port takes. */
const AT_ONCE = 20;

/** An episode of a group, in ms since the epoch. */
type Run = Pick<FoundEpisode, "group" | "fromMs" | "toMs">;
type Names = Required<Pick<FoundEpisode, "hosts" | "versions">>;

/** What tells one run from all others: a group is in one at a time. */
export function keyOf({ group, toMs }: Run): string {
  return `${group} ${toMs}`;
}

/**
 * The hosts and versions that the records of these runs name, by `keyOf`, the most frequent first. Where they cannot be counted a run is not in the
 * answer: its episode is kept without them.
 */
export async function namesOfRuns(
  { groupCounts }: Pick<GroupsDeps, "groupCounts">,
  { scope, decisions }: Pick<Look, "scope" | "decisions">,
  runs: readonly Run[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Names>> {
  const found = new Map<string, Names>();
  try {
    for (let at = 0; at < runs.length; at += AT_ONCE) {
      const part = runs.slice(at, at + AT_ONCE);
      const query = {
        indices: scope.indices,
        runs: part.map(({ group, fromMs, toMs }) => ({
          groups: decisions.membersOf(group),
          since: fromMs,
          until: toMs + MINUTE_MS - 1,
        })),
        limit: MAX_KEPT_NAMES,
      };
      const { rows } = await groupCounts.countNames(query, signal);
      for (const [i, run] of part.entries()) {
        const { hosts, versions } = rows[i] ?? {};
        const namesOf = (counts: typeof hosts) => counts?.names.map(({ name }) => shownName(name));
        found.set(keyOf(run), { hosts: namesOf(hosts) ?? [], versions: namesOf(versions) ?? [] });
      }
    }
  } catch (error) {
    if (!(error instanceof Fault) || signal.aborted) throw error;
  }
  return found;
}
