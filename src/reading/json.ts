import { asText, isObject } from "../model/document.ts";

/** Text of bytes by their byte order mark, which is left out: UTF-8 where there is none. */
export function decodeText(bytes: Buffer): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

/** As a byte order mark says. */
export function encodingOf(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
}

/** A JSON value; several one after the other, as in lines, come as a list. Throws the SyntaxError of the whole. */
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

/** The objects and lists that a text is made of, with nothing but blanks and commas between them; else none. */
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

/** Where the closing quote of a JSON text stands; -1 where there is none. */
function endOfText(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return -1;
}

/** The records of a parsed value: itself, each of a list, or each log record of an OTLP export. */
export function recordsIn(parsed: unknown): unknown[] {
  if (Array.isArray(parsed)) return parsed.flatMap((one) => otlpRecords(one) ?? [one]);
  return otlpRecords(parsed) ?? [parsed];
}

/** Log records of OTLP's JSON, flat as a pipeline would index them; undefined where it is none. */
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
  const { severityText, severityNumber } = record;
  const times = [record["timeUnixNano"], record["observedTimeUnixNano"]];
  const time = times.find((one) => one !== undefined && Number(one) !== 0);
  const body = anyValue(record["body"]);
  return {
    message: asText(body),
    ...about,
    ...attributes(record),
    ...(time === undefined ? {} : { "@timestamp": time }),
    ...(severityText === undefined || severityText === "" ? {} : { severityText }),
    ...(severityNumber === undefined ? {} : { severityNumber }),
    body,
  };
}

function attributes(holder: Record<string, unknown>): Record<string, unknown> {
  const pairs = objects(holder["attributes"]);
  return Object.fromEntries(pairs.map(({ key, value }) => [asText(key), anyValue(value)]));
}

/** OTLP's AnyValue: an object with one key that names the type. */
function anyValue(value: unknown): unknown {
  if (!isObject(value)) return value;
  if (isObject(value["kvlistValue"])) {
    const pairs = objects(value["kvlistValue"]["values"]);
    return Object.fromEntries(pairs.map((pair) => [asText(pair["key"]), anyValue(pair["value"])]));
  }
  if (isObject(value["arrayValue"])) {
    const { values } = value["arrayValue"];
    return Array.isArray(values) ? values.map(anyValue) : [];
  }
  return Object.values(value)[0];
}

function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
