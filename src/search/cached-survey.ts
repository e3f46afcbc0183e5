import type { Survey } from "../domain/survey.ts";
import type { Clock } from "../ports/clock.ts";
import type { RecordStore } from "../ports/record-store.ts";
import { createSingleFlight } from "../concurrency/single-flight.ts";

/** A survey of thousands of indices is slow, so searches share one for this time. */
const MAX_AGE_MS = 5000;

/** A survey that is at most a few seconds old. Throws a Fault. */
export type ReadSurvey = (signal: AbortSignal) => Promise<Survey>;

export function createCachedSurvey({
  store,
  clock,
}: {
  store: Pick<RecordStore, "survey">;
  clock: Pick<Clock, "now">;
}): ReadSurvey {
  let known: { survey: Survey; at: number } | undefined;
  const renew = createSingleFlight(async (signal) => {
    const survey = await store.survey(signal);
    known = { survey, at: clock.now() };
    return survey;
  });
  return async (signal) => {
    if (known && clock.now() - known.at < MAX_AGE_MS) return known.survey;
    return renew(signal);
  };
}
