/** A value's range in the text without quotes, and where parsing continues. */
export type Extent = { start: number; end: number; next: number; quoted: boolean };

const OPENERS = `"'\`“”„‘’«「『【`;
const CLOSERS: Record<string, string> = {
  "“": "”",
  "”": "”",
  "„": "“",
  "‘": "’",
  "’": "’",
  "«": "»",
  "「": "」",
  "『": "』",
  "【": "】",
};

/** Wrappers of a value: Some("x"), Optional[x], b'x', ["x"], <<"x">>, string(7) "x", N'x', { "x" }. */
const WRAPPER =
  /(?:[A-Za-z_][\w.:]{0,30}(?:\(\d{1,6}\)\s?(?=\\*["'`][^\s"'`])|[([{]{1,2}(?=\s?\\*["'`]))|(?:Some|Optional|Just|Ok)(?:[([]|\s(?="))|<<|[([{]{1,3}(?=\s{0,2}\\*["'`]))?\s{0,2}(?:[bBuUrRfFnN$@]{1,2}(?=["']))?/y;

/** Placeholders, also with blanks. */
const HOLE =
  /(?:\{\{[^{}\r\n]{0,120}\}\}|\$\{[^{}\r\n]{0,120}\}|\$\([^()\r\n]{0,120}\)|<[A-Za-z][\w .-]{0,60}>|\[[A-Za-z][\w :.-]{0,40}\]|\([a-z]{3,12}(?: [a-z]{2,12}){1,3}\)|!(?:Ref|Sub|GetAtt|vault|reference|secret|env|include)\b[^\r\n"'|>]{0,60})(?=[\s"'`,;:.)\]}&|@]|$)/y;

/** Code that reads the value from elsewhere: os.environ["X"], System.getenv("X"). */
const GETTER =
  /(?:process\.env|os\.environ(?:\.get)?|(?:os\.|System\.|Environment\.)?[gG]et[eE]nv(?:ironmentVariable)?|System\.getProperty|ENV(?:\.fetch)?|env|Deno\.env\.get|[\w.$]{0,40}\.(?:get|fetch|lookup|getString|getProperty|getenv|value))\s?[([]/y;

/** The value at this position, quoted or bare. Undefined at the end of the line. */
export function extentAt(text: string, at: number): Extent | undefined {
  HOLE.lastIndex = at;
  if (HOLE.test(text))
    return { start: at, end: HOLE.lastIndex, next: HOLE.lastIndex, quoted: false };
  GETTER.lastIndex = at;
  if (GETTER.test(text)) return undefined;
  WRAPPER.lastIndex = at;
  const wrapper = WRAPPER.exec(text)?.[0] ?? "";
  const start = at + wrapper.length;
  const quoted = quotedAt(text, start);
  if (quoted) return quoted;
  return unquotedAt(text, /[([]$/.test(wrapper) || wrapper === "<<" ? start : at);
}

const MOST_SLASHES = 63;
/** How far a better closing quote is searched after one inside a word. */
const FURTHER = 256;

/** A quoted value; to the end of its line where the quote is not closed. */
export function quotedAt(text: string, at: number): Extent | undefined {
  let slashes = 0;
  while (slashes < MOST_SLASHES && text[at + slashes] === "\\") slashes += 1;
  const quote = text[at + slashes];
  if (quote === undefined || !OPENERS.includes(quote)) return undefined;
  const start = at + slashes + 1;
  if (slashes === 0 && text.startsWith(quote + quote, start)) {
    const end = text.indexOf(quote.repeat(3), start + 2);
    const stop = end === -1 ? text.length : end;
    return { start: start + 2, end: stop, next: stop, quoted: true };
  }
  const close = closingQuote(text, start, CLOSERS[quote] ?? quote, slashes);
  return { start, end: close, next: close, quoted: true };
}

/** The value's end: its quote with as many backslashes, an outer string's quote, or the line's end. */
function closingQuote(text: string, start: number, quote: string, slashes: number): number {
  let first: number | undefined;
  for (let i = start; i < text.length; i += 1) {
    const character = text[i];
    if (first !== undefined && i - first > FURTHER) return first;
    if (character === "\n" || character === "\r") {
      return first ?? (slashes === 0 ? closedBelow(text, i, quote) : undefined) ?? i;
    }
    if (character !== quote && !(slashes > 0 && character === '"')) continue;
    let before = 0;
    while (i - before > start && text[i - before - 1] === "\\") before += 1;
    const at = i - before + Math.max(0, before - slashes);
    if (before < slashes) return first ?? i - before;
    if (character !== quote || (before - slashes) % (2 * (slashes + 1)) !== 0) continue;
    // '' within '…' is an apostrophe in SQL, and a quote inside a word is no end.
    if (slashes === 0 && text[i + 1] === quote && i > start && isInner(text, i + 2)) {
      i += 1;
      continue;
    }
    if (/[A-Za-z0-9]/.test(text[i + 1] ?? "") && quote !== '"') {
      first ??= at;
      continue;
    }
    return at;
  }
  return first ?? text.length;
}

const FURTHER_BELOW = 2048;

/** The closing quote in a later line: nothing opens there, and something ends after it. */
function closedBelow(text: string, at: number, quote: string): number | undefined {
  const end = text.slice(at, at + FURTHER_BELOW).indexOf(quote);
  if (end === -1) return undefined;
  const close = at + end;
  const isOpening = /[\s=:([{,>]/.test(text[close - 1] ?? "");
  return !isOpening && /^(?:[\s,;)\]}]|$)/.test(text.slice(close + 1, close + 2))
    ? close
    : undefined;
}

function isInner(text: string, at: number): boolean {
  return /[\w ]/.test(text[at] ?? "");
}

const STOP = /[\s"'`“”„‘’«»「」『』【】、。<\\;&,|]/g;
const NEXT_PAIR =
  /[;&,|]{1,2}\s{0,2}(?:\\{0,7}["'])?[A-Za-z_$@\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3-][\w.$@\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3-]{0,63}(?:\\{0,7}["'])?(?:=|:(?!\/\/))/y;
const NEXT_LINE = /\\[nrt\\]{1,4}(?:\s|$|["'\\]|[\w.-]{1,64}[=:\s])/y;

/** A bare value: up to a blank, a closing quote, or the next name with a value. */
export function unquotedAt(text: string, at: number): Extent | undefined {
  STOP.lastIndex = at;
  let end = text.length;
  for (let stop; (stop = STOP.exec(text));) {
    if (!isEnd(text, stop.index, stop[0], at)) continue;
    end = stop.index;
    break;
  }
  const trimmed = trimmedEnd(text, at, end);
  return trimmed > at ? { start: at, end: trimmed, next: trimmed, quoted: false } : undefined;
}

function isEnd(text: string, at: number, sign: string, start: number): boolean {
  const after = text[at + 1] ?? "";
  switch (sign) {
    case ";":
    case "&":
    case ",":
    case "|":
      NEXT_PAIR.lastIndex = at;
      return NEXT_PAIR.test(text);
    case "\\":
      // An escaped quote or newline ends it; a plain backslash does not.
      NEXT_LINE.lastIndex = at;
      return /["']/.test(after) || (/[nr]/.test(after) && NEXT_LINE.test(text));
    case "<":
      return /[A-Za-z/!]/.test(after);
    case '"':
    case "'":
    case "`":
      // it's, a"b
      return at === start || !/[A-Za-z0-9]/.test(after);
    default:
      return true;
  }
}

const OPENER_OF: Record<string, string> = { ")": "(", "]": "[", "}": "{", ">": "<" };

/** Without closing or separating characters that belong to the surroundings. */
function trimmedEnd(text: string, at: number, from: number): number {
  let end = from;
  for (; end > at; end -= 1) {
    const sign = text[end - 1] ?? "";
    const opener = OPENER_OF[sign];
    if (opener !== undefined) {
      if (end - at < 256 && balanced(text.slice(at, end), opener, sign)) break;
    } else if (!/[,;:.|&]/.test(sign)) break;
  }
  return end;
}

function balanced(value: string, opener: string, closer: string): boolean {
  let depth = 0;
  for (const sign of value) {
    if (sign === opener) depth += 1;
    else if (sign === closer) depth -= 1;
  }
  return depth >= 0;
}
