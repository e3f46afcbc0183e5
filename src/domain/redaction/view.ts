/** A normalised text for searching, with the positions of its characters in the original. */
export type View = { text: string; toOriginal(start: number, end: number): [number, number] };

/** A replacement of a range; "" removes it. */
type Change = { start: number; end: number; by: string };

/** Look-alikes of ASCII characters, blanks, and invisible characters. */
const SIMILAR = String.raw`\u00a0\u00aa\u00ad\u00ba\u00c0-\u058f\u13a0-\u13f4\u1680\u180b-\u180f\u1d00-\u1eff\u2000-\u2015\u2028-\u202f\u205f-\u2070\u2074-\u209f\u2100-\u218f\u2236\u2460-\u24ff\ua4d0-\ua4ff\ufb00-\ufb06\ufe00-\ufe0f\ufe52-\ufe6b\ufeff\uff01-\uff5e`;
/** Leading surrogates of mathematical and circled letters, flags and tags. */
const PAIRED = String.raw`\ud835\ud83c\udb40`;
const FOLDABLE = new RegExp(
  String.raw`[\u001b\u009b${SIMILAR}${PAIRED}]|\\(?:u00|x1b|033|e\[)`,
  "i",
);

/** A terminal control sequence (ECMA-48), an operating system command, or a one-character escape. */
const SEQUENCE = String.raw`\[[0-?]{0,32}[ -/]{0,4}[@-~]|\][^\u0007\u001b]{0,256}(?:\u0007|\u001b\\)|[@-Z\\-_]`;
const FOLDED = new RegExp(
  [
    String.raw`\u001b(?:${SEQUENCE})?`,
    String.raw`(?:\\u001b|\\x1b|\\033|\\e(?=\[))(?:\[[0-?]{0,32}[ -/]{0,4}[@-~])?`,
    String.raw`\u009b[0-?]{0,32}[ -/]{0,4}[@-~]`,
    String.raw`\\{1,7}u00[2-7][0-9a-f]`,
    `[${PAIRED}][\\udc00-\\udfff]`,
    `[${SIMILAR}]`,
  ].join("|"),
  "gi",
);

/**
 * Only for searching: without terminal escapes and invisible characters, full-width and look-alike letters as ASCII,
 * JSON's \u00XX decoded.
 */
export function foldedView(text: string): View {
  if (!FOLDABLE.test(text)) return plainView(text);
  return changedView(text, FOLDED, fold);
}

