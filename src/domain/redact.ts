import { findCommandPasswords } from "./redaction/commands.ts";
import { findForms } from "./redaction/forms.ts";
import { findHeaders } from "./redaction/headers.ts";
import { findPairs } from "./redaction/pairs.ts";
import { findPersonal } from "./redaction/personal.ts";
import { Spans } from "./redaction/spans.ts";
import { findUrlPasswords } from "./redaction/urls.ts";
import { entityView, foldedView, percentView, type View } from "./redaction/view.ts";
import { kindOf } from "./redaction/names.ts";

/** Raised with each change of what is masked: stamps name it. */
export const MASK_RULES = 2;

/** What is masked before a text is sent to an embedder. */
export type Redaction = "secrets" | "pii" | "off";

/** Masks secrets (with `pii` also personal data) in a text. Linear in the text's length, and idempotent. */
export function redact(text: string, redaction: Redaction): string {
  if (redaction === "off") return text;
  const masked = maskInViews(text, findSecrets);
  // After the secrets: the end of a password in a URL and its host look like a mail address.
  return redaction === "pii" ? maskInViews(masked, findPersonal) : masked;
}

type Find = (text: string, spans: Spans) => void;

/** In the text as written, and with its HTML entities and percent-encoding decoded. */
function maskInViews(text: string, find: Find): string {
  let masked = masking(text, foldedView(text), find);
  const entities = entityView(masked);
  if (entities) masked = masking(masked, entities, find);
  const percent = percentView(masked);
  return percent ? masking(masked, percent, find) : masked;
}

function masking(text: string, view: View, find: Find): string {
  const spans = new Spans();
  find(view.text, spans);
  return spans.isEmpty ? text : spans.mask(text, view.toOriginal);
}

function findSecrets(text: string, spans: Spans): void {
  findKeyBlocks(text, spans);
  findUrlPasswords(text, spans);
  findHeaders(text, spans);
  findCommandPasswords(text, spans);
  if (/\binto\s/i.test(text)) findInserted(text, spans);
  findForms(text, spans);
  findPairs(text, spans);
}

const COLUMNS = /\binto\s+[\w."`[\]$]{1,130}\s*\(([^()]{1,2000})\)\s*values?\s*(?=\()/gi;
const ROW = /\s*,?\s*\(/y;
const VALUE =
  /\s*(?:N?'((?:[^'\\]|''|\\.){0,4096})'|"((?:[^"\\]|\\.){0,4096})"|[^,()'"]{0,256}(?:\([^()]{0,256}\))?)\s*(,|\)|$)/y;
const MOST_ROWS = 100;

/** INSERT INTO users (name, password) VALUES ('bob', 'x'): the columns' names say which values are secret. */
function findInserted(text: string, spans: Spans): void {
  COLUMNS.lastIndex = 0;
  for (let insert; (insert = COLUMNS.exec(text));) {
    const secret = (insert[1] ?? "").split(",").map((column) => {
      const kind = kindOf(column.replace(/["`[\]\s]/g, ""));
      return kind === "password" || kind === "secret" || kind === "token";
    });
    if (secret.includes(true))
      COLUMNS.lastIndex = findInRows(text, COLUMNS.lastIndex, secret, spans);
  }
}

function findInRows(text: string, from: number, secret: readonly boolean[], spans: Spans): number {
  let at = from;
  for (let row = 0; row < MOST_ROWS; row += 1) {
    ROW.lastIndex = at;
    if (!ROW.test(text)) return at;
    at = ROW.lastIndex;
    for (const isSecret of secret) {
      VALUE.lastIndex = at;
      const value = VALUE.exec(text);
      if (!value) return at;
      const [all, single, double, end] = value;
      const written = single ?? double;
      if (isSecret && written !== undefined && written !== "") {
        const start = at + all.search(/['"]/) + 1;
        spans.add(start, start + written.length);
      }
      at = VALUE.lastIndex;
      if (end !== ",") break;
    }
  }
  return at;
}

const BEGIN = /-{4,5} ?BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g;
const END = /-{4,5} ?END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g;
/** Signs of a real key: a line end, or letters that no prose has. */
const OF_KEY = /\n|\\n|\\r|[A-Za-z0-9+/=]{20}|\b(?:MI[GI]|b3Bl)[A-Za-z0-9+/=]{4}/;

/** Private keys in PEM, PGP and SSH2, to their end or to the end of a cut text. */
function findKeyBlocks(text: string, spans: Spans): void {
  if (text.includes("PRIVATE KEY")) findPrivateKeys(text, spans);
  if (text.includes("PuTTY-User-Key-File")) findPuttyKeys(text, spans);
  if (text.includes("LS0t")) findEncodedKeys(text, spans);
  if (text.includes('kty"')) findWebKeys(text, spans);
}

function findPrivateKeys(text: string, spans: Spans): void {
  BEGIN.lastIndex = 0;
  for (let begin; (begin = BEGIN.exec(text));) {
    END.lastIndex = BEGIN.lastIndex;
    const end = END.exec(text);
    const stop = end ? END.lastIndex : text.length;
    const body = text.slice(BEGIN.lastIndex, end ? end.index : stop);
    if (OF_KEY.test(end ? body : body.slice(0, 64))) {
      spans.add(begin.index, stop);
      BEGIN.lastIndex = stop;
    } else if (!end) return;
  }
}

const PRIVATE_LINES = /Private-Lines: ?\d+(?:\r?\n|(?:\\r)?\\n)/g;
const PUTTY_END = /Private-MAC: ?[0-9a-f]*/g;

function findPuttyKeys(text: string, spans: Spans): void {
  PRIVATE_LINES.lastIndex = 0;
  while (PRIVATE_LINES.test(text)) {
    const start = PRIVATE_LINES.lastIndex;
    // Already masked.
    if (text.startsWith("***", start)) continue;
    PUTTY_END.lastIndex = start;
    const stop = PUTTY_END.test(text) ? PUTTY_END.lastIndex : text.length;
    spans.add(start, stop);
    PRIVATE_LINES.lastIndex = stop;
  }
}

/** "-----BEGIN … PRIVATE KEY" in base64, as Kubernetes shows it. */
const ENCODED =
  /LS0tLS1CRUdJTi(?:BSU0Eg|BQUklW|BFQyBQ|BPUEVO|BFTkNS|BEU0Eg|BQR1AgUFJJ)[A-Za-z0-9+/]{0,}={0,2}/g;

function findEncodedKeys(text: string, spans: Spans): void {
  for (const key of text.matchAll(ENCODED)) spans.add(key.index, key.index + key[0].length);
}

/** Private members of a JSON Web Key. */
const WEB_KEY_MEMBER = /\\{0,7}"(?:d|p|q|dp|dq|qi|k)\\{0,7}"\s{0,4}:\s{0,4}\\{0,7}"([\w-]{16,})/g;

function findWebKeys(text: string, spans: Spans): void {
  for (const { index, 0: all, 1: value = "" } of text.matchAll(WEB_KEY_MEMBER)) {
    spans.add(index + all.length - value.length, index + all.length);
  }
}
