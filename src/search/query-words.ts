/** How a search finds records. */
export const SEARCH_MODES = ["words", "meaning", "both"] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

/** Of a query: its text without the quotation marks, and the parts that stood in them. */
export type ParsedQuery = { text: string; phrases: string[] };

/** A text with more quoted parts, or with longer ones, is a pasted message and not a query. */
const MAX_PHRASES = 5;
const MAX_PHRASE_LENGTH = 300;

/** Quotation marks inside a word are part of it, as in JSON; an unbalanced one is plain text. */
const QUOTED = /(?<=^|\s)"([^"]+)"(?=\s|$)/g;

/** Parts in double quotes must be in the text of a record. */
export function parseQuery(text: string): ParsedQuery {
  const phrases = Array.from(text.matchAll(QUOTED), ([, part = ""]) => part.trim());
  const isPasted =
    phrases.length > MAX_PHRASES || phrases.some(({ length }) => length > MAX_PHRASE_LENGTH);
  const quoted = phrases.filter((part) => /[\p{L}\p{N}]/u.test(part));
  if (isPasted || quoted.length === 0) return { text, phrases: [] };
  return { text: text.replaceAll(QUOTED, "$1"), phrases: [...new Set(quoted)] };
}

/** Whether each part is in the text, in any case; line breaks and spaces are alike. */
export function holdsPhrases(text: string, phrases: readonly string[]): boolean {
  if (phrases.length === 0) return true;
  const whole = comparable(text);
  return phrases.every((part) => whole.includes(comparable(part)));
}

function comparable(text: string): string {
  return text.replaceAll(/\s+/g, " ").toLowerCase();
}

export type QueryWords = {
  /** Different ones, in their order. */
  all: string[];
  /** Those of them that name one thing: identifiers, methods, hosts, codes. */
  names: string[];
};

/** OpenSearch refuses queries of more than 1,024 clauses: one for each token in each of eight fields. */
const MAX_TOKENS = 100;
/** An analyzer makes one token of these; ideographs are tokens of their own. */
const TOKENS = /\p{sc=Han}|\p{sc=Hiragana}|\p{sc=Katakana}|[\p{L}\p{M}\p{N}_]+/gu;
const AROUND = /^[^\p{L}\p{N}_]+|[^\p{L}\p{N}_]+$/gu;

/** The words of a text, at most about a hundred: of a pasted stack trace those of its beginning. */
export function queryWords(text: string): QueryWords {
  const all = new Map<string, string>();
  let left = MAX_TOKENS;
  for (const part of text.split(/\s+/)) {
    const word = part.slice(0, MAX_PHRASE_LENGTH).replaceAll(AROUND, "");
    const tokens = word.match(TOKENS)?.length ?? 0;
    if (tokens === 0 || all.has(word.toLowerCase())) continue;
    if (tokens > left && all.size > 0) break;
    all.set(word.toLowerCase(), tokens > left ? word.slice(0, left) : word);
    left -= tokens;
  }
  const words = [...all.values()];
  return { all: words, names: words.filter(isName) };
}

/** `OrderService.charge`, `blk_-160`, `ERR_4711`, `node-7`, `getUser`, `10.0.0.1`, `/var/lib`; a number from four digits on. */
function isName(word: string): boolean {
  if (/^\p{N}+$/u.test(word)) return word.length >= 4;
  if (/[\p{L}\p{N}][._:/@#$\\][\p{L}\p{N}]|_/u.test(word)) return true;
  return (/\p{L}/u.test(word) && /\p{N}/u.test(word)) || /\p{Ll}\p{Lu}/u.test(word);
}

/** Those of these that the text has, each as a whole and in any case. */
export function heldNames(text: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const lower = text.toLowerCase();
  return names.filter((name) => holdsWhole(lower, name.toLowerCase()));
}

const INNER = /[\p{L}\p{N}_]/u;

function holdsWhole(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const [before, after] = [text.charAt(at - 1), text.charAt(at + name.length)];
    if (!INNER.test(before) && !INNER.test(after)) return true;
  }
  return false;
}
