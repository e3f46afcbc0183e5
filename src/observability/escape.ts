import { redact } from "../model/redact.ts";

/** Control characters as visible escapes: log text and server answers must not steer a terminal. Newlines stay. */
export function escapeControls(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Replaces every known secret, as given and as it stands in a URL, and what looks like one in a text that was quoted. */
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

/** A URL leaves other characters as they are than encodeURIComponent does. */
function asPassword(secret: string): string {
  const url = new URL("http://host");
  url.password = secret;
  return url.password;
}
