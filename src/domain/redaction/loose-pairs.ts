import { quotedAt, type Extent } from "./extents.ts";
import { FOREIGN_NAMES } from "./foreign-names.ts";
import { match } from "./match.ts";
import type { Name } from "./name-in-text.ts";
import { kindOf } from "./names.ts";
import { accepted, checked } from "./secret-value.ts";

/** The next cell of a table's row. */
const CELL = /[^\S\r\n]{1,64}[|│┃][^\S\r\n]{1,64}/y;
const BLANK = /[^\S\r\n]{1,64}/y;
const OPTION = /(?:^|[\s"'([,])(?:--?|\/)$/;

/**
 * The value of a name without a separator: of an option, in a table's cell, in a sentence. In prose only quoted or
 * generated-looking values are taken.
 */
export function behindBlank(text: string, name: Name, after: number): Extent[] | undefined {
  const foreign = FOREIGN_NAMES.has(name.text.toLowerCase())
    ? behindForeign(text, name, after)
    : undefined;
  if (foreign) return foreign;
  const cell = match(CELL, text, after);
  if (cell !== undefined)
    return checked(text, name, cell, name.kind === "password" ? "loose" : "said");
  const at = match(BLANK, text, after);
  if (at === undefined) return undefined;
  const before = text.slice(Math.max(0, name.start - 48), name.start);
  if (OPTION.test(before)) {
    return text[at] === "-" ? undefined : checked(text, name, at, "option", /^[a-z]{2,}$/);
  }
  if (/\b(?:login|user|account)\s\S{1,40}\s$/.test(before) && name.text === "password") {
    return checked(text, name, at, "assigned");
  }
  // /users/17/password HTTP/1.1
  if (before.endsWith("/")) return undefined;
  const isTabbed = text.slice(after, at).includes("\t");
  if (name.kind !== "password") {
    // The column beside that of the names.
    if (isTabbed && name.kind !== "code" && kindOf(name.text) !== "none") {
      return checked(text, name, at, "said");
    }
    const isOfSession =
      name.kind === "code" ||
      kindOf(name.text) === "none" ||
      /^pass$|sess|sid|cookie|auth|sig/i.test(name.text);
    return isOfSession ? undefined : longOnly(text, checked(text, name, at, "loose"));
  }
  // SQL's own word: CREATE ROLE app PASSWORD 'x'
  if (name.text === "PASSWORD" && /^\\{0,7}'/.test(text.slice(at, at + 8))) {
    return checked(text, name, at, "assigned");
  }
  return checked(text, name, at, isTabbed ? "said" : "loose") ?? ofPerson(text, name, after);
}

const LONG = 16;

/** "token 0f1e2d…": without a sign between them only a long value. */
function longOnly(text: string, found: Extent[] | undefined): Extent[] | undefined {
  const [first] = found ?? [];
  if (!first || (!first.quoted && first.end - first.start < LONG)) return undefined;
  return /^(?=.*\d)(?!.*\.\w+:\d|.*\/.*\.)[\w+/=~.:-]+$/.test(text.slice(first.start, first.end))
    ? found
    : undefined;
}

/** 인증번호 [739204], 验证码（739204） */
const BRACKETED = /\s?[[(【〔]\s?(?=\d)/y;
const PARTICLE = /\s?(?:은|는|이|가|は|が|是|为|為)?\s?/y;

/** パスワード「x」, 密码是x */
function behindForeign(text: string, name: Name, after: number): Extent[] | undefined {
  const stem = name.start + name.text.length;
  const inner = name.kind === "code" ? match(BRACKETED, text, stem) : undefined;
  if (inner !== undefined) {
    const end = match(/[\d -]{3,12}/y, text, inner) ?? inner;
    return accepted(text, name, { start: inner, end, next: end, quoted: true }, "assigned");
  }
  const at = match(PARTICLE, text, stem) ?? after;
  const quoted = quotedAt(text, at);
  if (quoted) return accepted(text, name, quoted, "assigned");
  const end = match(/[\u0021-\u007e]{4,256}/y, text, at);
  if (end === undefined) return undefined;
  return accepted(text, name, { start: at, end, next: end, quoted: false }, "loose");
}

const OF_PERSON =
  /\s(?:for|of|para|de|do|di|pour|fur|von|van)\s(?:the |user |account )?["']?[\w.@+-]{1,64}["']?\s?(?:is|=|:|ist|es)\s{1,3}/y;

/** "Temporary password for alice: x". */
function ofPerson(text: string, name: Name, after: number): Extent[] | undefined {
  const at = match(OF_PERSON, text, after);
  return at === undefined ? undefined : checked(text, name, at, "loose");
}
