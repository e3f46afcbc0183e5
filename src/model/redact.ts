/** What is masked before a text leaves for an embedder. */
export type Redaction = "secrets" | "pii" | "off";

const MASK = "***";

/**
 * Masks secrets (and, for `pii`, e-mail addresses and card numbers) in a text that somebody else wrote. Takes time linear
 * in the length of the text, whatever is in it: no pattern here can look at a character more than a fixed number of times.
 */
export function redact(text: string, redaction: Redaction): string {
  if (redaction === "off") return text;
  const masked = maskSecrets(text);
  return redaction === "pii" ? maskPersonal(masked) : masked;
}

function maskSecrets(text: string): string {
  let masked = text;
  // Most logs hold none of these: looking for a few letters first is much cheaper than the patterns.
  if (masked.includes("PRIVATE KEY-----")) masked = maskPrivateKeys(masked);
  if (masked.includes("://")) masked = masked.replace(URL_PASSWORD, `$1${MASK}@`);
  if (HEADER_HINT.test(masked)) {
    masked = masked
      .replace(COOKIES, `$1${MASK}`)
      .replace(AUTHORIZATION, `$1${MASK}`)
      .replace(BEARER, `$1${MASK}`);
  }
  if (NAME_HINT.test(masked)) {
    masked = masked.replace(PASSWORDS, keepName).replace(TOKENS, keepName);
  }
  return masked.replace(RUN, (run) => (isToken(run) ? MASK : run));
}

const BEGIN = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----/g;
const END = /-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----/g;

/** From its beginning to its end, or to the end of the text where it was cut off. */
function maskPrivateKeys(text: string): string {
  let masked = "";
  let at = 0;
  for (;;) {
    BEGIN.lastIndex = at;
    const begin = BEGIN.exec(text);
    if (!begin) return masked + text.slice(at);
    END.lastIndex = BEGIN.lastIndex;
    const end = END.exec(text);
    masked += `${text.slice(at, begin.index)}${MASK}`;
    if (!end) return masked;
    at = END.lastIndex;
  }
}

const URL_PASSWORD = /([a-z][a-z0-9+.-]{0,19}:\/\/[^\s/:@?#"']{0,64}:)[^\s/@"']{1,256}@/gi;

const HEADER_HINT = /cookie|authorization|bearer/i;
const COOKIES = /\b((?:set-)?cookie["']?\s{0,3}[:=]\s{0,3})[^\r\n]{1,8192}/gi;
const AUTHORIZATION =
  /(authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:(?:basic|bearer|digest|negotiate|token)\s{1,3})?)[^\s"',;]{3,8192}/gi;
/** With a digit, or long: "bearer token expired" is no secret. */
const BEARER = /(\bbearer\s{1,3})(?=[\w.~+/-]{0,40}\d|[\w.~+/-]{24})[\w.~+/=-]{8,8192}/gi;

const NAME_HINT = /passw|passphrase|pwd|secret|token|key|credential|session/i;
const VALUE = String.raw`("[^"\r\n]{1,512}"|'[^'\r\n]{1,512}'|[^\s"',;&|(){}\[\]]{1,512})`;
/** Whatever the value looks like. */
const PASSWORDS = new RegExp(
  String.raw`((?:password|passwd|passphrase|pwd|secret)["']?\s{0,3}(?:=|:)\s{0,3})${VALUE}`,
  "gi",
);
/** Names that are also plain words: only a value that looks made by a machine. */
const TOKENS = new RegExp(
  String.raw`((?:token|api[_-]?key|access[_-]?key|account[_-]?key|secret[_-]?key|private[_-]?key|credentials?|session[_-]?id)["']?\s{0,3}(?:=|:)\s{0,3})(?=["']?[^\s"',;&]{0,64}\d)(?=["']?[^\s"',;&]{8})${VALUE}`,
  "gi",
);

function keepName(_all: string, name: string, value: string): string {
  const [quote = ""] = /^["']/.exec(value) ?? [];
  return `${name}${quote}${MASK}${quote}`;
}

/** What a key or token is made of; each run is looked at once. */
const RUN = /[A-Za-z0-9_.-]{16,}/g;

const KEYS = [
  /^(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[0-9A-Z]{16}$/,
  /^AIza[0-9A-Za-z_-]{35}$/,
  /^ya29\.[0-9A-Za-z_-]{20,}$/,
  /^gh[opsur]_[0-9A-Za-z]{36,}$/,
  /^github_pat_[0-9A-Za-z_]{22,}$/,
  /^glpat-[0-9A-Za-z_-]{20,}$/,
  /^xox[abeoprs]-[0-9A-Za-z-]{10,}$/,
  /^[prs]k_(?:live|test)_[0-9A-Za-z]{10,}$/,
  /^sk-[0-9A-Za-z_-]{20,}$/,
  /^npm_[0-9A-Za-z]{36}$/,
  /^SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}$/,
  /^dop_v1_[0-9a-f]{64}$/,
  /^eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]{0,8192}$/,
];
const FIRST_LETTERS = new Set("AghxprsnSdeya");

function isToken(run: string): boolean {
  if (!FIRST_LETTERS.has(run.charAt(0))) return false;
  // A full stop after it belongs to the sentence.
  const token = run.replace(/\.{1,3}$/, "");
  return KEYS.some((key) => key.test(token));
}

const EMAIL = /[\w.%+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}\b/gi;
const CARD = /\b\d(?:[ -]?\d){12,18}\b/g;

function maskPersonal(text: string): string {
  const masked = text.includes("@") ? text.replace(EMAIL, MASK) : text;
  return masked.replace(CARD, (digits) => (isCard(digits) ? MASK : digits));
}

/** Luhn's check digit (ISO/IEC 7812): other long numbers pass it one time in ten. */
function isCard(digits: string): boolean {
  const numbers = [...digits].filter((digit) => digit >= "0" && digit <= "9").map(Number);
  const sum = numbers.toReversed().reduce((total, digit, i) => {
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}
