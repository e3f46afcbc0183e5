import { extentAt, type Extent } from "./extents.ts";
import { behindBlank } from "./loose-pairs.ts";
import { match } from "./match.ts";
import { nameAt, STEM, type Name } from "./name-in-text.ts";
import { accepted, checked } from "./secret-value.ts";
import type { Spans } from "./spans.ts";

/** Finds values by the names beside them, in any notation. */
export function findPairs(text: string, spans: Spans): void {
  const isMasked = spans.coverage();
  STEM.lastIndex = 0;
  for (let hit; (hit = STEM.exec(text));) {
    const resume = STEM.lastIndex;
    const name = nameAt(text, hit.index, hit[0]);
    STEM.lastIndex = Math.max(resume, name.end);
    // A password in a URL contains no name.
    if (name.kind === "none" || isMasked(name.start, name.end)) continue;
    const value = secretOf(text, name);
    if (!value) continue;
    for (const { start, end } of value) spans.add(start, end);
    STEM.lastIndex = Math.max(STEM.lastIndex, value.at(-1)?.next ?? 0);
  }
}

const CLOSE = /(?:\\{0,7}["'`”’»」])?[\])]?/y;
const SEPARATOR =
  /(?:\s{0,64}(?:=>|:=|->|={1,3}|[→⇒➔➜⟶⟹]|:(?!:))(?:\s?(?:=>|=))?|\s{1,3}(?:is|was|are|ist|lautet|es)(?: now| set to)?(?=[ :])\s?:?|\s(?:has been |was |is )?(?:now )?(?:set |changed |reset |updated )?to(?=\s)|\.{2,40}\s?[:=]|\s\.(?=\s["'])|[\uac00-\ud7a3は]\s?[:=])(?:\s{0,64}(?=(?:string\(\d{1,6}\)\s)?\\{0,7}["'])|[^\S\r\n]{0,64})/y;
const TYPED = /:\s{0,2}&?(?:'static\s)?[A-Za-z][\w<>.?[\] ]{0,30}=\s{0,2}(?=["'`])/y;
/** {"name":"PASSWORD","value":"x"}, name: PASSWORD with value: x in the next line, <add key="Password" value="x"/>. */
const PAIRED =
  /\s{0,4}[,;]?\s{0,32}(?:-\s)?(?:\\{0,7}["'])?(?:value|val|v|content|secret|data|rejectedvalue|newvalue|oldvalue|plaintext|stringvalue|default|defaultvalue)(?:\\{0,7}["'])?\s{0,4}(?:=>|[:=])\s{0,8}/iy;
const NESTED =
  /[{[(]\s{0,8}(?:\\{0,7}["'])?(?:value|s|n|b|data|plain|plaintext|text|string|stringvalue|raw|content|password|secret|\$|_text|val|#text|secretvalue)(?:\\{0,7}["'])?\s{0,4}(?:=>|[:=])\s{0,8}/iy;
/** PHP's serialize: s:8:"password";s:3:"abc"; */
const SERIALIZED = /;s:\d{1,6}:(?=\\{0,7}["'])/y;
/** Spring's "on field 'password': rejected value [x]". */
const REJECTED = /: rejected value \[/y;
/** setPassword("x") */
const CALL = /\(\s?(?=\\{0,7}["'`])/y;
/** RACF's PASSWORD(X) */
const KEYWORD_CALL = /\((?=[^\s()"']{4,64}\))/y;
const GETS =
  /^(?:get|find|fetch|load|read|has|is|check|reset|forgot|lookup|delete|remove|list|create|describe|update|put)(?=[A-Z_])/;
/** <key>password</key><value>x */
const NEXT_ELEMENT =
  /<\/[\w:]{1,20}>\s{0,8}<(?:\w{1,20}:)?(?:value|string|val|data)(?:\s[^<>]{0,80})?>/iy;
const ATTRIBUTES = /(?:\s[^<>]{0,300})?>/y;
const CDATA = /\s{0,8}<!\[CDATA\[/y;
const BLOCK = /[|>][+-]?\d?[+-]?[^\S\r\n]{0,8}(?:\r?\n|\\r?\\n)/y;
const FORM_DATA =
  /\\{0,3}"(?:[^\r\n\\]{0,80})?(?:(?:\r?\n){2}|(?:\\{1,3}r)?\\{1,3}n(?:\\{1,3}r)?\\{1,3}n)/y;
/** Alone and indented in the next line. */
const VALUE_BELOW = /\r?\n[^\S\r\n]{1,16}(?=[^\s:=]{6,64}(?:\s*$|\r?\n))/y;

function secretOf(text: string, name: Name): Extent[] | undefined {
  if (isElement(text, name.start)) {
    const inner = ofElement(text, name);
    if (inner) return inner;
  }
  CLOSE.lastIndex = name.end;
  const close = CLOSE.exec(text)?.[0] ?? "";
  const after = name.end + close.length;
  const quotedName = /["'`]/.test(close);

  const typed = match(TYPED, text, after);
  if (typed !== undefined) return checked(text, name, typed, "assigned");
  const rejected = match(REJECTED, text, after);
  if (rejected !== undefined) {
    const end = text.slice(rejected, rejected + 512).search(/\]|$/) + rejected;
    return accepted(text, name, { start: rejected, end, next: end, quoted: true }, "assigned");
  }
  const serialized = match(SERIALIZED, text, after);
  if (serialized !== undefined) return checked(text, name, serialized, "assigned");
  const call = match(CALL, text, after);
  if (call !== undefined && !GETS.test(name.text)) return checked(text, name, call, "assigned");
  const keyword = /^[A-Z]+$/.test(name.text) ? match(KEYWORD_CALL, text, after) : undefined;
  if (keyword !== undefined && name.kind === "password") {
    const end = text.indexOf(")", keyword);
    return accepted(text, name, { start: keyword, end, next: end, quoted: true }, "assigned");
  }
  const element = match(NEXT_ELEMENT, text, after);
  if (element !== undefined) return textOf(text, name, element);
  const listed = match(/\s?,\s?(?!\\{0,7}["']?-)/y, text, after);
  const before = text.slice(Math.max(0, name.start - 12), name.start);
  if (listed !== undefined && /[\s"'[(,]--?$/.test(before)) {
    return checked(text, name, listed, "assigned");
  }
  const separator = match(SEPARATOR, text, after);
  if (separator !== undefined)
    return behindSeparator(text, name, { after, at: separator, quotedName });
  const isInTuple = text[after] === "," && /[({]/.test(text[name.start - 1] ?? "");
  const found = quotedName || isInTuple ? behindQuotedName(text, name, after) : undefined;
  if (found) return found;
  if (
    /\b(?:name|key|field|param|id)["']?\s{0,2}[:=]\s{0,2}["']?$/i.test(
      text.slice(Math.max(0, name.start - 12), name.start),
    )
  ) {
    const paired = match(PAIRED, text, after);
    const value = paired === undefined ? undefined : checked(text, name, paired, "assigned");
    if (value) return value;
  }
  return behindBlank(text, name, after);
}

function behindSeparator(
  text: string,
  name: Name,
  { after, at, quotedName }: { after: number; at: number; quotedName: boolean },
): Extent[] | undefined {
  const separator = text.slice(after, at);
  const block = separator.includes(":") ? match(BLOCK, text, at) : undefined;
  if (block !== undefined) return indented(text, name, block);
  const nested = match(NESTED, text, at);
  if (nested !== undefined) return checked(text, name, nested, "assigned");
  if (/^\s+(?:is|was|are|ist|lautet|es|to|set|changed|reset|updated)\b/.test(separator)) {
    return /^(?:password|code)$/.test(name.kind) ? checked(text, name, at, "loose") : undefined;
  }
  // arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db
  if (separator === ":" && /:\d{12}:$/.test(text.slice(Math.max(0, name.start - 14), name.start)))
    return undefined;
  // https://token:… is read as a URL.
  if (separator === ":" && text.startsWith("://", name.start - 3)) return undefined;
  // key=session:17 is a key's value.
  if (separator === ":" && text[name.start - 1] === "=" && name.kind === "token") return undefined;
  const below = match(VALUE_BELOW, text, at);
  if (below !== undefined)
    return name.kind === "password" ? checked(text, name, below, "loose") : undefined;
  const tight = !/\s$/.test(separator);
  const assigned = /[=>→➜]/.test(separator) || quotedName || (tight && !/\s/.test(text[at] ?? " "));
  return checked(text, name, at, assigned ? "assigned" : "said");
}

/** "password", "x" in a tuple; "password" value="x"; name="password" and an empty line in a form. */
function behindQuotedName(text: string, name: Name, after: number): Extent[] | undefined {
  const form = match(FORM_DATA, text, name.end);
  if (form !== undefined) {
    const end = text.slice(form, form + 4096).search(/\r|\n|\\r|\\n|--/);
    const stop = end === -1 ? Math.min(text.length, form + 4096) : form + end;
    if (name.kind !== "code" || /^\d+$/.test(text.slice(form, stop)))
      return [{ start: form, end: stop, next: stop, quoted: true }];
  }
  const paired = match(PAIRED, text, after);
  if (paired !== undefined) return checked(text, name, paired, "assigned") ?? [];
  const turned = valueBefore(text, name);
  if (turned) return accepted(text, name, turned, "assigned") && [{ ...turned, next: name.end }];
  const element = match(
    /\s{0,2}>(?:\s{0,8}<(?:\w{1,20}:)?(?:value|string|val|data)(?:\s[^<>]{0,80})?>)?/iy,
    text,
    after,
  );
  if (element !== undefined) return textOf(text, name, element) ?? [];
  const tuple = match(/\s{0,2},\s{0,4}(?=(?:[bBuUrRfFN]|<<)?\\{0,7}["'`])/y, text, after);
  if (tuple === undefined) return undefined;
  const open = text.slice(Math.max(0, name.start - 12), name.start);
  const value = /[([{]\s{0,2}(?:[bu]?\\{0,7}["'])?$/.test(open) ? extentAt(text, tuple) : undefined;
  if (!value || !/^\\{0,7}["'`]\s{0,2}[)\]}>,]/.test(text.slice(value.next, value.next + 12)))
    return undefined;
  const word = text.slice(value.start, value.end);
  // With more than two items it is a list, and the next item may be another name.
  if (/^\\{0,7}["'`]\s{0,2},/.test(text.slice(value.next, value.next + 12)) && !/\d/.test(word))
    return undefined;
  const isField = /^[a-z][a-z_]*$/i.test(word);
  return isField ? undefined : accepted(text, name, value, "assigned");
}

const NAME_IS =
  /\\{0,7}["']\s{0,8}[,;]?\s{0,8}(?:\\{0,7}["'])?(?:name|key|field|param|k|id)(?:\\{0,7}["'])?\s{0,4}[:=]\s{0,4}\\{0,7}["']?$/i;
const VALUE_IS = /value\\{0,7}["']?\s{0,4}[:=]\s{0,4}\\{0,7}["']/iy;
const FURTHEST_BEFORE = 300;

/** {"value":"x","name":"PASSWORD"} */
function valueBefore(text: string, name: Name): Extent | undefined {
  const from = Math.max(0, name.start - FURTHEST_BEFORE);
  const before = text.slice(from, name.start);
  const end = NAME_IS.exec(before)?.index;
  if (end === undefined) return undefined;
  const start = match(VALUE_IS, before, before.toLowerCase().lastIndexOf("value", end));
  if (start === undefined || start > end) return undefined;
  return { start: from + start, end: from + end, next: name.end, quoted: true };
}

/** <password>, <ns:password …>, <password/>; also escaped. */
function isElement(text: string, start: number): boolean {
  return /<(?:[\w-]{1,20}:)?$/.test(text.slice(Math.max(0, start - 22), start));
}

function ofElement(text: string, name: Name): Extent[] | undefined {
  const open = match(ATTRIBUTES, text, name.end);
  return open === undefined || text[open - 2] === "/" ? undefined : textOf(text, name, open);
}

function textOf(text: string, name: Name, at: number): Extent[] | undefined {
  const data = match(CDATA, text, at);
  const start = data ?? at;
  const closing = text.indexOf(data === undefined ? "<" : "]]>", start);
  if (closing === -1) return checked(text, name, start, "assigned");
  if (closing - start > 8192) return undefined;
  const extent = { start, end: closing, next: closing, quoted: true };
  const value = text.slice(start, closing);
  const inner = {
    ...extent,
    start: start + value.length - value.trimStart().length,
    end: closing - (value.length - value.trimEnd().length),
  };
  return accepted(text, name, inner, "assigned");
}

const BLOCK_LINE = /([^\S\r\n]{0,64})[^\r\n\\]{0,4096}(?:\r?\n|(?:\\r)?\\n|$)/y;
const MOST_LINES = 64;

/** A YAML block: the following lines with the first one's indentation. */
function indented(text: string, name: Name, at: number): Extent[] | undefined {
  let end = at;
  let least = 1;
  for (let line = 0; line < MOST_LINES && end < text.length; line += 1) {
    BLOCK_LINE.lastIndex = end;
    const [written = "", blanks = ""] = BLOCK_LINE.exec(text) ?? [];
    if (written === "" || (blanks.length < least && /^[^\S\r\n]*[^\s\\]/.test(written))) break;
    if (line === 0) least = blanks.length;
    end += written.length;
  }
  if (end === at) return undefined;
  const block = text.slice(at, end);
  const start = at + block.length - block.trimStart().length;
  const stop = at + block.replace(/(?:\s|\\r|\\n)+$/, "").length;
  return accepted(text, name, { start, end: stop, next: stop, quoted: true }, "assigned");
}
