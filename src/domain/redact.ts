import { findCommandPasswords } from "./redaction/commands.ts";
import { findForms } from "./redaction/forms.ts";
import { findHeaders } from "./redaction/headers.ts";
import { findInserted } from "./redaction/inserts.ts";
import { findKeyBlocks } from "./redaction/key-blocks.ts";
import { findPairs } from "./redaction/pairs.ts";
import { findPersonal } from "./redaction/personal.ts";
import { Spans } from "./redaction/spans.ts";
import { findUrlPasswords } from "./redaction/urls.ts";
import { entityView, foldedView, percentView, type View } from "./redaction/view.ts";

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
