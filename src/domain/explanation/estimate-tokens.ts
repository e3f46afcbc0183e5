/**
 * About how many tokens a text is, without a tokenizer: a word of letters is one and another for each six letters beyond the
 * first six, three digits are one, each other sign is one, a run of blanks or of one sign is one, a letter outside ASCII one
 * and a half. Linear; never 0 for a text that is not empty. Beside cl100k_base on logs: see docs/performance.md.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (let i = 0; i < text.length;) {
    const code = text.charCodeAt(i);
    const kind = kindOf(code);
    const start = i;
    while (i < text.length && kindOf(text.charCodeAt(i)) === kind) {
      if (kind === SIGN && text.charCodeAt(i) !== code) break;
      i++;
    }
    const length = i - start;
    if (kind === LETTER) tokens += Math.ceil(length / 6);
    else if (kind === DIGIT) tokens += Math.ceil(length / 3);
    else if (kind === OTHER) tokens += Math.ceil(length * 1.5);
    else if (kind === SIGN) tokens += Math.ceil(length / 16);
    // A blank belongs to the word behind it.
    else if (length > 1 || code !== SPACE) tokens += Math.ceil(length / 64);
  }
  return text === "" ? 0 : Math.max(1, tokens);
}

const SPACE = 32;
const BLANK = 0;
const LETTER = 1;
const DIGIT = 2;
const SIGN = 3;
const OTHER = 4;

function kindOf(code: number): number {
  if (code <= SPACE) return BLANK;
  if (code >= 128) return OTHER;
  if (code >= 48 && code <= 57) return DIGIT;
  if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122)) return LETTER;
  return SIGN;
}
