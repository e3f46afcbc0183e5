import { z } from "zod";
import type { Fault } from "./faults.ts";
import { estimateShape, otherModelsShape } from "./other-models.ts";
import { outcomesShape, vectorsWritten, type Outcomes } from "./outcome.ts";
import { gapsShape } from "./partial.ts";

const count = z.int().nonnegative();

/** Cost of embedding. */
export const embeddingShape = z.object({
  requests: count,
  texts: count.describe("Texts sent, each counted once."),
  tokens: count,
  cost_usd: z.number().nullable().describe("null where the price is unknown."),
});
export type EmbeddingUse = z.infer<typeof embeddingShape>;

/** The advice where the price is unknown. */
export const SET_PRICE = "Set EMBEDDING_PRICE_PER_MILLION_TOKENS to count later costs.";

/** What the summaries of all runs have. */
const runShape = z.object({
  taken: count,
  outcomes: outcomesShape.describe("Exactly one for each record taken."),
  embedding: embeddingShape,
  duration_ms: z.number().nonnegative(),
  indices: z.object({ fit: count, unfit: count }),
  gaps: gapsShape.describe("Parts of fit indices that could not be seen; empty where all was."),
});

/** The summary of a cycle or a drain. */
export const summaryShape = runShape.extend({
  cycle: count.describe("Number of the cycle; for a drain, the number of cycles."),
  found: count.nullable().describe("Pending at the start; null where not all could be seen."),
  backlog: count.nullable().describe("Pending at the end; null where not all could be seen."),
  other_model: count
    .nullable()
    .describe("With a vector of another model, which only `reembed` replaces."),
  skipped: count
    .nullable()
    .describe("Wanted records in unfit indices; null where none can be counted."),
  looping: count.describe(
    "Records whose vectors are removed each time they are written. They are not written again, and count in `backlog` too.",
  ),
  false_marks: count.describe("Marks with an invalid signature that were removed."),
});
export type CycleSummary = z.infer<typeof summaryShape>;

/** What `--once --json` and `--drain --json` print. */
export const runAnswerShape = summaryShape.extend({ other_models: otherModelsShape.nullable() });

/** The summary of a reembed run. */
const reembedSummaryShape = runShape.extend({
  found: count
    .nullable()
    .describe("With a vector of another model at the start; null where not all could be seen."),
  left: count.nullable().describe("The same at the end."),
});
export type ReembedSummary = z.infer<typeof reembedSummaryShape>;

/** What `reembed --json` prints. */
export const reembedAnswerShape = reembedSummaryShape.extend({
  reason: z.string().nullable().describe("Why it ended with records left."),
});

const changedText = "Whose message was changed after its vector was made";

/** What a sweep found. Each record looked at is in exactly one of the counts after `looked_at`, but for `failed`. */
export const sweepSummaryShape = runShape.extend({
  looked_at: count.describe("Records with a vector."),
  current: count.describe("Whose vector is of the text beside it."),
  text_changed: count.describe(`${changedText}; they are \`taken\`, save with --dry-run.`),
  other_model: count.describe("With a vector of another model, which only `reembed` replaces."),
  other_text_version: count.describe(
    "Whose text was made by other masks, fields or another form: whether the message changed cannot be told.",
  ),
  other_key: count.describe("Stamped with another STAMP_KEY: its holder can tell."),
  unsigned: count.describe("With a stamp that is not signed and is not of the text beside it."),
  failed: count.describe("Of `text_changed`: those that got no new vector now."),
  estimates: z
    .object({
      text_changed: estimateShape.nullable(),
      other_text_version: estimateShape.nullable(),
      other_model: estimateShape.nullable(),
    })
    .describe(
      "What new vectors would take, from a sample, equal texts counted each time; null where there is no such record, or it was taken.",
    ),
});
export type SweepSummary = z.infer<typeof sweepSummaryShape>;

/** What `sweep --json` prints. */
export const sweepAnswerShape = sweepSummaryShape.extend({
  dry_run: z.boolean(),
  reason: z
    .string()
    .nullable()
    .describe("Why records had no turn or got no new vector; null where all did."),
});

export type Totals = {
  runs: number;
  vectors: number;
  errors: number;
  /** Vectors per second of cycle time. */
  average_rate: number;
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
