import type { Update, WriteResult } from "../../ports/log-store.ts";

/** Indices whose writes time out. Their updates go in requests of their own, so that no other index waits for them. */
export type StalledIndices = {
  /** Writes the updates of each stalled index separately, in parallel with one lane for all others. */
  inLanes(updates: readonly Update[], write: WriteLane): Promise<WriteResult[]>;
  /** A request timed out; any of its indices may be the cause. */
  markStalled(indices: readonly string[]): void;
  /** Updates the set from the results, which belong to the first of the updates. */
  recordResults(updates: readonly Update[], results: readonly WriteResult[]): void;
};

type WriteLane = (lane: readonly Update[], how: { alone: boolean }) => Promise<WriteResult[]>;

export function createStalledIndices(): StalledIndices {
  const suspects = new Set<string>();
  return {
    async inLanes(updates, write) {
      const lanes = Map.groupBy(updates.keys(), (i) => {
        const index = updates[i]?.record.index;
        return index !== undefined && suspects.has(index) ? index : undefined;
      });
      const results: WriteResult[] = [];
      const run = async ([index, positions]: [string | undefined, number[]]) => {
        const lane = positions.flatMap((i) => updates[i] ?? []);
        const written = await write(lane, { alone: index !== undefined });
        written.forEach((result, at) => (results[positions[at] ?? 0] = result));
      };
      await Promise.all([...lanes].map(run));
      return results;
    },
    markStalled(indices) {
      for (const index of indices) suspects.add(index);
    },
    recordResults(updates, results) {
      const stalled = new Map<string, boolean>();
      for (const [i, result] of results.entries()) {
        const index = updates[i]?.record.index;
        if (index === undefined) continue;
        const isWaiting = result.status === "failed" && result.fault.timedOut;
        stalled.set(index, isWaiting || (stalled.get(index) ?? false));
      }
      for (const [index, isWaiting] of stalled) {
        if (isWaiting) suspects.add(index);
        else suspects.delete(index);
      }
    },
  };
}
