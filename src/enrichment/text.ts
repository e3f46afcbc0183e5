import { createHash } from "node:crypto";
import { redact, type Redaction } from "../model/redact.ts";
import { templateOf } from "../model/template.ts";

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

/** SHA-256 of the UTF-8 text, hex: equal texts share a vector. */
export function textHash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** True where there is nothing to embed. */
export function isBlank(text: string): boolean {
  return text.trim() === "";
}
