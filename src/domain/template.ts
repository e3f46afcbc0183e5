/**
 * The text with what varies from one occurrence to the next replaced by a word: then occurrences of one error share a
 * vector. Status codes, short numbers and the names of exceptions stay, for they tell one error from another. Takes time
 * linear in the length of the text.
 */
export function templateOf(text: string): string {
  return text
    .replace(TIMESTAMP, "<time>")
    .replace(UUID, "<uuid>")
    .replace(QUOTED, "<text>")
    .replace(ADDRESS, "<ip>")
    .replace(WORD, masked);
}

const TIMESTAMP =
  /\b\d{4}[-/.]\d{2}[-/.]\d{2}(?:[T ,]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?|\b\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?\b/g;
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
/** Within one line; an apostrophe inside a word opens nothing. */
const QUOTED = /"[^"\r\n]{0,400}"|(?<![\w])'[^'\r\n]{0,400}'(?![\w])|`[^`\r\n]{0,400}`/g;
const ADDRESS =
  /\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?:\/\d{1,2})?\b|(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}(?![\w:])/gi;
/** Runs without blanks and brackets: a path, a number, a host, an identifier. */
const WORD = /[^\s()[\]{}<>,;="']{2,}/g;

/** What ends a sentence is no part of its last word. */
const ENDS = ".:!?";

function masked(word: string): string {
  // Nothing that is masked is without one, and most words are.
  if (!/\d/.test(word)) return word;
  let end = word.length;
  while (end > 0 && ENDS.includes(word.charAt(end - 1))) end--;
  return maskWord(word.slice(0, end)) + word.slice(end);
}

function maskWord(word: string): string {
  if (/^[+-]?\d{4,}(?:\.\d+)?$/.test(word)) return "<number>";
  if (/^0x[0-9a-f]{2,}$/i.test(word)) return "<hex>";
  if (/^[0-9a-f]{8,}$/i.test(word) && /\d/.test(word)) return "<hex>";
  if (word.includes("/")) return word.split("/").map(maskPart).join("/");
  return maskPart(word);
}

/** Parts of paths and of identifiers such as `blk_3587` or `attempt_1445_0002_m_000010_0`. */
function maskPart(part: string): string {
  if (/^[0-9a-f]{8,}$/i.test(part) && /\d/.test(part)) return "<hex>";
  return part.replace(/\d{4,}/g, "<number>");
}
