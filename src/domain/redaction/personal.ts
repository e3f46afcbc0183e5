import { quotedAt } from "./extents.ts";
import type { Spans } from "./spans.ts";

/** E-mail addresses, card numbers, phone numbers, Korean resident registration numbers and IBANs. */
export function findPersonal(text: string, spans: Spans): void {
  findEmails(text, spans);
  if (!/\d\D{0,4}\d\D{0,4}\d\D{0,4}\d/.test(text)) return;
  findNumbers(text, spans);
  findBankAccounts(text, spans);
  findNamedPhones(text, spans);
}

/** Each with a quick pre-check. */
const EMAILS: [hint: RegExp, form: RegExp][] = [
  // Plain, percent-encoded, quoted-printable; in any script.
  [
    /@|%40|%2540|=40/,
    /(?:"[^"\r\n\\]{1,64}"|[\p{L}\p{N}_.!#$&'+/=?^`{|}~-][\p{L}\p{N}_.!#$%&'+/=?^`{|}~-]{0,63})(?:@|%40|=40|%2540)(?:(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})(?:\.|%2[eE])){1,8}(?:xn--[a-z0-9-]{2,40}|\p{L}{2,24})|\[\d{1,3}(?:\.\d{1,3}){3}\])/giu,
  ],
  // ann (at) example (dot) org
  [
    /[([{<]at[)\]}>]/i,
    /[\w.+-]{1,64}\s?(?:\(at\)|\[at\]|\{at\}|<at>)\s?[\w-]{1,63}(?:(?:\s?(?:\(dot\)|\[dot\]|\{dot\}|<dot>)\s?|\.)[\w-]{2,63}){1,4}/gi,
  ],
  [
    / dot /i,
    /[\w.+-]{1,64} at [\w-]{1,63}(?: dot [\w-]{2,63}){0,3} dot (?:com|org|net|edu|gov|info|dev|app|io|co|kr|jp|cn|de|fr|es|it|nl|uk|eu|us|ca|au|in|br|ch|at|se)\b/gi,
  ],
];
const NO_MAILBOX = /^(?:git|hg|svn)@|@\d(?:\.\d)?x\.(?:png|jpe?g|gif|webp|svg|avif)$/i;

function findEmails(text: string, spans: Spans): void {
  for (const [hint, pattern] of EMAILS) {
    if (!hint.test(text)) continue;
    pattern.lastIndex = 0;
    for (let found; (found = pattern.exec(text));) {
      const [address] = found;
      if (NO_MAILBOX.test(address)) continue;
      const shown = /^[^@]*[=?&/{|`'*]+(?=[^=?&/{|`'*@]+(?:@|%40))/.exec(address)?.[0].length ?? 0;
      spans.add(found.index + shown, found.index + address.length);
    }
  }
}

/** Digits with separators; count and check digits decide what they are. */
const NUMBER =
  /(?<![\w.+*]|\w-|\d:)(?:\+|\()?\d(?:(?:[ \t._/+\u00b7\u2010-\u2015-]|%20|\\u00a0|[()]){0,3}\d){6,22}(?!\w|[ .-]?\d|-\w)/g;

function findNumbers(text: string, spans: Spans): void {
  NUMBER.lastIndex = 0;
  for (let found; (found = NUMBER.exec(text));) {
    // A bracket around the whole is not part of the number.
    const around = found[0].startsWith("(") && !found[0].includes(")") ? 1 : 0;
    found.index += around;
    const written = found[0].slice(around);
    if (isCard(written) || isResident(written) || isPhone(written)) {
      spans.add(found.index, found.index + written.length);
      continue;
    }
    const inner = withinOf(written);
    if (inner) spans.add(found.index + inner.start, found.index + inner.end);
  }
}

/** A card or a resident's number beside another number: "2024 4111 1111 1111 1111". */
function withinOf(written: string): { start: number; end: number } | undefined {
  const groups = [...written.matchAll(/\d+/g)];
  for (let first = 0; first < groups.length; first += 1) {
    let digits = 0;
    for (let last = first; last < groups.length; last += 1) {
      const [from, to] = [groups[first], groups[last]];
      if (!from || !to) break;
      digits += to[0].length;
      if (digits > LONGEST_CARD) break;
      if (digits < SHORTEST_CARD || (first === 0 && last === groups.length - 1)) continue;
      const end = to.index + to[0].length;
      const part = written.slice(from.index, end);
      if (isCard(part) || isResident(part)) return { start: from.index, end };
    }
  }
  return undefined;
}

const SHORTEST_CARD = 12;
const LONGEST_CARD = 19;
const digitsOf = (written: string) => written.replace(/%20|\\u00a0/g, "").replace(/\D/g, "");

/** Issuer ranges (ISO/IEC 7812) with lengths: one in ten other long numbers passes the check digit. */
const ISSUERS =
  /^(?:4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0|6|8|9)\d{12,17}|35\d{14}|(?:6011|64[4-9]|65|62|81|82)\d{12,17}|(?:50|5[6-9]|6\d)\d{10,17}|9\d{15})$/;

function isCard(written: string): boolean {
  const digits = digitsOf(written);
  if (digits.length < SHORTEST_CARD || digits.length > LONGEST_CARD || !ISSUERS.test(digits))
    return false;
  if (/^\+|%|[()]/.test(written.replaceAll("%20", "")) || /^(\d)\1+$/.test(digits)) return false;
  if (/^\d{1,3}(?:\.\d{1,3}){3}/.test(written)) return false;
  return luhn(digits) === 0;
}

/** Luhn's sum modulo ten. */
function luhn(digits: string): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10;
}

const WEIGHTS = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];

