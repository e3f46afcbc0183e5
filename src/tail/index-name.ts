import { asText, readPath } from "../model/document.ts";

/** Literal text, and fields of the message; `date`: formatted in UTC by yyyy, MM, dd and HH. */
export type IndexTemplate = readonly (string | { field: string; date?: string })[];

/** The index that a message is of, or the field that it lacks for that. */
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

/** "" where it is no time: ISO 8601, or a number of milliseconds. */
function formatted(value: unknown, pattern: string): string {
  const time = typeof value === "string" ? new Date(inUtc(value)) : new Date(asNumber(value));
  if (Number.isNaN(time.getTime())) return "";
  const iso = time.toISOString();
  const years = /^\d{4}-/.test(iso);
  if (!years) return "";
  const parts: Record<string, string> = {
    yyyy: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
  };
  return pattern.replace(/yyyy|MM|dd|HH/g, (unit) => parts[unit] ?? unit);
}

function asNumber(value: unknown): number {
  return typeof value === "number" ? value : NaN;
}

/** A time of day without a zone is UTC to a log store, and local to a Date. */
function inUtc(text: string): string {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}[\d:.]*)$/.exec(text) ?? [];
  return day === undefined ? text : `${day}T${time}Z`;
}