const ENTITY = /&(?:quot|apos|lt|gt|amp|equals|colon|#\d{2,3}|#x[0-9a-f]{2});/gi;
const NAMED: Record<string, string> = {
  quot: '"',
  apos: "'",
  lt: "<",
  gt: ">",
  amp: "&",
  equals: "=",
  colon: ":",
};

/** With HTML and XML entities decoded; undefined where there are none. */
export function entityView(text: string): View | undefined {
  if (!/&(?:quot|#\d|#x|lt|apos|equals|colon)/i.test(text)) return undefined;
  return changedView(text, ENTITY, (entity) => {
    const name = entity.slice(1, -1).toLowerCase();
    const code = name.startsWith("#x") ? parseInt(name.slice(2), 16) : Number(name.slice(1));
    return name.startsWith("#") ? printable(code) : NAMED[name];
  });
}

/** With percent-encoding decoded; undefined where none separates a name from its value. */
export function percentView(text: string): View | undefined {
  if (!/%(?:25)?(?:22|27|2b|3[ad]|5d)/i.test(text)) return undefined;
  return changedView(text, /%(?:25)?[2-7][0-9a-f]/gi, (code) =>
    printable(parseInt(code.slice(-2), 16)),
  );
}

function printable(code: number): string | undefined {
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : undefined;
}

function plainView(text: string): View {
  return { text, toOriginal: (start, end) => [start, end] };
}

/** `changed`: the replacement of a match; undefined keeps it. */
function changedView(
  text: string,
  pattern: RegExp,
  changed: (match: string) => string | undefined,
): View {
  const changes: Change[] = [];
  for (const match of text.matchAll(pattern)) {
    const by = changed(match[0]);
    if (by !== undefined) {
      changes.push({ start: match.index, end: match.index + match[0].length, by });
    }
  }
  if (changes.length === 0) return plainView(text);
  return viewOf(text, changes);
}

function viewOf(text: string, changes: readonly Change[]): View {
  const parts: string[] = [];
  const origins = new Uint32Array(text.length + 1);
  const ends = new Uint32Array(text.length + 1);
  let length = 0;
  let at = 0;
  const push = (part: string, start: number, end?: number) => {
    parts.push(part);
    for (let i = 0; i < part.length; i += 1) {
      origins[length] = end === undefined ? start + i : start;
      ends[length] = end ?? start + i + 1;
      length += 1;
    }
  };
  for (const { start, end, by } of changes) {
    push(text.slice(at, start), at);
    // A view is never longer than the text.
    push(by.slice(0, end - start), start, end);
    at = end;
  }
  push(text.slice(at), at);
  return {
    text: parts.join(""),
    toOriginal: (start, end) => [origins[start] ?? text.length, ends[end - 1] ?? text.length],
  };
}

const known = new Map<string, string | undefined>();

function fold(match: string): string | undefined {
  const first = match.charCodeAt(0);
  if (first === 0x1b || first === 0x9b) return "";
  if (first === 0x5c) {
    return /^\\+u00[2-7]/i.test(match) ? printable(parseInt(match.slice(-2), 16)) : "";
  }
  if (!known.has(match)) known.set(match, foldCharacter(match));
  return known.get(match);
}

const INVISIBLE = /^[\p{Cf}\p{Mn}\u2028\u2029]|^\udb40/u;

function foldCharacter(character: string): string | undefined {
  if (INVISIBLE.test(character)) return "";
  const similar = LOOK_ALIKES.get(character);
  if (similar !== undefined) return similar;
  if (/\p{Zs}/u.test(character)) return " ";
  const [base = ""] = character.normalize("NFKD");
  return base < "\u007f" ? base : LOOK_ALIKES.get(base);
}

/** Look-alikes of ASCII characters beyond Unicode's compatibility forms (NFKD). */
const GROUPS: Record<string, string> = {
  a: "аαɑᴀ",
  b: "ЬƄ",
  c: "сϲᴄ",
  d: "ԁɗᴅđ",
  e: "еєҽ℮ᴇ",
  f: "ғƒ",
  g: "ɡց",
  h: "һհ",
  i: "іɩıι",
  j: "јϳ",
  k: "кκᴋ",
  l: "ӏℓł",
  m: "мᴍ",
  n: "ոռᴎ",
  o: "оοօσᴏø",
  p: "рρᴘ",
  q: "ԛգ",
  r: "гᴦ",
  s: "ѕꜱ",
  t: "тτᴛ",
  u: "υսᴜ",
  v: "ѵνᴠ",
  w: "ԝшωᴡ",
  x: "хχ",
  y: "уγү",
  z: "ᴢ",
  A: "АΑ",
  B: "ВΒ",
  C: "СϹ",
  D: "Ꭰ",
  E: "ЕΕ",
  G: "Ԍ",
  H: "НΗ",
  I: "ІΙӀ",
  J: "Ј",
  K: "КΚ",
  M: "МΜ",
  N: "Ν",
  O: "ОΟՕ",
  P: "РΡ",
  Q: "Ԛ",
  S: "ЅՏ",
  T: "ТΤ",
  U: "Ս",
  V: "Ѵ",
  W: "Ԝ",
  X: "ХΧ",
  Y: "ҮΥ",
  Z: "Ζ",
  "-": "‐‑‒–—―",
  ":": "∶",
};

const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries(GROUPS).flatMap(([ascii, similar]) =>
    [...similar].map((character): [string, string] => [character, ascii]),
  ),
);
