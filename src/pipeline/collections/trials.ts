import { z } from "zod";
import type { IndexCoverage } from "../../domain/coverage.ts";
import { indexKey, placeOf, type LogRecord, type Place } from "../../domain/log-record.ts";
import { placeFields, placeIn, placeJson } from "../../domain/reference.ts";
import type { VectorModel } from "../../domain/stamp.ts";
import type { Survey } from "../../domain/survey.ts";
import type { Embedder } from "../../ports/embedder.ts";
import type { Located, RecordStore } from "../../ports/record-store.ts";
import type { StoredVector } from "../../ports/vector-index.ts";
import type { StateStore } from "../../ports/state-store.ts";
import type { VectorCache } from "../vector-cache.ts";
import type { PausedIndices } from "./paused-indices.ts";

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
  store: Pick<RecordStore, "coverage" | "locate">;
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
      const located = entries.length > 0 ? await store.locate(entries.map(placeOf), signal) : [];
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
      kept.add({ key: indexKey(record), ...placeOf(record), hash, vector, truncated });
    },
    load: () => kept.load(),
    save: () => kept.save(),
  };
}

/** A record that its index refused with its vector. */
type SavedTrial = Place & {
  /** Of the index, by name and UUID. */
  key: string;
  hash: string;
  vector: Float32Array;
  truncated: boolean;
};

/** One such record an index, for the processes to come. */
type SavedTrials = {
  of(index: string): SavedTrial | undefined;
  /** The first is kept: it is what is tried again. */
  add(trial: SavedTrial): void;
  delete(key: string): void;
  load(): Promise<void>;
  save(): Promise<void>;
};

const DOCUMENT = "refused-vectors";
/** A vector takes some 8 KB. */
const MAX_KEPT = 100;

const keptShape = z.object({
  ...placeFields,
  hash: z.string(),
  model: z.string(),
  dimensions: z.number(),
  /** Base64 of the values as 32-bit floats, little-endian. */
  vector: z.string(),
  truncated: z.boolean(),
});
type Kept = z.infer<typeof keptShape>;
const documentShape = z.record(z.string(), z.unknown());

/** Vectors of other models stay as they are. */
function createSavedTrials(
  state: Pick<StateStore, "load" | "change">,
  { model, dimensions }: VectorModel,
): SavedTrials {
  const trials = new Map<string, SavedTrial>();
  const changed = new Set<string>();
  const isOurs = (kept: Kept) => kept.model === model && kept.dimensions === dimensions;
  return {
    of: (index) => trials.values().find((one) => one.index === index),
    add(trial) {
      if (trials.has(trial.key) || trials.size >= MAX_KEPT) return;
      trials.set(trial.key, trial);
      changed.add(trial.key);
    },
    delete(key) {
      if (trials.delete(key)) changed.add(key);
    },
    async load() {
      for (const [key, kept] of entriesIn(await state.load(DOCUMENT))) {
        const vector = isOurs(kept) ? vectorIn(kept.vector) : undefined;
        if (vector?.length !== dimensions) continue;
        const { hash, truncated } = kept;
        trials.set(key, { key, ...placeIn(kept), hash, vector, truncated });
      }
    },
    async save() {
      if (changed.size === 0) return;
      const mine = [...changed];
      changed.clear();
      await state.change(DOCUMENT, (document) => {
        const entries = entriesIn(document);
        for (const key of mine) {
          const trial = trials.get(key);
          if (trial) {
            const { hash, truncated } = trial;
            const vector = asBase64(trial.vector);
            entries.set(key, { ...placeJson(trial), hash, model, dimensions, vector, truncated });
          } else entries.delete(key);
        }
        return Object.fromEntries([...entries].slice(-MAX_KEPT));
      });
    },
  };
}

/** What cannot be read is not known. */
function entriesIn(document: unknown): Map<string, Kept> {
  const { data = {} } = documentShape.safeParse(document);
  return new Map(
    Object.entries(data).flatMap(([key, entry]): [string, Kept][] => {
      const { data: kept } = keptShape.safeParse(entry);
      return kept ? [[key, kept]] : [];
    }),
  );
}

function asBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes.toString("base64");
}

function vectorIn(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) =>
    bytes.readFloatLE(i * 4),
  );
}
