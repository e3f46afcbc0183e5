import type { TokenCounter } from "../../../src/ports/embedder.ts";

export type CountedTokens = {
  tokens: () => Promise<TokenCounter>;
  /** How often the counter was asked for. */
  readonly loads: number;
};

/** Counts one token for every four characters. */
export function createTokens(): CountedTokens {
  let loads = 0;
  return {
    tokens: () => {
      loads++;
      return Promise.resolve({
        count: (text) => Math.ceil(text.length / 4),
        cut: (text, maxTokens) => text.slice(0, maxTokens * 4),
      });
    },
    get loads() {
      return loads;
    },
  };
}
