import type { RequestLimits, EmbedInput, TokenCounter } from "../ports/embedder.ts";

/** A text ready to be sent: cut where it was too long. */
export type PreparedText = EmbedInput & { hash: string; truncated: boolean };

export type SizedText = PreparedText & {
  /** Tokens as they are counted here; bytes where those are few enough. */
  size: number;
  /** Tokens that may be billed for it at most. */
  atMost: number;
};

/** Cuts a text at the embedder's limit. Bytes bound tokens from above, so most texts need no counting. */
export async function fitToLimit(
  input: EmbedInput & { hash: string },
  limits: RequestLimits,
  tokens: () => Promise<TokenCounter>,
): Promise<PreparedText> {
  const text = input.text.toWellFormed();
  if (Buffer.byteLength(text) <= limits.maxTokensPerText) {
    return { ...input, text, truncated: false };
  }
  const cut = (await tokens()).cut(text, limits.maxTokensPerText);
  return { ...input, text: cut, truncated: cut.length < text.length };
}

/** Models whose tokens are counted here exactly, or too high. */
const COUNTED = /(^|\/)text-embedding-(3-(large|small)|ada-002)$/;
/** What other models put round a text. */
const AROUND_A_TEXT = 2;

/**
 * Gives each text its size: bytes where even their sum fits into one request and into `tokensLeft`, else counted. No
 * tokenizer makes more tokens of a text than it has bytes.
 */
export async function sizeTexts(
  texts: readonly PreparedText[],
  embedder: { model: string; limits: RequestLimits },
  tokensLeft: number,
  tokens: () => Promise<TokenCounter>,
): Promise<SizedText[]> {
  const { maxTokensPerRequest, maxTokensPerText } = embedder.limits;
  const counted = COUNTED.test(embedder.model);
  const atMost = (bytes: number) => Math.min(bytes + AROUND_A_TEXT, maxTokensPerText);
  const bytes = texts.map(({ text }) => Buffer.byteLength(text));
  const sum = bytes.reduce((a, b) => a + b, 0);
  const wanted = counted ? Math.min(tokensLeft, maxTokensPerRequest) : maxTokensPerRequest;
  const counter = sum <= wanted ? undefined : await tokens();
  return texts.map((text, i) => {
    const own = bytes[i] ?? 0;
    const size = counter?.count(text.text) ?? own;
    return { ...text, size, atMost: counted ? size : atMost(own) };
  });
}

/** Splits texts into requests by count and by tokens, in their order. */
export function splitIntoRequests(
  texts: readonly SizedText[],
  { maxTextsPerRequest, maxTokensPerRequest }: RequestLimits,
): SizedText[][] {
  const requests: SizedText[][] = [];
  let sum = Infinity;
  for (const text of texts) {
    const last = requests.at(-1);
    if (last && last.length < maxTextsPerRequest && sum + text.size <= maxTokensPerRequest) {
      last.push(text);
      sum += text.size;
    } else {
      requests.push([text]);
      sum = text.size;
    }
  }
  return requests;
}
