import { isTransient } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import { NO_GAPS } from "../domain/partial.ts";
import type { StampCheck } from "../domain/stamp.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { FoundVectors, StoredVector, VectorIndex } from "../ports/vector-index.ts";

/** Finds vectors that were paid for earlier, by whatever process. */
export type Reuse = {
  /** By text hash. Throws a Fault where the store cannot be asked now: what it holds is not to be paid for again. */
  find(
    textHashes: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, StoredVector>>;
  /** How long the embedder took for so many texts, which is what looking must be cheaper than. */
  embedded(texts: number, durationMs: number): void;
};

type ReuseDeps = {
  vectors: Pick<VectorIndex, "findVectors">;
  embedder: { model: string; dimensions: number; pricePerMillionTokens: number | null };
  clock: Clock;
  signer: StampCheck;
  events: Pick<Events, "reuseFailed" | "answerPartial">;
};

/** Texts of the recent past by which it is judged whether looking pays. */
const WINDOW = 1000;
/** Where looking does not pay, so many batches go by between two looks that may show otherwise. */
const SKIP_BATCHES = 10;

/** From one try to the next where an answer is partial: after a restart of a node the rest is back within seconds. */
const PARTIAL_WAITS_MS = [1000, 2000, 4000];

const NONE: ReadonlyMap<string, StoredVector> = new Map();

/** Looks for each text that costs money; for free ones while looking is quicker than embedding. */
export function createReuse({ vectors, embedder, signer, clock, events }: ReuseDeps): Reuse {
  const { model, dimensions, pricePerMillionTokens: price } = embedder;
  const recent = createWindow();
  let skipped = 0;
  let embedMsPerText: number | undefined;
  let refused = false;
  /** False once a whole answer was waited for in vain: what is missing holds up nothing else until it is back. */
  let patient = true;

  const pays = () => {
    const { asked, found, durationMs } = recent.sums();
    // A text that costs money is paid for once; a look takes some 6 ms for a hundred texts.
    if (price !== 0 || asked < WINDOW) return true;
    return embedMsPerText === undefined || found * embedMsPerText > durationMs;
  };
  const ask = async (textHashes: readonly string[], signal: AbortSignal) => {
    const isPartial = ({ size, gaps = NO_GAPS }: FoundVectors) =>
      gaps.length > 0 && size < textHashes.length;
    let found = await vectors.findVectors({ textHashes, model, dimensions, signer }, signal);
    for (const waitMs of patient && isPartial(found) ? PARTIAL_WAITS_MS : []) {
      await clock.sleep(waitMs, signal);
      if (signal.aborted)
        throw new Fault("outage", "stopped while a partial answer was waited for");
      found = await vectors.findVectors({ textHashes, model, dimensions, signer }, signal);
      if (!isPartial(found)) break;
    }
    const { gaps = NO_GAPS } = found;
    if (isPartial(found) && patient) {
      events.answerPartial({ gaps, during: "the search for vectors of equal texts" });
    }
    patient = gaps.length === 0 || (patient && !isPartial(found));
    return found;
  };
  return {
    async find(textHashes, signal) {
      if (refused || textHashes.length === 0) return NONE;
      if (!pays() && ++skipped < SKIP_BATCHES) return NONE;
      skipped = 0;
      const startedAt = clock.now();
      try {
        const found = await ask(textHashes, signal);
        recent.add({
          asked: textHashes.length,
          found: found.size,
          durationMs: clock.now() - startedAt,
        });
        return found;
      } catch (error) {
        if (!(error instanceof Fault) || isTransient(error.kind)) throw error;
        // What the store will never answer must not keep anybody from a vector.
        refused = true;
        events.reuseFailed({ fault: error });
        return NONE;
      }
    },
    embedded(texts, durationMs) {
      if (texts > 0) embedMsPerText = durationMs / texts;
    },
  };
}

type Asked = { asked: number; found: number; durationMs: number };

/** Sums over the latest looks, at least `WINDOW` texts where there were so many. */
function createWindow() {
  const looks: Asked[] = [];
  const sum = { asked: 0, found: 0, durationMs: 0 };
  const count = (look: Asked, sign: 1 | -1) => {
    sum.asked += sign * look.asked;
    sum.found += sign * look.found;
    sum.durationMs += sign * look.durationMs;
  };
  return {
    add(look: Asked) {
      looks.push(look);
      count(look, 1);
      for (;;) {
        const [oldest] = looks;
        if (!oldest || sum.asked - oldest.asked < WINDOW) return;
        count(oldest, -1);
        looks.shift();
      }
    },
    sums: (): Readonly<Asked> => sum,
  };
}
