import { z } from "zod";

/** A printed number of things. */
export const count = z.int().min(0);

/** Outcomes as they are printed, with not a key more or less. */
export const outcomesShape = z.strictObject({
  updated: count,
  reused: count,
  already_vectorized: count,
  empty: count,
  missing: count,
  conflicted: count,
  quarantined: count,
  deferred: count,
});

/** What embedding took, as it is printed. */
export const embeddingShape = z.strictObject({
  requests: count,
  texts: count,
  tokens: count,
  cost_usd: z.number().min(0).nullable(),
});
