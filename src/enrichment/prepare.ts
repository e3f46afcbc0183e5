import type { Events, LogStore } from "../ports.ts";
import type { UnfitWatch } from "./unfit-watch.ts";

export type PrepareDeps = {
  store: Pick<LogStore, "prepare">;
  watch: UnfitWatch;
  events: Pick<Events, "mappingAdded">;
};

/** Maps the vector where it has no mapping yet, and tells of it; returns the indices that must not be written to. */
export async function prepareIndices(
  { store, watch, events }: PrepareDeps,
  indices: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const { mapped, refused } = await store.prepare(indices, signal);
  for (const index of mapped) events.mappingAdded({ index });
  watch.refused(refused);
  return new Set(refused.map(({ index }) => index));
}
