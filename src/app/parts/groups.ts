import type { Quiet } from "../../analysis/episodes.ts";
import type { EpisodesAnswer, GroupAnswer, GroupsAnswer } from "../../analysis/group-answers.ts";
import type { EpisodesQuery } from "../../analysis/list-episodes.ts";
import type { GroupsQuery } from "../../analysis/list-groups.ts";
import type { Clock } from "../../ports/clock.ts";
import type { GroupCounts } from "../../ports/group-counts.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import type { ToText } from "../../pipeline/text.ts";

/** Every method throws a SearchRefused, or a Fault. */
export type Groups = {
  list(query: GroupsQuery, signal: AbortSignal): Promise<GroupsAnswer>;
  show(group: string, signal: AbortSignal): Promise<GroupAnswer>;
  episodes(query: EpisodesQuery, signal: AbortSignal): Promise<EpisodesAnswer>;
};

type Parts = {
  store: Pick<RecordStore, "survey">;
  groupCounts: GroupCounts;
  clock: Clock;
  /** The silence that ends an episode. */
  quiet: Quiet;
  toText: ToText;
  toShown(text: string): string;
};

export async function openGroups({ toText, toShown, ...parts }: Parts): Promise<Groups> {
  const [{ listGroups, showGroup }, { listEpisodes }, { createCachedSurvey }] = await Promise.all([
    import("../../analysis/list-groups.ts"),
    import("../../analysis/list-episodes.ts"),
    import("../../search/cached-survey.ts"),
  ]);
  const readSurvey = createCachedSurvey(parts);
  const deps = { ...parts, readSurvey, show: { toText, toShown } };
  return {
    list: (query, signal) => listGroups(deps, query, signal),
    show: (group, signal) => showGroup(deps, group, signal),
    episodes: (query, signal) => listEpisodes(deps, query, signal),
  };
}
