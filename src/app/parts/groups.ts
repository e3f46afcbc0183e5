import type { GroupAnswer, GroupsAnswer } from "../../analysis/group-answers.ts";
import type { GroupsQuery } from "../../analysis/list-groups.ts";
import type { Clock } from "../../ports/clock.ts";
import type { GroupCounts } from "../../ports/group-counts.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import type { ToText } from "../../pipeline/text.ts";

/** Every method throws a SearchRefused, or a Fault. */
export type Groups = {
  list(query: GroupsQuery, signal: AbortSignal): Promise<GroupsAnswer>;
  show(group: string, signal: AbortSignal): Promise<GroupAnswer>;
};

type Parts = {
  store: Pick<RecordStore, "survey">;
  groupCounts: GroupCounts;
  clock: Clock;
  toText: ToText;
  toShown(text: string): string;
};

export async function openGroups({ toText, toShown, ...parts }: Parts): Promise<Groups> {
  const [{ listGroups, showGroup }, { createCachedSurvey }] = await Promise.all([
    import("../../analysis/list-groups.ts"),
    import("../../search/cached-survey.ts"),
  ]);
  const readSurvey = createCachedSurvey(parts);
  const deps = { ...parts, readSurvey, show: { toText, toShown } };
  return {
    list: (query, signal) => listGroups(deps, query, signal),
    show: (group, signal) => showGroup(deps, group, signal),
  };
}
