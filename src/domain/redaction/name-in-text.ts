import { FOREIGN_NAMES, FOREIGN_ALTERNATIVES } from "./foreign-names.ts";
import { kindOf, type NameKind } from "./names.ts";

/** Stems, of which every relevant name contains one. */
export const STEM = new RegExp(
  `p(?:ass|wd|swd|w\\d?\\b|in\\d?\\b|sk\\b|at\\b|uk\\b)|s(?:ecret|ess|ig\\b|ignature|id\\b|enha|alt\\b|egredo|ifre|as\\b|chl[u\\u00fc])|token|key|cre(?:d|ts)|auth|cookie|jwt|bearer|kennwort|geheim|clave|chave|jeton|contrase|codigo|mdp|parola|haslo|heslo|wachtwoord|losenord|mot de passe|mnemonic|phrase|otp|tan\\b|[kd]ek\\b|[tm]fa\\b|2fa|cvv2?|cvc|code|assertion|saml|hmac|ticket|pepper|macaroon|zugangsdaten|${FOREIGN_ALTERNATIVES}`,
  "gi",
);
const LONGEST_NAME = 64;

/** A name, its position, and the text before it. */
export type Name = { start: number; end: number; text: string; kind: NameKind };

const isNameSign = (code: number) =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 48 && code <= 57) ||
  code === 95 ||
  code === 45 ||
  code === 46 ||
  code === 36;

const PHRASE_BEFORE = /[A-Za-z][A-Za-z-]{1,14}[ -](?:[A-Za-z]{2,10} )?$/;
const FOREIGN_REST =
  /[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]{0,4}(?: 확인| 입력|\([^()\n]{1,10}\))?/y;

/** The whole name around a stem, and how much it says. */
export function nameAt(text: string, at: number, stem: string): Name {
  const foreign = FOREIGN_NAMES.get(stem.toLowerCase());
  if (foreign !== undefined) {
    FOREIGN_REST.lastIndex = at + stem.length;
    FOREIGN_REST.test(text);
    const end = Math.max(at + stem.length, FOREIGN_REST.lastIndex);
    return { start: at, end, text: stem, kind: foreign };
  }
  let start = at;
  while (start > 0 && at - start < LONGEST_NAME && isNameSign(text.charCodeAt(start - 1))) {
    start -= 1;
  }
  let end = at + stem.length;
  while (end - at < LONGEST_NAME && isNameSign(text.charCodeAt(end))) end += 1;
  while (end > at + stem.length && /[-.]/.test(text[end - 1] ?? "")) end -= 1;
  while (start < at && /[-.$]/.test(text[start] ?? "")) start += 1;
  const written = text.slice(start, end);
  const kind = written === "code" ? ofQuery(text, start, end) : kindOf(written);
  if (kind !== "none" && kind !== "secret") return { start, end, text: written, kind };
  // "API key", "client secret", "recovery code": the word before decides.
  const before = PHRASE_BEFORE.exec(text.slice(Math.max(0, start - 28), start))?.[0] ?? "";
  const phrase = before === "" ? kind : kindOf(before + written);
  // "second pass" is no password.
  const isOther = phrase === "none" && written !== "secret";
  return {
    start,
    end,
    text: written,
    kind:
      isOther && before !== "" && written === "pass" ? "none" : phrase === "none" ? kind : phrase,
  };
}

/** OAuth's code in a redirect. */
function ofQuery(text: string, start: number, end: number): NameKind {
  return text[end] === "=" && /[?&]/.test(text[start - 1] ?? "") ? "token" : "none";
}
