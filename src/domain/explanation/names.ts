/**
 * What of a sentence must stand in what it cites: numbers, times, quoted words, and names (identifiers, hosts, paths, products). Ordinary
 * words are no part of it.
 */
export type Named =
  /** `whole`: as it was written; `value`: of a number that was written as a word. */
  { kind: "number" | "quoted" | "name"; whole: string; value?: number };

/** Numbers as words; `one` is also a pronoun, and left out. */
const NUMBER_WORDS = new Map(
  Object.entries({
    two: 2,
    three: 3,
    four: 4,
    five: 5,
    six: 6,
    seven: 7,
    eight: 8,
    nine: 9,
    ten: 10,
    eleven: 11,
    twelve: 12,
    dozen: 12,
    dozens: 12,
    fifteen: 15,
    twenty: 20,
    thirty: 30,
    forty: 40,
    fifty: 50,
    sixty: 60,
    ninety: 90,
    hundred: 100,
    hundreds: 100,
    thousand: 1000,
    thousands: 1000,
    million: 1_000_000,
    millions: 1_000_000,
    twice: 2,
    double: 2,
    doubled: 2,
    triple: 3,
    tripled: 3,
    half: 0.5,
  }),
);

/** Days are said as such only where the evidence does. */
const CALENDAR =
  /^(?:mon|tues|wednes|thurs|fri|satur|sun)day$|^(?:january|february|march|april|june|july|august|september|october|november|december)$|^yesterday$/i;

/** Between marks of one kind, in one line. An apostrophe within a word opens nothing. */
const QUOTED =
  /"([^"\n]{1,400})"|“([^”\n]{1,400})”|«([^»\n]{1,400})»|‘([^’\n]{1,400})’|`([^`\n]{1,400})`|「([^」\n]{1,400})」|『([^』\n]{1,400})』|(?<![\p{L}\p{N}])'([^'\n]{1,400})'(?![\p{L}\p{N}])/gu;

/** A run without blanks, and without the marks that end a part of a sentence. */
const TOKEN = /(?:[^\s,;()[\]{}<>"“”«»`「」『』|]|(?<=\d),(?=\d{3}))+/gu;
const EDGES = /^[^\p{L}\p{N}/$@#%_-]+|[^\p{L}\p{N}/%_$]+$/gu;
/** Korean particles stand behind a name without a blank. */
const PARTICLE = /(?<=[\p{Script=Latin}\p{N}%_/)])\p{Script=Hangul}+$/u;

/** In the order of the sentence; each once. Linear in its length. */
export function namedIn(sentence: string): Named[] {
  const found = new Map<string, Named>();
  const add = (one: Named) => void found.set(`${one.kind} ${one.whole}`, one);
  for (const [, ...parts] of sentence.matchAll(QUOTED)) {
    const quoted = parts.find((part) => part !== undefined);
    if (quoted !== undefined && quoted.trim() !== "") add({ kind: "quoted", whole: quoted });
  }
  let starts = true;
  for (const [raw] of sentence.matchAll(TOKEN)) {
    const token = raw.replace(EDGES, "").replace(PARTICLE, "").replace(EDGES, "");
    if (token !== "") {
      const one = nameIn(token, starts);
      if (one) add(one);
    }
    starts = /[.!?:]$/.test(raw);
  }
  return [...found.values()];
}

function nameIn(token: string, startsSentence: boolean): Named | undefined {
  const value = NUMBER_WORDS.get(token.toLowerCase());
  if (value !== undefined) return { kind: "number", whole: token, value };
  if (/\p{N}/u.test(token)) return { kind: /\p{L}/u.test(token) ? "name" : "number", whole: token };
  // Punctuation within, such as of hosts, paths, identifiers and addresses.
  if (/[\p{L}\p{N}][._/:@#=$\\-]+[\p{L}\p{N}]/u.test(token) || /^[/@#]\p{L}/u.test(token)) {
    return { kind: "name", whole: token };
  }
  if (CALENDAR.test(token)) return { kind: "name", whole: token };
  // camelCase, PascalCase of several words, and abbreviations.
  if (/\p{Ll}\p{Lu}|^\p{Lu}{2,}/u.test(token)) return { kind: "name", whole: token };
  const isProper = /^\p{Lu}\p{Ll}/u.test(token) && !startsSentence;
  return isProper ? { kind: "name", whole: token } : undefined;
}

/** Units that a number may stand before without a blank. */
const UNIT = String.raw`(?:ms|s|m|h|d|µs|us|ns|min|sec|[kmgt]i?b?|x|%|st|nd|rd|th)`;

/** Whether the text has it: a number as a number, quoted words as they are, a name in any case. */
export function hasNamed({ kind, whole, value }: Named, text: string): boolean {
  if (kind === "quoted") return squeezed(text).includes(squeezed(whole));
  if (kind === "number") {
    const written = value === undefined ? [] : [String(value)];
    if (value !== undefined && hasWord(text, whole)) return true;
    const digits = whole.replace(/[^\d.,:/-]/g, "");
    const plain = digits.replaceAll(",", "");
    const forms = value === undefined ? [digits, plain] : written;
    return forms.some((form) => form !== "" && hasNumber(text, form));
  }
  return hasWord(text, whole) || hasWord(loose(text), loose(whole)) || hasMeasure(text, whole);
}

/** `500ms` where the text has `500 ms`. */
function hasMeasure(text: string, whole: string): boolean {
  const [, number, unit] = /^(\d[\d.,]*)(\p{L}+)$/u.exec(whole) ?? [];
  if (number === undefined || unit === undefined) return false;
  const pattern = new RegExp(
    String.raw`(?<![\d.,:\p{L}])${escaped(number)}\s?${unit}(?!\p{L})`,
    "iu",
  );
  return pattern.test(text);
}

/**
 * As a number of its own: 12 is not in 312, 12.5 or 10.0.0.12, and is in `12ms`. A time of the day is also in a longer one that begins
 * with it.
 */
function hasNumber(text: string, number: string): boolean {
  const isTime = /^\d{1,2}:\d{2}/.test(number);
  const before = String.raw`(?<![\d\p{Script=Latin}_-]|\d[.,:])`;
  const after = isTime
    ? String.raw`(?!\d)`
    : String.raw`(?!\d|[.,:]\d|[\p{Script=Latin}_])|(?=${UNIT}(?![\p{Script=Latin}\d]))`;
  const time = isTime ? String.raw`(?<![\d]|\d[.,:])` : before;
  // A thousand may be written with separators or without.
  const grouped = /^\d{4,}$/.test(number)
    ? `(?:${escaped(number)}|${escaped(Number(number).toLocaleString("en-US"))})`
    : escaped(number);
  return new RegExp(`${time}${grouped}(?:${after})`, "iu").test(text);
}

function hasWord(text: string, word: string): boolean {
  const edge = String.raw`[\p{L}\p{N}]`;
  return new RegExp(`(?<!${edge})${escaped(word)}(?!${edge})`, "iu").test(text);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}

/** Separators within names say little: `payment-service` is `payment service`. */
function loose(text: string): string {
  return text.replace(/(?<=[\p{L}\p{N}])[-_](?=[\p{L}\p{N}])/gu, " ");
}

/** With every run of blanks as one. */
export function squeezed(text: string): string {
  return text.normalize("NFC").replace(/\s+/gu, " ").trim();
}
