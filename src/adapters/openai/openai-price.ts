/** USD per million tokens: https://platform.openai.com/docs/pricing */
const PRICES = new Map([
  ["text-embedding-3-large", 0.13],
  ["text-embedding-3-small", 0.02],
  ["text-embedding-ada-002", 0.1],
]);

export const OPENAI_URL = "https://api.openai.com/v1";

/** OpenAI's price of a model in USD per million tokens; null for other servers and models. */
export function openAiPrice(model: string, baseUrl: string): number | null {
  const { hostname } = new URL(baseUrl);
  const own = hostname === "api.openai.com" || hostname.endsWith(".api.openai.com");
  return own ? (PRICES.get(model) ?? null) : null;
}
