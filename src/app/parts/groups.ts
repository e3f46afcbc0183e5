import type { Groups } from "../../analysis/groups.ts";
import type { OpenErrorMemory } from "../../analysis/group-decisions.ts";
import type { ErrorWatch, ErrorWatchDeps } from "../../analysis/error-watch.ts";
import type { CompareStatistics } from "../../analysis/statistics/compare-statistics.ts";
import type { Config } from "../../config/config.ts";
import type { StampCheck, VectorModel } from "../../domain/stamp.ts";
import type { VectorIndex } from "../../ports/vector-index.ts";
import type { Quiet } from "../../analysis/episodes.ts";
import type { Clock } from "../../ports/clock.ts";
import type { GroupCounts } from "../../ports/group-counts.ts";
import type { RecordStatistics } from "../../ports/record-statistics.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import type { ToText } from "../../pipeline/text.ts";

export type GroupParts = {
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

export async function openGroups(parts: GroupParts): Promise<Groups> {
  const { createGroups } = await import("../../analysis/groups.ts");
  return createGroups(await groupsDeps(parts));
}

type WatchParts = GroupParts &
  Pick<ErrorWatchDeps, "tell"> & {
    vectors: Pick<VectorIndex, "findVectors">;
    signer: StampCheck;
    inForce(): Promise<VectorModel>;
    config: Config["memory"];
  };

export async function openErrorWatch({
  vectors,
  signer,
  inForce,
  config,
  tell,
  ...parts
}: WatchParts): Promise<ErrorWatch> {
  const { createErrorWatch } = await import("../../analysis/error-watch.ts");
  return createErrorWatch({
    ...(await groupsDeps(parts)),
    isWanted: config.isWanted,
    maxGroups: config.maxGroups,
    maxAgeMs: config.alertMaxAgeMs,
    async findVectors(textHashes, signal) {
      const { model, dimensions } = await inForce();
      return vectors.findVectors({ textHashes, model, dimensions, signer }, signal);
    },
    ...(tell ? { tell } : {}),
  });
}

export async function openStatistics(
  { logs: { indexPattern, projectField } }: Config,
  parts: Pick<GroupParts, "store" | "clock"> & { statistics: RecordStatistics },
): Promise<CompareStatistics> {
  const [{ compareStatistics }, { createCachedSurvey }] = await Promise.all([
    import("../../analysis/statistics/compare-statistics.ts"),
    import("../../search/cached-survey.ts"),
  ]);
  const deps = {
    ...parts,
    readSurvey: createCachedSurvey(parts),
    indexPattern,
    ...(projectField === undefined ? {} : { projectField }),
  };
  return (query, signal) => compareStatistics(deps, query, signal);
}

/** What lists and shows groups takes. */
export async function groupsDeps<Given extends GroupParts>({ toText, toShown, ...parts }: Given) {
  const { createCachedSurvey } = await import("../../search/cached-survey.ts");
  return { ...parts, readSurvey: createCachedSurvey(parts), show: { toText, toShown } };
}
