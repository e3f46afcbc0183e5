import type { Allowance } from "./embedder.ts";

/** One question to a model; no conversation is kept. */
export type ModelQuestion = {
  system: string;
  user: string;
  /** JSON Schema of the answer. A server that does not take it is asked without. */
  schema: Record<string, unknown>;
};

/** `tokens`: as they are billed; null where the server does not say. */
export type ModelReply = {
  text: string;
  /** The answer was cut off at the longest that was asked for. */
  cut: boolean;
  tokens: { input: number; output: number } | null;
  allowance?: Allowance;
};

/** A model that answers in words. It is given no tools, and nothing that it says has an effect. */
export type LanguageModel = {
  readonly name: string;
  readonly model: string;
  readonly maxOutputTokens: number;
  /** USD per million tokens; null where unknown. */
  readonly price: { input: number; output: number } | null;
  /** One request. Throws a Fault. */
  ask(question: ModelQuestion, signal: AbortSignal): Promise<ModelReply>;
};
