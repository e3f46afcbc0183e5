import { z } from "zod";

/** What became of a record that was taken. Every record has exactly one outcome. */
export const OUTCOMES = [
  "updated",
  "reused",
  "already_vectorized",
  "empty",
  "missing",
  "conflicted",
  "quarantined",
  "deferred",
] as const;

export type Outcome = (typeof OUTCOMES)[number];

export const outcomesShape = z.record(z.enum(OUTCOMES), z.int().nonnegative());
export type Outcomes = z.infer<typeof outcomesShape>;

export function noOutcomes(): Outcomes {
  return {
    updated: 0,
    reused: 0,
    already_vectorized: 0,
    empty: 0,
    missing: 0,
    conflicted: 0,
    quarantined: 0,
    deferred: 0,
  };
}

export function addOutcomes(a: Outcomes, b: Outcomes): Outcomes {
  const sum = noOutcomes();
  for (const outcome of OUTCOMES) sum[outcome] = a[outcome] + b[outcome];
  return sum;
}

export function vectorsWritten(outcomes: Outcomes): number {
  return outcomes.updated + outcomes.reused;
}

/** Records that need another try; any makes the exit code 1. */
export function failures(outcomes: Outcomes): number {
  return outcomes.quarantined + outcomes.deferred;
}

/** Span attributes of the outcomes that occurred. */
export function outcomeAttributes(outcomes: Outcomes): Record<string, number> {
  const met = OUTCOMES.filter((outcome) => outcomes[outcome] > 0);
  return Object.fromEntries(
    met.map((outcome) => [`log_vectorizer.outcome.${outcome}`, outcomes[outcome]]),
  );
}
