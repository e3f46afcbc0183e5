import { estimateTokens } from "./estimate-tokens.ts";

const GAP = " … ";
/** Where a line too long to be shown says what failed. */
const TELLING =
  /\b(?:error|exception|fatal|panic|fail(?:ed|ure)|caused by|traceback|refused|denied|timed out)\b/i;

/**
 * The line in at most so many tokens: its beginning, its end and what stands around the first word of failure between them,
 * with ` … ` where something is left out. Linear.
 */
export function showLine(line: string, maxTokens: number): string {
  // A token of the estimate has at least one character.
  if (
    line.length <= maxTokens ||
    (line.length <= maxTokens * 8 && estimateTokens(line) <= maxTokens)
  ) {
    return line;
  }
  const room = Math.max(1, maxTokens - 4);
  const head = takeStart(line, Math.ceil(room / 2));
  const tail = takeEnd(line.slice(head.length), Math.floor(room / 4));
  const middle = line.slice(head.length, line.length - tail.length);
  const at = middle.search(TELLING);
  if (at === -1) return head + GAP + tail;
  const from = Math.max(0, at - 40);
  const around = takeStart(middle.slice(safe(middle, from)), Math.floor(room / 4));
  return head + (from === 0 ? "" : GAP) + around + GAP + tail;
}

function takeStart(text: string, maxTokens: number): string {
  let end = Math.min(text.length, maxTokens * 6);
  while (end > 0 && estimateTokens(text.slice(0, end)) > maxTokens) end = Math.floor(end * 0.8);
  return text.slice(0, safe(text, end));
}

function takeEnd(text: string, maxTokens: number): string {
  let length = Math.min(text.length, maxTokens * 6);
  while (length > 0 && estimateTokens(text.slice(text.length - length)) > maxTokens)
    length = Math.floor(length * 0.8);
  return text.slice(safe(text, text.length - length));
}

/** The position, or the one before it where that splits a character in two. */
function safe(text: string, position: number): number {
  const code = text.charCodeAt(position);
  return code >= 0xdc00 && code <= 0xdfff && position > 0 ? position - 1 : position;
}
