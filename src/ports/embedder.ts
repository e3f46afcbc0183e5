import type { Fault } from "../domain/faults.ts";

/** One text, with the ids of its record for embedders that require them. */
export type EmbedInput = { text: string; logId: string; traceId?: string };

export type EmbedAnswer = {
  /** One per input, in their order; null where the embedder returned none. */
  vectors: (Float32Array | null)[];
  /** One per input: the vector is of the text's beginning only, the rest was not read. Absent: every text was read whole. */
  truncated?: boolean[];
  /** Tokens billed, as the embedder reports them; null where it does not. */
  tokens: number | null;
  allowance?: Allowance;
};

/** What the provider's rate limits leave after this answer. */
export type Allowance = { requests?: Left; tokens?: Left };

/** `resetMs`: from the answer until the whole limit is available again. */
export type Left = { remaining: number; resetMs: number };

export type RequestLimits = {
  maxTextsPerRequest: number;
  maxTokensPerText: number;
  maxTokensPerRequest: number;
};

export type Embedder = {
  readonly name: string;
  /** As in the stamp: vectors of equal model and dimensions are comparable. */
  readonly model: string;
  readonly dimensions: number;
  readonly limits: RequestLimits;
  /** USD; 0 where free, null where unknown. */
  readonly pricePerMillionTokens: number | null;
  /** Sends exactly one request; the inputs are within the limits. Throws a Fault. */
  embed(inputs: readonly EmbedInput[], signal: AbortSignal): Promise<EmbedAnswer>;
  /** Begins to load what the first request needs, while its texts are still being read; absent where that is nothing. */
  warmUp?(): void;
  /**
   * Checks that the provider is back, without a billed request; absent for an embedder in this process. `met`: how it failed
   * last. Throws a Fault.
   */
  probe?(signal: AbortSignal, met?: Fault): Promise<void>;
};

/** Counts tokens: exact for OpenAI's models up to a few thousand characters, an upper bound beyond. */
export type TokenCounter = {
  count(text: string): number;
  /** The longest prefix of at most `maxTokens` tokens. */
  cut(text: string, maxTokens: number): string;
};
