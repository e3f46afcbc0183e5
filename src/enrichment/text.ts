import { createHash } from "node:crypto";

/** SHA-256 of the UTF-8 text, hex: equal texts share a vector. */
export function textHash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** True where there is nothing to embed. */
export function isBlank(text: string): boolean {
  return text.trim() === "";
}
