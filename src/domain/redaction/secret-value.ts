import { extentAt, quotedAt, type Extent } from "./extents.ts";
import { match } from "./match.ts";
import type { Name } from "./name-in-text.ts";
import { isPath, isSecret, type Bond } from "./values.ts";

/** The secret value at this position with its continuations; `unlike`: excluded forms. */
export function checked(
  text: string,
  name: Name,
  at: number,
  bond: Bond,
  unlike?: RegExp,
): Extent[] | undefined {
  const value = extentAt(text, at);
  if (!value) return undefined;
  const found = accepted(text, name, value, bond, unlike);
  if (!found || !value.quoted) return found;
  return [...found, ...furtherOf(text, value), ...joinedTo(text, value)];
}

/** ["x", "y"] */
function furtherOf(text: string, { start, next }: Extent): Extent[] {
  if (!/\[\s{0,2}\\{0,7}["']$/.test(text.slice(Math.max(0, start - 12), start))) return [];
  const further: Extent[] = [];
  let at = next;
  for (;;) {
    const behind = match(/\\{0,7}["']\s{0,2},\s{0,4}(?=\\{0,7}["'])/y, text, at);
    const value = behind === undefined ? undefined : quotedAt(text, behind);
    if (!value || further.length > 1000) return further;
    further.push(value);
    at = value.next;
  }
}

/** "x" + "y", and a changed value: "x" -> "y". */
function joinedTo(text: string, first: Extent): Extent[] {
  const joined: Extent[] = [];
  for (let at = first.next; ;) {
    const behind = match(/\\{0,7}["']\s{0,2}(?:[+.]|[-=]>)\s{0,2}(?=\\{0,7}["'])/y, text, at);
    const value = behind === undefined ? undefined : quotedAt(text, behind);
    if (!value) return joined;
    joined.push(value);
    at = value.next;
  }
}

const LONGEST_HARMLESS = 512;

export function accepted(
  text: string,
  name: Name,
  value: Extent,
  bond: Bond,
  unlike?: RegExp,
): Extent[] | undefined {
  // A token has no comma: the rest is the next item of a list.
  const list = value.quoted || name.kind === "password" || name.kind === "secret";
  const comma = list ? -1 : text.slice(value.start, value.start + LONGEST_HARMLESS).search(/[,;|]/);
  if (comma > 0 && value.start + comma < value.end) {
    const end = value.start + comma;
    return accepted(text, name, { ...value, end, next: end }, bond, unlike);
  }
  const { start, end, quoted } = value;
  if (end - start > LONGEST_HARMLESS) return [value];
  const written = text.slice(start, end);
  // Already masked.
  if (/^\W{0,2}\*{3}(?:\W|$)/.test(written)) return undefined;
  if (/^(?:old)?pwd$/i.test(name.text) && isPathOfShell(written)) return undefined;
  const rest = text.slice(value.next, value.next + 80);
  if (unlike?.test(written) && name.kind !== "password") return undefined;
  // --password PASSWORD
  if (bond === "option" && /^[A-Z]+$/.test(written) && name.text.toUpperCase().endsWith(written))
    return undefined;
  return isSecret({ value: written, kind: name.kind, bond, quoted, rest }) ? [value] : undefined;
}

function isPathOfShell(value: string): boolean {
  return isPath(value) || /^(?:\/[\w.@+-]*|~|[A-Za-z]:\\?)$/.test(value);
}
