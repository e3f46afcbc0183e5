import { z } from "zod";
import type { VectorModel } from "../../domain/stamp.ts";
import type { StateStore } from "../../ports/state-store.ts";

/** A record that its index refused with its vector. */
type SavedTrial = {
  /** Of the index, by name and UUID. */
  key: string;
  index: string;
  id: string;
  routing?: string;
  hash: string;
  vector: Float32Array;
  truncated: boolean;
};

/** One such record an index, for the processes to come. */
export type SavedTrials = {
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
  index: z.string(),
  id: z.string(),
  routing: z.string().optional(),
  hash: z.string(),
  model: z.string(),
  dimensions: z.number(),
  /** Base64 of the values as 32-bit floats, little-endian. */
  vector: z.string(),
  truncated: z.boolean(),
});
type Kept = z.infer<typeof keptShape>;
const documentShape = z.record(z.string(), z.unknown());

/** Vectors of other models are left to whoever made them. */
export function createSavedTrials(
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
        const { index, id, routing, hash, truncated } = kept;
        const where = routing === undefined ? {} : { routing };
        trials.set(key, { key, index, id, ...where, hash, vector, truncated });
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
            const { key: _, vector, ...rest } = trial;
            entries.set(key, { ...rest, model, dimensions, vector: asBase64(vector) });
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
