import type { Events } from "../../ports/events.ts";
import type { LogStore } from "../../ports/log-store.ts";
import type { PausedIndices } from "./paused-indices.ts";
import type { UnfitWatch } from "./unfit-watch.ts";

export type PrepareDeps = {
  store: Pick<LogStore, "prepare">;
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
