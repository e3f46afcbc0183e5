import { OUTCOMES, type Outcomes } from "./outcome.ts";

/** Outcomes as a span tells them: those that there were. */
export function outcomeAttributes(outcomes: Outcomes): Record<string, number> {
  const met = OUTCOMES.filter((outcome) => outcomes[outcome] > 0);
  return Object.fromEntries(
    met.map((outcome) => [`log_vectorizer.outcome.${outcome}`, outcomes[outcome]]),
  );
}
