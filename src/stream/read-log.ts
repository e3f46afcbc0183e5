import { asText, isObject, MESSAGE_FIELDS, readField, readPath } from "../domain/document.ts";
import type { Target } from "../ports/record-store.ts";
import { LEVEL_NAMES, MESSAGE_NAMES } from "../domain/log-format/fields.ts";
import { decodeText, parseJson, recordsIn } from "../domain/log-format/json.ts";
import { wantedLevels, type WantedLevels } from "../domain/log-format/level.ts";
import { PASSED_OVER, problem, type Problem, type ReadMessage, type Reading } from "./reading.ts";
import { readTime } from "../domain/log-format/time.ts";

export type LogFields = {
  levels: readonly string[];
  /** Absent: the usual names. */
  levelFields?: readonly string[];
  messageFields?: readonly string[];
  idField: string;
  indexTemplate?: IndexTemplate;
};

/** The first violation of the user's schema; undefined where the message is valid. */
export type SchemaCheck = (message: unknown) => string | undefined;

/** OpenSearch's limit. */
const MAX_ID_BYTES = 512;

/**
 * Reads messages as log shippers write them: a JSON object with nested or dotted fields, a list, JSON lines, or an OTLP
 * export. Without a schema, messages that cannot be of a wanted level are skipped unparsed.
 */
export function createLogReader(fields: LogFields, check?: SchemaCheck): ReadMessage {
  const mayBeWanted = createLevelPrefilter(fields.levels);
  const wanted = wantedLevels(fields.levels);
  const { idField, levelFields = LEVEL_NAMES, messageFields = MESSAGE_NAMES } = fields;
  const ownFields = [idField, ...levelFields, ...messageFields];
  const readParsed = (parsed: unknown): Reading => {
    const objection = check?.(parsed);
    if (objection !== undefined) return problem("schema", objection);
    const records = recordsIn(parsed, ownFields);
    const [only] = records;
    if (records.length === 1 && only === parsed) return readRecord(only, fields, wanted);
    return sumUp(records.map((one) => readRecord(one, fields, wanted)));
  };
  return (value) => {
    if (value === null) return problem("null_value", "the message has no value");
    if (!check && !mayBeWanted(value)) return PASSED_OVER;
    let parsed: unknown;
    try {
      parsed = parseJson(decodeText(value));
    } catch (error) {
      return problem("not_json", whereBroken(error));
    }
    try {
      return readParsed(parsed);
    } catch (error) {
      // JSON.parse accepts any depth, recursive functions do not.
      if (!(error instanceof RangeError)) throw error;
      return problem("not_json", "nested too deeply to be read");
    }
  };
}

/** Without the excerpt that the parser quotes, which may hold a secret. */
function whereBroken(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  const [, position] = /at position (\d+)/.exec(message) ?? [];
  if (position !== undefined) return `not valid JSON from character ${position} on`;
  return message.includes("end of JSON") ? "not valid JSON: it ends too early" : "not valid JSON";
}

function sumUp(readings: readonly Reading[]): Reading {
  return {
    passedOver: readings.reduce((sum, { passedOver }) => sum + passedOver, 0),
    targets: readings.flatMap(({ targets }) => targets),
    problems: readings.flatMap(({ problems }) => problems),
  };
}

function readRecord(record: unknown, fields: LogFields, wanted: WantedLevels): Reading {
  if (!isObject(record)) return problem("not_an_object", `a JSON ${kindOf(record)}, not an object`);
  if (!isWanted(record, wanted, fields.levelFields)) return PASSED_OVER;
  const read = targetOf(record, fields);
  return "code" in read
    ? { passedOver: 0, targets: [], problems: [read] }
    : { passedOver: 0, targets: [read], problems: [] };
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

/** A value that resembles a wanted level counts too; a number only where no field holds a name. */
function isWanted(
  record: Record<string, unknown>,
  wanted: WantedLevels,
  levelFields: readonly string[] = LEVEL_NAMES,
): boolean {
  const numbers: [value: unknown, field: string][] = [];
  let named = false;
  for (const field of levelFields) {
    const value = readField(record, field);
    const text = asText(value).trim();
    if (text === "") continue;
    if (wanted.equals(value)) return true;
    if (/^[\d.]+$/.test(text)) numbers.push([value, field]);
    else if (wanted.looksLike(value, field)) return true;
    else named ||= typeof value === "string";
  }
  return !named && numbers.some(([value, field]) => wanted.looksLike(value, field));
}

function targetOf(record: Record<string, unknown>, fields: LogFields): Target | Problem {
  const { idField, messageFields = MESSAGE_FIELDS, indexTemplate } = fields;
  const id = asText(readPath(record, idField));
  if (id === "") return { code: "no_id", reason: `the record has no ${idField}` };
  if (Buffer.byteLength(id) > MAX_ID_BYTES) {
    return { code: "no_id", reason: `${idField} is longer than ${MAX_ID_BYTES} bytes` };
  }
  if (messageFields.every((field) => asText(readField(record, field)).trim() === "")) {
    const named = fields.messageFields?.join(", ") ?? MESSAGE_FIELDS[0];
    return { code: "no_text", reason: `the record has no text in ${named}` };
  }
  if (!indexTemplate) return { id };
  const index = indexName(indexTemplate, record);
  if ("missing" in index) {
    const reason = `${index.missing}, which TAIL_INDEX names, is missing or no time`;
    return { code: "no_index", reason };
  }
  return { id, index: index.name };
}

const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Whether a message must be parsed: its bytes contain a wanted level (or an escape that may hide one), or do not look
 * like complete JSON. A byte scan costs a fraction of parsing.
 */
export function createLevelPrefilter(levels: readonly string[]): (value: Buffer) => boolean {
  const wanted = new RegExp(String.raw`${wantedLevels(levels).pattern}|\\u00`, "i");
  // JSON may escape quotes, slashes and backslashes.
  const plain = levels.every((level) => /^[\x20-\x7e]+$/.test(level) && !/["/\\]/.test(level));
  return (value) => !plain || !looksWhole(value) || wanted.test(value.toString("latin1"));
}

function looksWhole(value: Buffer): boolean {
  let start = 0;
  while (start < value.length && BLANK.has(value[start] ?? 0)) start++;
  let end = value.length - 1;
  while (end > start && BLANK.has(value[end] ?? 0)) end--;
  return OPENING.has(value[start] ?? 0) && CLOSING.has(value[end] ?? 0);
}

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
