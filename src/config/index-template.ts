import { fieldPath, parsedBy } from "./kinds.ts";
import type { Kind, Parsed } from "./kinds.ts";

/** Pieces of an index name: literal text, or a message's field (with `date`: the pattern of a date field). */
export type IndexTemplate = readonly (string | { field: string; date?: string })[];

type Piece = IndexTemplate[number];

export const indexTemplate: Kind<IndexTemplate> = parsedBy(
  "an index name in lower case with fields in braces, such as {project_uuid}_{@timestamp:yyyy_MM} " +
    "(dates of yyyy, MM, dd and HH)",
  parseIndexTemplate,
  { placeholder: "template" },
);

const MAX_NAME_BYTES = 255;

/** Parses literal text with placeholders `{field.path}` and `{field.path:pattern}`; a reason quotes no long text. */
export function parseIndexTemplate(text: string): Parsed<IndexTemplate> {
  const template: Piece[] = [];
  // Every second part is a placeholder.
  for (const [at, part] of text.split(/\{([^{}]*)\}/).entries()) {
    const parsed = at % 2 === 1 ? parsePlaceholder(part) : parseLiteral(part);
    if (!parsed.ok) return parsed;
    if (parsed.value !== "") template.push(parsed.value);
  }
  const reason = whyNoName(template);
  return reason === undefined ? { ok: true, value: template } : { ok: false, reason };
}

function parseLiteral(text: string): Parsed<Piece> {
  const [brace] = /[{}]/.exec(text) ?? [];
  if (brace === "{") return { ok: false, reason: "a { is not closed by a } of its own" };
  if (brace === "}") return { ok: false, reason: "a } is not opened by a { of its own" };
  const reason = whyNotInName(text);
  return reason === undefined ? { ok: true, value: text } : { ok: false, reason };
}

function parsePlaceholder(text: string): Parsed<Piece> {
  const [field = ""] = text.split(":", 1);
  if (!fieldPath.schema.safeParse(field).success) {
    return { ok: false, reason: `${quote(field)} in braces is not the name of one field` };
  }
  if (field === text) return { ok: true, value: { field } };
  const date = text.slice(field.length + 1);
  const reason = whyNoDate(date);
  return reason === undefined ? { ok: true, value: { field, date } } : { ok: false, reason };
}

const DATE_PARTS = "yyyy, MM, dd, HH";

function whyNoDate(pattern: string): string | undefined {
  const words: string[] = pattern.match(/\p{L}+/gu) ?? [];
  if (words.length === 0) return `${quote(pattern)} has none of ${DATE_PARTS}`;
  const unknown = words.find((word) => !/^(yyyy|MM|dd|HH)+$/.test(word));
  if (unknown !== undefined) return `${quote(unknown)} is not made of ${DATE_PARTS}`;
  return whyNotInName(pattern.replaceAll(/\p{L}/gu, ""));
}

function whyNotInName(text: string): string | undefined {
  const [illegal] = /[\p{Cc}\s\\/*?"<>|,#:]/u.exec(text) ?? [];
  if (illegal !== undefined) return `${quote(illegal)} cannot stand in the name of an index`;
  const upper = [...text].find((letter) => letter !== letter.toLowerCase());
  return upper === undefined ? undefined : `${quote(upper)} is upper case, which no index name has`;
}

function whyNoName(template: IndexTemplate): string | undefined {
  const [first] = template;
  if (typeof first === "string") {
    const [start] = /^[-_+]/.exec(first) ?? [];
    if (start !== undefined) return `no index name begins with ${quote(start)}`;
    if (template.length === 1 && /^\.\.?$/.test(first)) return `no index is named ${quote(first)}`;
  }
  const fixed = template.map((piece) => (typeof piece === "string" ? piece : (piece.date ?? "")));
  if (Buffer.byteLength(fixed.join("")) <= MAX_NAME_BYTES) return undefined;
  return `no index name is longer than ${MAX_NAME_BYTES} bytes`;
}

const MAX_QUOTED_CHARACTERS = 40;

function quote(text: string): string {
  const cut = text.length > MAX_QUOTED_CHARACTERS;
  return JSON.stringify(cut ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text);
}
