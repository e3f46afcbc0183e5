import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { templateOf } from "../../domain/template.ts";

const MAX_TEMPLATES = 20_000;

/**
 * How many of some texts have the same template as one before them: those that EMBEDDING_TEXT=template would have saved.
 * Of templates no more is kept than hashes, and of those the latest.
 */
export function createAlike(): (texts: readonly string[]) => number {
  const seen = new LRUCache<string, true>({ max: MAX_TEMPLATES });
  return (texts) => {
    let alike = 0;
    for (const text of texts) {
      const template = hash("sha256", templateOf(text), "base64url");
      if (seen.has(template)) alike++;
      seen.set(template, true);
    }
    return alike;
  };
}
