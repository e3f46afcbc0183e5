import { asText, isObject, readPath } from "../document.ts";
import { LEVEL_NAMES, MESSAGE_NAMES } from "./fields.ts";

/** Decodes by the byte order mark; UTF-8 without one. */
export function decodeText(bytes: Buffer): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

export function encodingOf(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
}

/** A JSON value; several concatenated values (JSON lines) as a list. Throws the SyntaxError of the whole text. */
export function parseJson(text: string): unknown {
  const whole = text.replace(/^\uFEFF/, "");
  try {
    return JSON.parse(whole);
  } catch (error) {
    const values = splitJson(whole);
    if (values.length < 2) throw error;
    try {
      return values.map((value): unknown => JSON.parse(value));
    } catch {
      throw error;
    }
  }
}

/** The concatenated objects and lists of a text, separated by blanks and commas only; else none. */
function splitJson(text: string): string[] {
  const values: string[] = [];
  const sign = /["{}[\]\S]/g;
  let depth = 0;
  let start = 0;
  for (let at = nextSign(sign, text, 0); at !== -1; at = nextSign(sign, text, at + 1)) {
    const character = text[at];
    if (character === '"') {
      if (depth === 0) return [];
      at = endOfText(text, at);
      if (at === -1) return [];
    } else if (character === "{" || character === "[") {
      if (depth === 0) start = at;
      depth++;
    } else if (character === "}" || character === "]") {
      depth--;
      if (depth < 0) return [];
      if (depth === 0) values.push(text.slice(start, at + 1));
    } else if (depth === 0 && character !== ",") return [];
  }
  return depth === 0 ? values : [];
}

function nextSign(sign: RegExp, text: string, from: number): number {
  sign.lastIndex = from;
  return sign.exec(text)?.index ?? -1;
}

/** Position of the closing quote; -1 without one. */
function endOfText(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return -1;
}

/** List fields of cloud exports: Azure, CloudWatch and its subscriptions, Google, a search answer. */
const LISTS = ["records", "events", "logEvents", "entries", "hits.hits"];

/**
 * The records of a value: itself, the items of a list or of an OTLP or cloud export. A value with a record's fields is
 * one record, whatever lists it has.
 */
export function recordsIn(
  parsed: unknown,
  fields: readonly string[] = [...LEVEL_NAMES, ...MESSAGE_NAMES],
): unknown[] {
  const values: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return values.flatMap((value) => otlpRecords(value) ?? listedRecords(value, fields) ?? [value]);
}

function listedRecords(value: unknown, fields: readonly string[]): unknown[] | undefined {
  if (!isObject(value)) return undefined;
  const list = LISTS.map((path) => readPath(value, path)).find(isListOfObjects);
  if (!list || fields.some((field) => readPath(value, field) !== undefined)) return undefined;
  return list;
}

function isListOfObjects(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

/** The log records of OTLP JSON, flattened; undefined for anything else. */
function otlpRecords(value: unknown): Record<string, unknown>[] | undefined {
  if (!isObject(value)) return undefined;
  const resources = value["resourceLogs"] ?? value["resource_logs"];
  if (!Array.isArray(resources)) return undefined;
  return objects(resources).flatMap((resource) => {
    const about = isObject(resource["resource"]) ? attributes(resource["resource"]) : {};
    const scopes = objects(resource["scopeLogs"] ?? resource["scope_logs"]);
    return scopes
      .flatMap((scope) => objects(scope["logRecords"] ?? scope["log_records"]))
      .map((record) => flatRecord(record, about));
  });
}

function flatRecord(record: Record<string, unknown>, about: Record<string, unknown>) {
  const severityText = record["severityText"] ?? record["severity_text"];
  const severityNumber = record["severityNumber"] ?? record["severity_number"];
  const time = TIMES.map((name) => record[name]).find((one) => asText(one) && Number(one) !== 0);
  const body = anyValue(record["body"]);
  return {
    message: textIn(body),
    ...about,
    ...attributes(record),
    ...(time === undefined ? {} : { "@timestamp": time }),
    ...(severityText === undefined || severityText === "" ? {} : { severityText }),
    ...(severityNumber === undefined ? {} : { severityNumber }),
    body,
  };
}

const TIMES = ["timeUnixNano", "time_unix_nano", "observedTimeUnixNano", "observed_time_unix_nano"];

function textIn(body: unknown): string {
  const values = MESSAGE_NAMES.map((name) => readPath(body, name));
  const text = values.find((one) => typeof one === "string" && one.trim() !== "");
  return asText(text ?? body);
}

function attributes(holder: Record<string, unknown>): Record<string, unknown> {
  const pairs = objects(holder["attributes"]);
  return Object.fromEntries(pairs.map(({ key, value }) => [asText(key), anyValue(value)]));
}

/** OTLP's AnyValue: an object with one key that names the type. */
function anyValue(value: unknown): unknown {
  if (!isObject(value)) return value;
  const fields = value["kvlistValue"] ?? value["kvlist_value"];
  if (isObject(fields)) {
    const pairs = objects(fields["values"]);
    return Object.fromEntries(pairs.map((pair) => [asText(pair["key"]), anyValue(pair["value"])]));
  }
  const list = value["arrayValue"] ?? value["array_value"];
  if (isObject(list)) {
    const { values } = list;
    return Array.isArray(values) ? values.map(anyValue) : [];
  }
  return Object.values(value)[0];
}

function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
