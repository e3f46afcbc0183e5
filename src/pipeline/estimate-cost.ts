import type { TokenCounter } from "../ports/embedder.ts";

/** What a text costs. */
export type Pricing = {
  /** A longer text is cut there. */
  maxTokensPerText: number;
  /** USD; 0 where it is free, null where unknown. */
  pricePerMillionTokens: number | null;
  tokens: () => Promise<TokenCounter>;
  /** What is embedded for a message. */
  toText(message: string): string;
};

export const SAMPLE_FOR_COST = 100;

/** The tokens of a text, as these have them on average; 0 where there are none. */
export async function tokensPerText(
  { maxTokensPerText, tokens, toText }: Pick<Pricing, "maxTokensPerText" | "tokens" | "toText">,
  messages: readonly string[],
): Promise<number> {
  if (messages.length === 0) return 0;
  const counter = await tokens();
  const counts = messages.map((message) => counter.count(toText(message)));
  const all = counts.reduce((sum, count) => sum + Math.min(maxTokensPerText, count), 0);
  return all / messages.length;
}

/** An upper bound: equal texts are paid for once. */
export function estimateOf(
  perText: number,
  records: number,
  price: number | null,
): { tokens: number; cost_usd: number | null } {
  const tokens = Math.round(perText * records);
  return { tokens, cost_usd: price === null ? null : (tokens * price) / 1e6 };
}
