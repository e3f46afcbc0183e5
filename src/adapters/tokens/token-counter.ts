import type { TokenCounter } from "../../ports/embedder.ts";
import { sliceEnd, splitsPair } from "./slice-end.ts";

/** The merge cache's keys keep whole slices alive: at most 500 × 4 KB. More than that is no faster on logs. */
const MERGE_CACHE_ENTRIES = 500;
/** A UTF-16 unit takes at most three bytes of UTF-8, and every token stands for one byte or more. */
const MAX_BYTES_PER_UNIT = 3;
/** Text that looks like a special token is text. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };

/**
 * Counts as OpenAI's embedding models do (cl100k_base), in time linear to the text. A run of over 2,000 characters
 * without a space after a word is counted in pieces, which gives up to one token more per piece.
 */
export async function createTokenCounter(): Promise<TokenCounter> {
  const { countTokens, setMergeCacheSize } =
    await import("gpt-tokenizer/model/text-embedding-3-large");
  setMergeCacheSize(MERGE_CACHE_ENTRIES);

  const countSlice = (text: string, start: number, end: number): number =>
    countTokens(detached(text, start, end), AS_TEXT);

  function count(text: string): number {
    let tokens = 0;
    for (let start = 0; start < text.length;) {
      const end = sliceEnd(text, start);
      tokens += countSlice(text, start, end);
      start = end;
    }
    return tokens;
  }

  function cut(text: string, maxTokens: number): string {
    if (provablyFits(text, maxTokens)) return text;
    let left = maxTokens;
    for (let start = 0; start < text.length;) {
      const end = sliceEnd(text, start);
      const tokens = countSlice(text, start, end);
      if (tokens > left) return text.slice(0, fittingEnd(text, start, end, left));
      left -= tokens;
      start = end;
    }
    return text;
  }

  /** The last position in the slice up to which it counts at most `left`, found by halving. */
  function fittingEnd(text: string, start: number, end: number, left: number): number {
    let fits = start;
    let tooFar = end;
    while (tooFar - fits > 1) {
      const half = (fits + tooFar) >>> 1;
      const middle = splitsPair(text, half) ? half - 1 : half;
      if (middle === fits) break;
      if (countSlice(text, start, middle) <= left) fits = middle;
      else tooFar = middle;
    }
    return fits;
  }

  return { count, cut };
}

function provablyFits(text: string, maxTokens: number): boolean {
  if (text.length > maxTokens) return false;
  return text.length * MAX_BYTES_PER_UNIT <= maxTokens || Buffer.byteLength(text) <= maxTokens;
}

/** A copy: a slice as such would keep the whole text in memory as long as it is cached. */
function detached(text: string, start: number, end: number): string {
  if (start === 0 && end === text.length) return text;
  return Buffer.from(text.slice(start, end), "utf16le").toString("utf16le");
}
