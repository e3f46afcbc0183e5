import { asText, readPath } from "../domain/document.ts";
import { readTime } from "../domain/log-format/time.ts";

/** Literal text and fields of the message; `date`: formatted in UTC by yyyy, MM, dd and HH. */
export type IndexTemplate = readonly (string | { field: string; date?: string })[];

/** The index of a message, or the field that the template needs and the message lacks. */
export function indexName(
  template: IndexTemplate,
  message: Record<string, unknown>,
): { name: string } | { missing: string } {
  let name = "";
  for (const part of template) {
    if (typeof part === "string") {
      name += part;
      continue;
    }
    const value = readPath(message, part.field);
    const text =
      part.date === undefined ? asText(value).trim().toLowerCase() : formatted(value, part.date);
    if (text === "") return { missing: part.field };
    name += text;
  }
  return { name };
}

function formatted(value: unknown, pattern: string): string {
  const ms = readTime(value);
  if (ms === undefined) return "";
  const iso = new Date(ms).toISOString();
  const parts: Record<string, string> = {
    yyyy: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
  };
  return pattern.replace(/yyyy|MM|dd|HH/g, (unit) => parts[unit] ?? unit);
}
