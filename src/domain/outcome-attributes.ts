import { OUTCOMES, type Outcomes } from "./outcome.ts";

/** Span attributes of the outcomes that occurred. */
export function outcomeAttributes(outcomes: Outcomes): Record<string, number> {
  const met = OUTCOMES.filter((outcome) => outcomes[outcome] > 0);
  return Object.fromEntries(
    met.map((outcome) => [`log_vectorizer.outcome.${outcome}`, outcomes[outcome]]),
  );
}
