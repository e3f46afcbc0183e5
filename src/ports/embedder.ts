/** One text to embed. The ids are of the record that caused it, for embedders that ask for them. */
export type EmbedInput = { text: string; logId: string; traceId?: string };

export type EmbedAnswer = {
  /** One entry per input, in the order of the inputs; null where the embedder left a text out. */
  vectors: (Float32Array | null)[];
  /** Tokens billed, as the embedder reported them; null where it does not say. */
  tokens: number | null;
  /** What it says may still be sent; absent where it does not say. */
  allowance?: Allowance;
};

/** What the other side still takes, after this answer. */
export type Allowance = { requests?: Left; tokens?: Left };

/** `resetMs`: from the answer until the whole limit is there again. */
export type Left = { remaining: number; resetMs: number };

export type RequestLimits = {
  maxTextsPerRequest: number;
  maxTokensPerText: number;
  maxTokensPerRequest: number;
};

/** Turns texts into vectors. */
export type Embedder = {
  readonly name: string;
  /** As it stands in the stamp: vectors of equal model and dimensions may be compared. */
  readonly model: string;
  readonly dimensions: number;
  readonly limits: RequestLimits;
  /** USD; 0 where it is free, null where unknown. */
  readonly pricePerMillionTokens: number | null;
  /** Sends exactly one request, inputs within the limits. Throws a Fault. */
  embed(inputs: readonly EmbedInput[], signal: AbortSignal): Promise<EmbedAnswer>;
  /** Whether the other side answers at all, without a request that costs anything; absent: nobody to ask. Throws a Fault. */
  probe?(signal: AbortSignal): Promise<void>;
};

/** Counts tokens: exact for OpenAI's models up to a few thousand characters, an upper bound beyond. */
export type TokenCounter = {
  count(text: string): number;
  /** The longest head of the text that counts at most `maxTokens`. */
  cut(text: string, maxTokens: number): string;
};
