import type { Survey, UnfitIndex } from "../../domain/survey.ts";
import type { Events } from "../../ports/events.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import type { PausedIndices } from "./paused-indices.ts";

export type PrepareDeps = {
  store: Pick<RecordStore, "prepare">;
  watch: UnfitWatch;
  paused: Pick<PausedIndices, "among" | "ended">;
  events: Pick<Events, "mappingAdded">;
};

/**
 * Maps the vector where it has no mapping yet, and tells of it; returns the indices that must not be written to: those
 * that refuse the mapping, and those that take no updates for now.
 */
export async function prepareIndices(
  { store, watch, paused: pauses, events }: PrepareDeps,
  indices: readonly string[],
  signal: AbortSignal,
): Promise<{ refused: Set<string>; paused: Set<string> }> {
  const paused = await pauses.among(indices, signal);
  const usable = indices.filter((index) => !paused.has(index));
  const { mapped, refused } = await store.prepare(usable, signal);
  for (const index of mapped) events.mappingAdded({ index });
  for (const { hung, ...unfit } of refused) {
    watch.refused([unfit]);
    if (hung) pauses.ended(unfit.index, hung);
  }
  return { refused: new Set(refused.map(({ index }) => index)), paused };
}

/** Tells of each unfit index with its reason once, and of its recovery. */
export type UnfitWatch = {
  surveyed(survey: Survey): void;
  refused(unfit: readonly UnfitIndex[]): void;
};

export function createUnfitWatch(events: Pick<Events, "indexUnfit" | "indexFitAgain">): UnfitWatch {
  const told = new Map<string, string>();
  const tell = (unfit: UnfitIndex) => {
    if (told.get(unfit.index) === unfit.reason) return;
    told.set(unfit.index, unfit.reason);
    events.indexUnfit(unfit);
  };
  // An index that only refused its mapping looks fit to every survey: its recovery shows elsewhere.
  const refusedMapping = new Set<string>();
  return {
    surveyed({ fit, unfit }) {
      unfit.forEach(tell);
      const known = new Set(unfit.map(({ index }) => index));
      for (const { index, mapped } of fit) {
        if (refusedMapping.has(index) && !mapped) known.add(index);
      }
      for (const index of told.keys()) {
        if (known.has(index)) continue;
        told.delete(index);
        refusedMapping.delete(index);
        if (fit.some((one) => one.index === index)) events.indexFitAgain({ index });
      }
    },
    refused(unfit) {
      for (const one of unfit) {
        refusedMapping.add(one.index);
        tell(one);
      }
    },
  };
}
