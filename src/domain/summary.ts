import type { Fault } from "./faults.ts";
import type { Gap } from "./partial.ts";
import { vectorsWritten, type Outcomes } from "./outcome.ts";

/** What embedding took. */
export type EmbeddingUse = {
  requests: number;
  /** Texts sent, each once however many records share it. */
  texts: number;
  tokens: number;
  /** null where the price is unknown. */
  cost_usd: number | null;
};

/** What to do where a use had no known price. */
export const SET_PRICE = "Set EMBEDDING_PRICE_PER_MILLION_TOKENS, and what comes next is counted.";

/** What one cycle, or a whole drain, did; the object that `--json` prints. */
export type CycleSummary = {
  /** Number of the cycle; for a drain, how many there were. */
  cycle: number;
  /** Records pending when it began; null where not all of them could be seen, as in the next. */
  found: number | null;
  /** Records pending when it ended. */
  backlog: number | null;
  taken: number;
  outcomes: Outcomes;
  embedding: EmbeddingUse;
  duration_ms: number;
  indices: { fit: number; unfit: number };
  /**
   * Records with a vector of another model than the one in force: no run takes them but `reembed`; null where not all of
   * them could be seen.
   */
  other_model: number | null;
  /** Records of the wanted levels in indices that can be given no vector; null where none of them could be counted. */
  left_alone: number | null;
  /**
   * Records that lose their vectors as often as they are given them, and are left without for now: kept from it by this
   * service's own judgement, so they count in `backlog` too.
   */
  looping: number;
  /** Marks that no holder of the key wrote, and that were taken away: their records are tried again. */
  false_marks: number;
  /** What could not be seen of the fit indices; empty where the answers were whole. */
  gaps: readonly Gap[];
};

/** What a run came to that made new vectors in place of another model's. */
export type ReembedSummary = Pick<
  CycleSummary,
  "taken" | "outcomes" | "embedding" | "duration_ms" | "indices" | "gaps"
> & {
  /** Records with a vector of another model when it began; null where not all of them could be seen, as in the next. */
  found: number | null;
  /** Those that still have one. */
  left: number | null;
};

/** Sums over all cycles of this process. */
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

/** Whether that fault kept a run from giving any record its vector; a limit of our own settings is none. */
export function wroteNothingBecauseOf(
  outcomes: Outcomes,
  fault: Fault | undefined,
): fault is Fault {
  return fault !== undefined && !fault.selfImposed && vectorsWritten(outcomes) === 0;
}
