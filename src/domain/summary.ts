import type { Fault } from "./faults.ts";
import type { Gap } from "./partial.ts";
import { vectorsWritten, type Outcomes } from "./outcome.ts";

/** Cost of embedding. */
export type EmbeddingUse = {
  requests: number;
  /** Texts sent, each counted once. */
  texts: number;
  tokens: number;
  /** null where the price is unknown. */
  cost_usd: number | null;
};

/** The advice where the price is unknown. */
export const SET_PRICE = "Set EMBEDDING_PRICE_PER_MILLION_TOKENS to count later costs.";

/** The summary of a cycle or a drain; printed by `--json`. */
export type CycleSummary = {
  /** Number of the cycle; for a drain, the number of cycles. */
  cycle: number;
  /** Pending records at the start; null (here and below) where not all could be seen. */
  found: number | null;
  /** Pending records at the end. */
  backlog: number | null;
  taken: number;
  outcomes: Outcomes;
  embedding: EmbeddingUse;
  duration_ms: number;
  indices: { fit: number; unfit: number };
  /** Records with a vector of another model, which only `reembed` replaces. */
  other_model: number | null;
  /** Wanted records in unfit indices; null where none can be counted. */
  left_alone: number | null;
  /**
   * Records whose vectors are removed each time they are written; this service stops writing them, so they also count
   * in `backlog`.
   */
  looping: number;
  /** Marks with an invalid signature that were removed; their records are tried again. */
  false_marks: number;
  /** Parts of fit indices that could not be seen; empty for complete answers. */
  gaps: readonly Gap[];
};

/** The summary of a reembed run. */
export type ReembedSummary = Pick<
  CycleSummary,
  "taken" | "outcomes" | "embedding" | "duration_ms" | "indices" | "gaps"
> & {
  /** Records with a vector of another model at the start; null (here and below) where not all could be seen. */
  found: number | null;
  /** At the end. */
  left: number | null;
};

export type Totals = {
  runs: number;
  vectors: number;
  errors: number;
  /** Vectors per second of cycle time. */
  averageRate: number;
};

export function noEmbedding(pricePerMillionTokens: number | null): EmbeddingUse {
  return {
    requests: 0,
    texts: 0,
    tokens: 0,
    cost_usd: pricePerMillionTokens === null ? null : 0,
  };
}

export function addEmbedding(a: EmbeddingUse, b: EmbeddingUse): EmbeddingUse {
  return {
    requests: a.requests + b.requests,
    texts: a.texts + b.texts,
    tokens: a.tokens + b.tokens,
    cost_usd: a.cost_usd === null || b.cost_usd === null ? null : a.cost_usd + b.cost_usd,
  };
}

/** Whether the fault kept a run from writing any vector; reaching a configured limit does not count. */
export function wroteNothingBecauseOf(
  outcomes: Outcomes,
  fault: Fault | undefined,
): fault is Fault {
  return fault !== undefined && !fault.selfImposed && vectorsWritten(outcomes) === 0;
}
