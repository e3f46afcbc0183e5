import { Fault } from "../domain/faults.ts";
import type { PausedIndices } from "../pipeline/collections/paused-indices.ts";
import type { UnfitWatch } from "../pipeline/collections/prepare-indices.ts";
import type { Trials } from "../pipeline/collections/trials.ts";
import type { Clock } from "../ports/clock.ts";
import type { LogStore } from "../ports/log-store.ts";

/** A survey older than this is renewed beside the work. */
const MAX_AGE_MS = 60_000;
/** An index that nobody knows may have been made just now, but a survey of thousands is not to be had all the time. */
const OUTDATED_MS = { named: 5000, some: 20_000 };

/** Keeps the store's knowledge of its indices fresh. */
export type SurveyRefresher = {
  /** Waits for the first survey only; how many there have been. Throws a Fault where that fails. */
  ensureSurveyed(signal: AbortSignal): Promise<number>;
  /**
   * What was known after so many surveys does not name an index: true where more is known now, at once or by asking anew;
   * false where that was done just now. Throws a Fault.
   */
  renew(surveys: number, signal: AbortSignal): Promise<boolean>;
  /** A named index, or one that nobody can name, is not known: `ready` asks anew, unless it was asked just now. */
  markOutdated(what: keyof typeof OUTDATED_MS): void;
};

export function createSurveyRefresher({
  store,
  watch,
  paused,
  trials,
  clock,
}: {
  store: Pick<LogStore, "survey">;
  watch: UnfitWatch;
  paused: Pick<PausedIndices, "surveyed" | "waitedFor">;
  trials: Pick<Trials, "surveyed">;
  clock: Pick<Clock, "now">;
}): SurveyRefresher {
  let askedAt: number | undefined;
  let renewedAt: number | undefined;
  let surveys = 0;
  let inFlight: Promise<void> | undefined;
  const survey = async (signal: AbortSignal) => {
    const found = await store.survey(signal);
    askedAt = clock.now();
    surveys++;
    watch.surveyed(found);
    paused.surveyed(found);
    trials.surveyed(found);
    paused.waitedFor(new Set(found.fit.map(({ index }) => index)));
  };
  const ask = (signal: AbortSignal) => {
    inFlight ??= survey(signal).finally(() => (inFlight = undefined));
    return inFlight;
  };
  let maxAgeMs = MAX_AGE_MS;
  /** Of ours, in a survey that nobody waited for; it must not end the process. */
  let unexpected: { error?: unknown } = {};
  return {
    async ensureSurveyed(signal) {
      const ours = unexpected.error;
      unexpected = {};
      if (ours !== undefined) throw ours;
      if (askedAt === undefined) await ask(signal);
      else if (clock.now() - askedAt >= maxAgeMs) {
        maxAgeMs = MAX_AGE_MS;
        const renewed = ask(signal);
        if (clock.now() - askedAt < MAX_AGE_MS) {
          // What it does not name is not to be asked for once more right after.
          renewedAt = clock.now();
          await renewed;
        } else {
          // What is known serves until it is renewed; a failure shows in the work itself.
          renewed.catch((error: unknown) => {
            if (!(error instanceof Fault)) unexpected = { error };
          });
        }
      }
      return surveys;
    },
    async renew(known, signal) {
      if (surveys > known) return true;
      const now = clock.now();
      const justNow = renewedAt !== undefined && now - renewedAt < OUTDATED_MS.named;
      if (justNow && !inFlight) return false;
      if (!justNow) renewedAt = now;
      await ask(signal);
      return true;
    },
    markOutdated(what) {
      maxAgeMs = Math.min(maxAgeMs, OUTDATED_MS[what]);
    },
  };
}
