import type { Groups } from "../../analysis/groups.ts";
import type { OpenErrorMemory } from "../../analysis/group-decisions.ts";
import type { Quiet } from "../../analysis/episodes.ts";
import type { Clock } from "../../ports/clock.ts";
import type { GroupCounts } from "../../ports/group-counts.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import type { ToText } from "../../pipeline/text.ts";

type Parts = {
  store: Pick<RecordStore, "survey">;
  groupCounts: GroupCounts;
  memory: OpenErrorMemory;
  clock: Clock;
  /** The silence that ends an episode. */
  quiet: Quiet;
  /** The model in force, as stamps name it. */
  model(): Promise<string>;
  toText: ToText;
  toShown(text: string): string;
};

export async function openGroups({ toText, toShown, ...parts }: Parts): Promise<Groups> {
  const [{ createGroups }, { createCachedSurvey }] = await Promise.all([
    import("../../analysis/groups.ts"),
    import("../../search/cached-survey.ts"),
  ]);
  const readSurvey = createCachedSurvey(parts);
  return createGroups({ ...parts, readSurvey, show: { toText, toShown } });
}