/** YYMMDD, a digit of sex and century, six more. Numbers issued since October 2020 have no check digit. */
function isResident(written: string): boolean {
  const [, birth = "", sign = "", serial = ""] =
    /^(\d{6})([ -]{0,3})([0-9]\d{6})$/.exec(written) ?? [];
  if (birth === "" || !isDate(birth)) return false;
  if (!/^[1-8]/.test(serial)) return false;
  if (sign !== "") return true;
  const digits = [...birth, ...serial].map(Number);
  const sum = WEIGHTS.reduce((all, weight, i) => all + weight * (digits[i] ?? 0), 0);
  return (11 - (sum % 11)) % 10 === digits[12];
}

function isDate(birth: string): boolean {
  const month = Number(birth.slice(2, 4));
  const day = Number(birth.slice(4, 6));
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

const PHONES = [
  // +82 10-1234-5678, +1 (555) 123-4567
  /^\+[1-9]\d{0,3}(?:[ ().\-/]{0,2}\d){8,13}$/,
  // 0082 10 1234 5678
  /^00[1-9]\d{1,2}(?:[ ().\-/]{1,3}\d{1,5}){2,6}$/,
  // 010-1234-5678, 02-123-4567, 0505 123 4567; without signs only a mobile one
  /^\(?0(?:1[016-9]|2|[3-6]\d|70|80|50\d)\)?([ .-])\s?\d{3,4}\1\d{4}$/,
  /^01[016-9]\d{7,8}$/,
  /^0(?:2|[3-6]\d)\)\s?\d{3,4}-\d{4}$/,
  // (555) 123-4567, 555-123-4567, 1-800-555-0199
  /^(?:1[ .-])?(?:\([2-9]\d{2}\)[ .-]?|[2-9]\d{2}[ -])\d{3}[ -]\d{4}$/,
  /^(?:1\.)?[2-9]\d{2}\.\d{3}\.\d{4}$/,
  // 138-0013-8000
  /^1[3-9]\d[ -]\d{4}[ -]\d{4}$/,
  // 06 12 34 56 78, 090-1234-5678, 020 7946 0958, 07700 900123, (0)30 1234567
  /^0\d(?:[ .-]\d\d){4}$/,
  /^\(?0\d{1,4}\)?(?:[ -]| ?\/ ?)\d{3,8}(?:[ -]\d{3,6}){0,2}$/,
];

function isPhone(written: string): boolean {
  const digits = digitsOf(written).length;
  if (digits < 8 || digits > 15 || /^\d{4}[-./]\d\d[-./]\d\d/.test(written)) return false;
  return PHONES.some((phone) => phone.test(written.replaceAll("%20", " ")));
}

const IBAN = /\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,32}(?![A-Za-z0-9])/g;
const IBAN_LENGTHS: Record<string, number> = Object.fromEntries(
  `AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27
  GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27
  MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23
  TN24 TR26 UA29 VA22 VG24 XK20`
    .split(/\s+/)
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

function findBankAccounts(text: string, spans: Spans): void {
  IBAN.lastIndex = 0;
  for (let found; (found = IBAN.exec(text));) {
    const length = ibanLength(found[0]);
    if (length > 0) spans.add(found.index, found.index + length);
    else IBAN.lastIndex = found.index + 2;
  }
}

/** The length of the IBAN (ISO 13616: length by country, modulo 97); words may follow it. */
function ibanLength(written: string): number {
  const wanted = IBAN_LENGTHS[written.slice(0, 2).toUpperCase()];
  if (wanted === undefined) return 0;
  let length = 0;
  let compact = "";
  while (compact.length < wanted && length < written.length) {
    const sign = written[length] ?? "";
    if (/[A-Za-z0-9]/.test(sign)) compact += sign.toUpperCase();
    length += 1;
  }
  if (compact.length < wanted || /[A-Za-z0-9]/.test(written[length] ?? "")) return 0;
  const digits = (compact.slice(4) + compact.slice(0, 4)).replace(/[A-Z]/g, (letter) =>
    String(letter.charCodeAt(0) - 55),
  );
  return BigInt(digits) % 97n === 1n ? length : 0;
}

const NAMED_PHONE =
  /(?:phone|mobile|\btel|telephone|cell|fax|msisdn|whatsapp|sms[_ -]?to|handy(?:nummer)?|telefon|telefono|전화(?:번호)?|휴대(?:폰|전화)|핸드폰|연락처|電話(?:番号)?|携帯|手机号?码?|电话)(?:[_ -]?(?:number|no|num|nr))?(?:\\{0,7}["'])?\]?\s{0,3}(?:=>|[:=#])\s{0,3}/gi;
const NUMBERS = /\+?\(?\d(?:[ ().\-/]{0,3}\d){6,15}/y;

/** Digits that are a phone number only by their name. */
function findNamedPhones(text: string, spans: Spans): void {
  NAMED_PHONE.lastIndex = 0;
  while (NAMED_PHONE.test(text)) {
    const start = quotedAt(text, NAMED_PHONE.lastIndex)?.start ?? NAMED_PHONE.lastIndex;
    NUMBERS.lastIndex = start;
    if (NUMBERS.test(text)) spans.add(start, NUMBERS.lastIndex);
  }
}
