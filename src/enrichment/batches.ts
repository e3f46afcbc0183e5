import type { EmbedderLimits, EmbedInput, TokenCounter } from "../ports.ts";

/** A text ready to be sent: cut where it was too long. */
export type PreparedText = EmbedInput & { hash: string; truncated: boolean };

/** Cuts a text at the embedder's limit. Bytes bound tokens from above, so most texts need no counting. */
export async function fitToLimit(
  input: EmbedInput & { hash: string },
  limits: EmbedderLimits,
  tokens: () => Promise<TokenCounter>,
): Promise<PreparedText> {
  const text = input.text.toWellFormed();
  if (Buffer.byteLength(text) <= limits.maxTokensPerText) {
    return { ...input, text, truncated: false };
  }
  const cut = (await tokens()).cut(text, limits.maxTokensPerText);
  return { ...input, text: cut, truncated: cut.length < text.length };
}

/** Splits texts into requests by count and by tokens, in their order. */
export async function splitIntoRequests(
  texts: readonly PreparedText[],
  limits: EmbedderLimits,
  tokens: () => Promise<TokenCounter>,
): Promise<PreparedText[][]> {
  const sizeOf = await sizes(texts, limits, tokens);
  const requests: PreparedText[][] = [];
  let size = Infinity;
  texts.forEach((text, i) => {
    const own = sizeOf[i] ?? 0;
    const last = requests.at(-1);
    if (
      !last ||
      last.length >= limits.maxTextsPerRequest ||
      size + own > limits.maxTokensPerRequest
    ) {
      requests.push([text]);
      size = own;
    } else {
      last.push(text);
      size += own;
    }
  });
  return requests;
}

/** Upper bounds in tokens: bytes where even their sum fits into one request, else counted. */
async function sizes(
  texts: readonly PreparedText[],
  limits: EmbedderLimits,
  tokens: () => Promise<TokenCounter>,
): Promise<number[]> {
  const bytes = texts.map(({ text }) => Buffer.byteLength(text));
  const sum = bytes.reduce((a, b) => a + b, 0);
  if (sum <= limits.maxTokensPerRequest) return bytes;
  const counter = await tokens();
  return texts.map(({ text }) => counter.count(text));
}
