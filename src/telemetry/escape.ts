import { redact } from "../domain/redact.ts";

/**
 * Control characters, bidirectional marks, and invisible characters (zero width, tags, variation selectors supplement).
 * Joiners are kept where scripts and emoji need them.
 */
const UNSEEN = new RegExp(
  [
    "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f]",
    "[\\u2028\\u2029\\u202a-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]",
    "[\\u{e0000}-\\u{e007f}\\u{e0100}-\\u{e01ef}]",
    "(?<![\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\p{sc=Arabic}\\p{sc=Syriac}\\p{sc=Mongolian}\\p{sc=Devanagari}\\p{sc=Bengali}\\p{sc=Gurmukhi}\\p{sc=Gujarati}\\p{sc=Oriya}\\p{sc=Tamil}\\p{sc=Telugu}\\p{sc=Kannada}\\p{sc=Malayalam}\\p{sc=Sinhala}])[\\u200c\\u200d]",
  ].join("|"),
  "gu",
);

/**
 * Escapes such characters visibly, because log text and server answers must not control a terminal. Newlines are kept.
 */
export function escapeControls(text: string): string {
  return text.replace(UNSEEN, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

/** Masks every known secret, plain and URL-encoded, and whatever looks like a secret. */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    asPassword(secret),
  ]);
  const known = [...new Set(forms)].filter((form) => form.length >= 4);
  known.sort((a, b) => b.length - a.length);
  return (text) =>
    redact(
      known.reduce((masked, form) => masked.replaceAll(form, "***"), text),
      "secrets",
    );
}

/** A URL's password is encoded differently from encodeURIComponent. */
function asPassword(secret: string): string {
  const url = new URL("http://host");
  url.password = secret;
  return url.password;
}
