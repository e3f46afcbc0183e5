import { HARMLESS_WORDS, SMALL_WORDS } from "./harmless-words.ts";
import type { NameKind } from "./names.ts";

/** The notation of a value: `assigned` (= or quotes), `option`, `said` (after a colon), `loose` (after a blank). */
export type Bond = "assigned" | "option" | "said" | "loose";

export type Candidate = {
  value: string;
  kind: NameKind;
  bond: Bond;
  quoted: boolean;
  /** The beginning of the rest of the line. */
  rest: string;
};

/** Whether to mask the value. */
export function isSecret({ value, kind, bond: stands, quoted, rest }: Candidate): boolean {
  const bond = stands === "option" ? "assigned" : stands;
  if (isPlaceholder(value)) return false;
  if (kind === "code")
    return /^\d(?:[ -]?\d){2,9}$/.test(value) || (value.length >= 6 && looksMade(value));
  if (isHarmlessWord(value) || isCode(value)) return false;
  // Command lines contain no prose: --passphrase "owl in the barn".
  if (quoted && stands !== "option" && isSentence(value)) return false;
  if (kind === "password") {
    if (bond === "loose") return quoted ? !/^[A-Za-z_]*$/.test(value) : looksMixed(value);
    if (isPath(value) || /^https?:\/\/[^@]*$/.test(value)) return false;
    if (/^\d{1,3}$/.test(value)) return false;
    if (bond === "said" && /^[a-z_]{3,20}=(?:true|false|yes|no|null|none|\d{1,4})$/i.test(value))
      return false;
    return bond === "assigned" || quoted || !isProse(value, rest);
  }
  if (/^-?[\d.,]+$/.test(value)) return bond === "assigned" && /^\d{8,}$/.test(value);
  // A Kubernetes object's name, not its content: secret=app-tls namespace=prod
  if (kind === "secret" && isNameLike(value) && /\b(?:namespace|ns|pod|kind)\b/.test(rest))
    return false;
  if (kind === "secret" && bond === "assigned") return value.length >= 4 && !isKnownOther(value);
  if (kind === "secret" && bond === "said") return looksMixed(value) || looksMade(value);
  if (bond === "assigned" && /^(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{8,}$/.test(value)) {
    return !isKnownOther(value);
  }
  return looksMade(value);
}

const PLACEHOLDERS = [
  /^[*•·●xX#_.?-]+$/,
  /^<[^<>\r\n]{1,80}>$/,
  /^\[(?:[A-Z][\w: -]{2,40}|[a-z]{4,10}(?: [A-Za-z]{1,20}){0,3}|\*+)\]$/,
  /^\((?:[a-z]{2,12}(?: [a-z]{1,12}){0,3}|\*+)\)$/i,
  /^\$?\{[^{}\r\n]{0,120}\}$/,
  /^[#$%]?\{\{?[^{}\r\n]{0,120}\}\}?$/,
  /^\$\([^()\r\n]{1,120}\)$/,
  /^\$[A-Z_][A-Z0-9_]*$/,
  /^\$(?:\d|env:\w+|\w+\.\w[\w.]*)$/i,
  /^%[A-Za-z_]{1,40}%$/,
  /^%[-\d.]*[a-z]$/,
  /^[:@][a-z_]\w{0,40}$/,
  /^\{?\d?\}?$/,
  /^\[\s*\]$/,
  /^!(?:Ref|Sub|GetAtt|vault|reference|secret|env|include)\b/,
];

function isPlaceholder(value: string): boolean {
  if (value === "") return true;
  if (PLACEHOLDERS.some((pattern) => pattern.test(value))) return true;
  return isMaskedInPart(value);
}

/** Another program's mask: "sk-****cdef". */
function isMaskedInPart(value: string): boolean {
  if (!/\*{3}|•{3}|x{6}|X{6}|\.{3}$/.test(value)) return false;
  return value.replace(/[*•xX.]/g, "").length <= 8 && /\*{3}|•{3}|[xX]{6}/.test(value);
}

const CJK_ONLY = /^[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3\u3001\u3002\s。、,.!~…]+$/;

function isHarmlessWord(value: string): boolean {
  if (value.length > 120) return false;
  if (CJK_ONLY.test(value) || /^\d{1,3}[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]+$/.test(value))
    return true;
  // Cyrillic letters alone are prose: passwords are typed on Latin keys.
  if (/^[\p{L}\s,.!-]+$/u.test(value) && /[\u0400-\u04ff]{2}/.test(value)) return true;
  const word = value.toLowerCase().replace(/^[([{<]+|[)\]}>.,;:!?'"…]+$/g, "");
  return (
    HARMLESS_WORDS.has(word) || HARMLESS_WORDS.has(word.replace(/'/g, "")) || isListOfWords(word)
  );
}

/** "not_found", "NOT-FOUND", "EXPIRED/REVOKED", "sha256WithRSA". */
function isListOfWords(word: string): boolean {
  const parts = word.split(/[\s_/.|-]+/);
  if (parts.length > 1) return parts.every((part) => part !== "" && HARMLESS_WORDS.has(part));
  return /^(?:sha\d{1,3}|md5|hs\d{3}|rs\d{3})with\w{2,12}$|^(?:sha|aes|rsa|utf|md|hs|rs|es|oauth|http|ipv|base)-?\d{1,4}$/.test(
    word,
  );
}

/** Several words with a small word among them, or beginning with a harmless one. */
function isSentence(value: string): boolean {
  if (value.length > 400 || !/\s/.test(value)) return false;
  const words = value
    .toLowerCase()
    .split(/[\s,.:;!?()"'`]+/)
    .filter(Boolean);
  const plain = words.filter((word) => /^[a-z\u00c0-\u024f-]+$/.test(word)).length;
  if (words.length < 2 || plain < words.length - 2) return false;
  const known = words.filter((word) => HARMLESS_WORDS.has(word)).length;
  if (words.length <= 3) return known === words.length;
  return HARMLESS_WORDS.has(words[0] ?? "") && known * 2 >= words.length
    ? true
    : words.length >= 4 && words.filter((word) => SMALL_WORDS.has(word)).length >= 2;
}

/** Prose after a colon: a plain first word, then small words. */
function isProse(value: string, rest: string): boolean {
  if (!/^[A-Za-z'-]+[,.;:]?$/.test(value)) return false;
  const next =
    rest
      .toLowerCase()
      .match(/[a-z']+/g)
      ?.slice(0, 6) ?? [];
  // "passwd: password unchanged"
  if (/^(?:pass(?:word|wd)|token|secret|key)s?$/i.test(value) && HARMLESS_WORDS.has(next[0] ?? ""))
    return true;
  if (next.length < 2 || !/^\s+[A-Za-z]/.test(rest)) return false;
  // These words after it speak about the password: "password: hunter was refused".
  return (
    /^[A-Z]?[a-z']+s?$/.test(value) &&
    next.slice(0, 4).filter((word) => SMALL_WORDS.has(word)).length >= 2
  );
}

/** Code that reads a secret from elsewhere, or a type. */
function isCode(value: string): boolean {
  return (
    /^(?:process\.env|os\.(?:environ|getenv)|env\b|ENV\[|System\.getenv|getenv|config\.|self\.|this\.|args\.|options\.|settings\.|secrets\.|var\.|local\.|data\.|module\.|params\.|request\.|req\.|Deno\.env|import\.meta|vault:|vault kv|ref\+|op:\/\/|sm:\/\/|arn:aws|projects\/|\$\{\{|file:|env:|keyvault|@Microsoft\.KeyVault|ssm:|secretsmanager|awssm|gcpsm|azurekv)/.test(
      value,
    ) ||
    /^(?:(?:java|javax|com|org|io|net|dev|kotlin|scala|sun|jdk|app|src|lib|config|settings)\.|(?=\D*$)[a-z]\w*\.)(?:[a-z]\w*\.){1,}[A-Za-z_$][\w$]*(?:@[0-9a-f]{1,8})?$/.test(
      value,
    ) ||
    /^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Exception|Error|String|Impl|Provider|Encoder|Service|Filter|Handler)(?:@[0-9a-f]{1,8})?$/.test(
      value,
    ) ||
    /^(?:[A-Za-z_]\w*\.)*[A-Z]\w*@[0-9a-f]{1,8}$/.test(value) ||
    /^[a-z_]\w*(?:\.\w+)*\(\)?$/i.test(value) ||
    /^[a-z]*_[a-z_]+\([a-z_]*\)?$/.test(value)
  );
}

export function isPath(value: string): boolean {
  return /^(?:~|\.{1,2})?(?:\/[\w.@+-]+){2,}\/?$|^[A-Za-z]:[\\/][\w\\/. -]*$|^(?:~|\.{1,2})\/[\w.@+/-]*$|^[\w.-]+(?:\/[\w.-]+)*\/[\w-]+\.(?:pem|key|crt|cer|jks|p12|pfx|txt|ya?ml|json|env|conf|ini|properties)$/.test(
    value,
  );
}

/** Values that are no token: addresses, dates, versions, compound names. */
function isKnownOther(value: string): boolean {
  return (
    isPath(value) ||
    /^[a-z][a-z0-9+.-]{1,19}:\/\//i.test(value) ||
    /^\d{4}-\d\d-\d\d(?:[T ]|$)/.test(value) ||
    /^v?\d+(?:\.\d+){1,3}(?:-[\w.]+)?$/.test(value) ||
    /^\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?$/.test(value) ||
    /^(?:0x[\da-f]{1,16}|\d+(?:ms|s|m|h|d|kb|mb|gb|b)?)$/i.test(value) ||
    /^(?:[a-z][a-z0-9-]*\.){1,6}[a-z]{2,12}(?::\d{1,5})?(?:\/|$)/.test(value)
  );
}

/**
 * Words and short numbers joined by hyphens, underscores, dots or slashes in one spelling style: a name made by a
 * person ("orders-db-17", "Orders-Db"; not "marsh-Wren-88").
 */
function isNameLike(value: string): boolean {
  const parts = value.split(/[-_./:]/);
  if (parts.length === 1)
    return /^[a-z]+\d{0,2}$|^[A-Z][a-z]+\d{0,2}$|^[A-Z_]+$/.test(value) && value.length < 16;
  if (!parts.every((part) => /^[A-Za-z]{0,14}\d{0,4}$/.test(part))) return false;
  const words = parts.filter((part) => /[A-Za-z]/.test(part));
  const isMixed =
    words.length > 1 &&
    /\d/.test(value) &&
    !STYLES.some((style) => words.every((word) => style.test(word)));
  return !isMixed;
}

const STYLES = [/^[a-z]+\d*$/, /^[A-Z]+\d*$/, /^[A-Z]\w*$/, /^[a-z]\w*$/];

/** A long enough word with a digit or sign: "hunter2", "Xy7!kk2p"; not "sha256", "v1.2", "node-17". */
function looksMixed(value: string): boolean {
  if (value.length < 6 || value.length > 4096 || isKnownOther(value)) return false;
  if (!/[A-Za-z\u0080-\uffff]/.test(value) || !/[\d!@#$%^&*+=?~]/.test(value)) return false;
  if (/[=:]/.test(value.slice(1, -1)) && /^[\w.-]+[=:]/.test(value)) return false;
  if (value.includes("-") && isNameLike(value)) return false;
  if (/^[a-z]{2,12}\(\d{1,5}(?:,\s?\d{1,5})?\)/i.test(value)) return false;
  return !/^(?:[a-z]+\.)*[\w.+-]+@[\w-]+\.[\w.]+$/i.test(value);
}

/** Long enough, with letters and digits in a mix that no word has. */
export function looksMade(value: string): boolean {
  if (value.length < 8 || isKnownOther(value)) return false;
  if (value.length > 2048) return true;
  if (/\s/.test(value) && !/^[A-Za-z]{3,12} [\w.~+/=-]{8,}$/.test(value)) return false;
  const letters = /[A-Za-z]/.test(value);
  const digits = /\d/.test(value);
  // A licence key: groups of equal length.
  if (digits && /^(?:[A-Z0-9]{4,8}-){3,8}[A-Z0-9]{4,8}$/.test(value)) return true;
  if (digits && letters) return !isNameLike(value) || /^[0-9a-f]{16,}$/i.test(value);
  if (digits) return /^\d{8,}$/.test(value);
  return letters && looksRandom(value);
}

/** Letters without digits: consonant runs as in no word, or cases mixed as in no name. */
function looksRandom(value: string): boolean {
  const plain = value.replace(/[^A-Za-z]/g, "");
  if (plain.length < 12) return false;
  if (/[+/=]/.test(value) && plain.length >= 16 && /[a-z][A-Z]/.test(value)) return true;
  if (
    /[-_.]/.test(value) &&
    value.split(/[-_.]/).every((part) => /^[A-Za-z]?[a-z]*$|^[A-Z]*$/.test(part))
  ) {
    return false;
  }
  const changes = plain.match(/[a-z][A-Z]|[A-Z]{2}[a-z]/g)?.length ?? 0;
  if (changes * 4 >= plain.length) return true;
  return (
    plain.length >= 16 && (/[^aeiouy]{6}/i.test(plain) || /^[a-z]{16,}$|^[A-Z]{16,}$/.test(value))
  );
}
