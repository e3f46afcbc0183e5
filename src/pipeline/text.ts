import { createHash } from "node:crypto";
import { setImmediate as othersTurn } from "node:timers/promises";
import { MASK_RULES, redact, type Redaction } from "../domain/redact.ts";
import { templateOf } from "../domain/template.ts";

/** The text that is embedded for a message; hashes are of this text. */
export type ToText = (message: string) => string;

export type TextRules = {
  redaction: Redaction;
  /** `template`: what varies from one occurrence to the next is masked. */
  form: "message" | "template";
};

export function createToText({ redaction, form }: TextRules): ToText {
  if (form === "message") return (message) => redact(message, redaction);
  return (message) => templateOf(redact(message, redaction));
}

/** Names what makes the text out of a record: the fields it is looked for in, how it is masked, and its form. */
export function textVersion(
  { redaction, form }: TextRules,
  messageFields: readonly string[] | undefined,
): string {
  const masked = redaction === "off" ? redaction : `${redaction}-${MASK_RULES}`;
  const parts = JSON.stringify([messageFields ?? "found", masked, form]);
  return createHash("sha256").update(parts).digest("hex").slice(0, 8);
}

/** True where there is nothing to embed. */
export function isBlank(text: string): boolean {
  return text.trim() === "";
}

/** UTF-16 units: what is shorter is masked in a millisecond or two. */
const LARGE = 32 * 1024;

/**
 * Masks the large ones of these messages, and lets whatever else waits have its turn after each: a megabyte takes some ten
 * milliseconds, a batch of them would keep everything else waiting. What comes back has them at hand.
 */
export async function maskAhead(toText: ToText, messages: Iterable<string>): Promise<ToText> {
  const texts = new Map<string, string>();
  for (const message of messages) {
    if (message.length < LARGE || texts.has(message)) continue;
    texts.set(message, toText(message));
    await othersTurn();
  }
  return texts.size === 0 ? toText : (message) => texts.get(message) ?? toText(message);
}
