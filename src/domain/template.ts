/**
 * Replaces what varies between occurrences of one error, so that they share a vector. Status codes, short numbers and
 * exception names stay, because they distinguish errors. Linear in the text's length.
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
/** Within one line; an apostrophe inside a word does not open a quote. */
const QUOTED = /"[^"\r\n]{0,400}"|(?<![\w])'[^'\r\n]{0,400}'(?![\w])|`[^`\r\n]{0,400}`/g;
const ADDRESS =
  /\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?:\/\d{1,2})?\b|(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}(?![\w:])/gi;
/** Runs without blanks and brackets: paths, numbers, hosts, identifiers. */
const WORD = /[^\s()[\]{}<>,;="']{2,}/g;

/** Punctuation that ends a sentence. */
const ENDS = ".:!?";

function masked(word: string): string {
  // Only words with a digit are masked.
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
