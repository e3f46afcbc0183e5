import { Fault } from "../domain/faults.ts";
import type { PausedIndices } from "../pipeline/collections/paused-indices.ts";
import type { UnfitWatch } from "../pipeline/collections/prepare-indices.ts";
import type { Trials } from "../pipeline/collections/trials.ts";
import type { Clock } from "../ports/clock.ts";
import type { RecordStore } from "../ports/record-store.ts";

/** An older survey is renewed in the background. */
const MAX_AGE_MS = 60_000;
/**
 * Minimum ages for a new survey when an index is unknown: it may be new, but a survey of thousands of indices is
 * expensive.
 */
const OUTDATED_MS = { named: 5000, some: 20_000 };

export type SurveyRefresher = {
  /** Waits for the first survey only; returns the number of surveys so far. Throws a Fault where the survey fails. */
  ensureSurveyed(signal: AbortSignal): Promise<number>;
  /**
   * Called where survey number `surveys` lacks an index: true where a newer survey exists or is made now, false where
   * the last was just now. Throws a Fault.
   */
  renew(surveys: number, signal: AbortSignal): Promise<boolean>;
  /** Shortens the maximum age: an index that was named, or some index, is missing from the survey. */
  markOutdated(what: keyof typeof OUTDATED_MS): void;
};

export function createSurveyRefresher({
  store,
  watch,
  paused,
  trials,
  clock,
}: {
  store: Pick<RecordStore, "survey">;
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
  /** A bug in a background survey is thrown by the next `ensureSurveyed`. */
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
          renewedAt = clock.now();
          await renewed;
        } else {
          // The old survey serves meanwhile; an outage shows in the work itself.
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
