import { Fault } from "../model/faults.ts";
import type { UnfitWatch } from "../enrichment/unfit-watch.ts";
import type { Clock, LogStore } from "../ports.ts";

/** A survey older than this is renewed beside the work. */
const MAX_AGE_MS = 60_000;
/** An index that nobody knows may have been made just now, but a survey of thousands is not to be had all the time. */
const OUTDATED_MS = { named: 5000, some: 20_000 };

/** Keeps the store's knowledge of its indices fresh. */
export type IndexWatch = {
  /** Waits for the first survey only. Throws a Fault where that fails. */
  ready(signal: AbortSignal): Promise<void>;
  /** A named index, or one that nobody can name, is not known: `ready` asks anew, unless it was asked just now. */
  outdated(what: keyof typeof OUTDATED_MS): void;
};

export function createIndexWatch({
  store,
  watch,
  clock,
}: {
  store: Pick<LogStore, "survey">;
  watch: UnfitWatch;
  clock: Pick<Clock, "now">;
}): IndexWatch {
  let askedAt: number | undefined;
  let underWay: Promise<void> | undefined;
  const survey = async (signal: AbortSignal) => {
    const found = await store.survey(signal);
    askedAt = clock.now();
    watch.surveyed(found);
  };
  const ask = (signal: AbortSignal) => {
    underWay ??= survey(signal).finally(() => (underWay = undefined));
    return underWay;
  };
  let maxAgeMs = MAX_AGE_MS;
  return {
    async ready(signal) {
      if (askedAt === undefined) return ask(signal);
      if (clock.now() - askedAt < maxAgeMs) return;
      maxAgeMs = MAX_AGE_MS;
      const renewed = ask(signal);
      if (clock.now() - askedAt < MAX_AGE_MS) return renewed;
      // What is known serves until it is renewed; a failure shows in the work itself.
      renewed.catch((error: unknown) => {
        if (!(error instanceof Fault)) throw error;
      });
    },
    outdated(what) {
      maxAgeMs = Math.min(maxAgeMs, OUTDATED_MS[what]);
    },
  };
}
