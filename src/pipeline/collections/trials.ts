import type { IndexCoverage } from "../../domain/coverage.ts";
import { indexKey, type LogRecord } from "../../domain/log-record.ts";
import type { Survey } from "../../domain/survey.ts";
import type { Embedder } from "../../ports/embedder.ts";
import type { Located, LogStore, StoredVector } from "../../ports/log-store.ts";
import type { StateStore } from "../../ports/state-store.ts";
import { createSavedTrials } from "./saved-trials.ts";
import type { PausedIndices } from "./paused-indices.ts";
import type { VectorCache } from "../vector-cache.ts";

/** Which indices have yet to show that they take our vectors: one record of each is to try before others are paid for. */
export type Trials = {
  surveyed(survey: Pick<Survey, "fit">): void;
  /** What has a vector has taken one. */
  counted(rows: readonly IndexCoverage[]): void;
  /** Which of these have it yet to show. Throws a Fault. */
  among(indices: readonly string[], signal: AbortSignal): Promise<Set<string>>;
  /**
   * Records that were refused there with a vector that is paid for already, by index, of those that still stand: what
   * costs nothing to try again. Throws a Fault.
   */
  paidFor(indices: Iterable<string>, signal: AbortSignal): Promise<Map<string, Paid>>;
  took(record: LogRecord): void;
  refused(record: LogRecord, textHash: string, vector: StoredVector): void;
  load(): Promise<void>;
  save(): Promise<void>;
};

/** As it stands now. */
type Paid = Located & { state: "found" };

type TrialsDeps = {
  store: Pick<LogStore, "coverage" | "locate">;
  paused: Pick<PausedIndices, "isOnTrial">;
  cache: Pick<VectorCache, "hold">;
  state: Pick<StateStore, "load" | "change">;
  embedder: Pick<Embedder, "model" | "dimensions">;
};

export function createTrials({ store, paused, cache, state, embedder }: TrialsDeps): Trials {
  const foreign = new Map<string, string>();
  const proven = new Set<string>();
  const kept = createSavedTrials(state, embedder);
  const counted = (rows: readonly IndexCoverage[]) => {
    for (const { index, vectorized, otherModel } of rows) {
      const key = foreign.get(index);
      if (key !== undefined && vectorized + otherModel > 0) proven.add(key);
    }
  };
  const isUnproven = (index: string) => {
    const key = foreign.get(index);
    return paused.isOnTrial(index) || (key !== undefined && !proven.has(key));
  };
  return {
    surveyed({ fit }) {
      foreign.clear();
      for (const { index, uuid, foreign: isForeign } of fit) {
        if (isForeign) foreign.set(index, indexKey({ index, indexUuid: uuid }));
      }
    },
    counted,
    async among(indices, signal) {
      const open = indices.filter((index) => isUnproven(index) && !paused.isOnTrial(index));
      if (open.length > 0) counted((await store.coverage({ indices: open }, signal)).rows);
      return new Set(indices.filter(isUnproven));
    },
    async paidFor(indices, signal) {
      const entries = [...new Set(indices)].flatMap((index) => kept.of(index) ?? []);
      const targets = entries.map(({ index, id, routing }) => {
        return { index, id, ...(routing === undefined ? {} : { routing }) };
      });
      const located = targets.length > 0 ? await store.locate(targets, signal) : [];
      const found = new Map<string, Paid>();
      for (const [i, entry] of entries.entries()) {
        const one = located[i];
        const isPending =
          one?.state === "found" && one.current.state === "current" && !one.current.vector;
        if (!isPending || indexKey(one.record) !== entry.key) {
          kept.delete(entry.key);
          continue;
        }
        cache.hold(entry.hash, { vector: entry.vector, truncated: entry.truncated });
        found.set(entry.index, one);
      }
      return found;
    },
    took(record) {
      const key = indexKey(record);
      if (foreign.has(record.index)) proven.add(key);
      kept.delete(key);
    },
    refused(record, hash, { vector, truncated }) {
      const { index, id, routing } = record;
      const where = routing === undefined ? {} : { routing };
      kept.add({ key: indexKey(record), index, id, ...where, hash, vector, truncated });
    },
    load: () => kept.load(),
    save: () => kept.save(),
  };
}
