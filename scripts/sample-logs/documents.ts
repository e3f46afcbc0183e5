import { parse } from "csv-parse/sync";
import { asText, isObject } from "../../src/domain/document.ts";
import { LEVEL_NAMES, MESSAGE_NAMES, TIME_NAMES } from "../../src/domain/log-format/fields.ts";
import { decodeText, parseJson, recordsIn } from "../../src/domain/log-format/json.ts";
import { readLevel } from "../../src/domain/log-format/level.ts";
import { entryOf } from "./json-line.ts";
import type { LogEntry } from "./log-entry.ts";
import { withNested } from "./nested-line.ts";
import { isJournalExport } from "./read-text.ts";
import { areXmlEvents, xmlEvents } from "./xml-events.ts";

type Fields = Record<string, unknown>;

/** A layout in which a record is more than lines: what reads a whole file of it. */
export type DocumentFormat = {
  name: string;
  /** Whether a file is of it, by its first lines and bytes. */
  fits(lines: readonly string[], start: Buffer): boolean;
  /** Undefined where it is none after all. */
  read(bytes: Buffer): LogEntry[] | undefined;
};

const json: DocumentFormat = {
  name: "JSON",
  fits: ([first = "", second = ""]) =>
    /^\s*(?:\[\s*(?:\{|$)|\{\s*(?:"|$))/.test(first) && !isJson(first) && !isJson(second),
  read(bytes) {
    try {
      return entriesOf(recordsIn(parseJson(decodeText(bytes))).filter(isObject));
    } catch {
      return undefined;
    }
  },
};

/** A list of one line is a document, an object of one line is a line of many. */
function isJson(line: string): boolean {
  if (!line.trimStart().startsWith("{")) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

const journal: DocumentFormat = {
  name: "journal export",
  fits: (_, start) => isJournalExport(start),
  read: (bytes) => entriesOf(journalRecords(bytes)),
};

/** `journalctl -o verbose`: a line with the time and the cursor, and each field indented below. */
const VERBOSE_HEAD = /^(?:[A-Z][a-z]{2} )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S* \S+) \[s=\w+;/;

const journalVerbose: DocumentFormat = {
  name: "journal, verbose",
  fits: ([first = "", second = ""]) => VERBOSE_HEAD.test(first) && /^ {4}[A-Z_0-9]+=/.test(second),
  read(bytes) {
    const records: Fields[] = [];
    let key = "";
    for (const line of decodeText(bytes).split(/\r?\n/)) {
      const [, time] = VERBOSE_HEAD.exec(line) ?? [];
      if (time !== undefined) records.push({ time });
      const record = records.at(-1) ?? {};
      const [, name, value = ""] = /^ {4}([A-Z_0-9]+)=(.*)$/.exec(line) ?? [];
      if (name !== undefined) record[(key = name)] = value;
      else if (time === undefined && line.trim() !== "")
        record[key] = `${asText(record[key])}\n${line.trimStart()}`;
    }
    return entriesOf(records);
  },
};

const xml: DocumentFormat = { name: "XML events", fits: areXmlEvents, read: xmlEvents };

const NEW_LINE = 0x0a;

/** `FIELD=text`, or `FIELD`, the length as eight bytes and the text; a blank line between records. */
function journalRecords(bytes: Buffer): Fields[] {
  const records: Fields[] = [];
  let record: Fields = {};
  let at = 0;
  while (at < bytes.length) {
    const found = bytes.indexOf(NEW_LINE, at);
    const end = found === -1 ? bytes.length : found;
    const line = bytes.toString("utf8", at, end);
    const equals = line.indexOf("=");
    at = end + 1;
    if (line === "") {
      if (Object.keys(record).length > 0) records.push(record);
      record = {};
    } else if (equals !== -1) {
      record[line.slice(0, equals)] = line.slice(equals + 1);
    } else if (at + 8 <= bytes.length) {
      const length = Number(bytes.readBigUInt64LE(at));
      record[line] = bytes.toString("utf8", at + 8, Math.min(bytes.length, at + 8 + length));
      at += 8 + length + 1;
    }
  }
  if (Object.keys(record).length > 0) records.push(record);
  return records;
}

/** What the event viewer copies as text, `wevtutil qe /f:text`, and PowerShell's Format-List. */
const COPIED = /^Log Name:\s/;
const WEVTUTIL = /^Event\[\d+\]:?\s*$/;
const LIST_KEY = /^(\w[\w ]*?)\s*:\s*(.*)$/;

const windowsEvents: DocumentFormat = {
  name: "Windows events",
  fits: (lines) =>
    lines.some((line) => WEVTUTIL.test(line) || COPIED.test(line)) ||
    (lines.some((line) => /^(?:LevelDisplayName|EntryType)\s*: /.test(line)) &&
      lines.some((line) => /^Message\s*: /.test(line))),
  read(bytes) {
    const text = decodeText(bytes).replaceAll("\r\n", "\n");
    const border = [/^Event\[\d+\]:?[^\S\n]*$/m, /^(?=Log Name:\s)/m].find((one) => one.test(text));
    const blocks = text.split(border ?? /\n\s*\n(?=\w+\s*: )/);
    return entriesOf(blocks.filter((block) => block.trim() !== "").map(eventFields));
  },
};

function eventFields(block: string): Fields {
  const fields: Record<string, string> = {};
  let key = "";
  for (const line of block.split("\n")) {
    const parts = key === "Description" ? null : LIST_KEY.exec(line.replace(/^ {2}(?=\w)/, ""));
    if (parts && !/^\s{3,}/.test(line)) {
      key = parts[1] ?? "";
      fields[key] = parts[2] ?? "";
    } else if (key !== "") {
      const more = key === "Description" ? line.trimEnd() : line.trim();
      fields[key] = `${fields[key] ?? ""}\n${more}`.trim();
    }
  }
  const { Date: time, TimeCreated, TimeGenerated, Level, LevelDisplayName, EntryType } = fields;
  return {
    message: fields["Description"] ?? fields["Message"],
    time: time ?? TimeCreated ?? TimeGenerated,
    level: Level ?? LevelDisplayName ?? EntryType,
    service: fields["Source"] ?? fields["ProviderName"],
  };
}

/** PowerShell names the type of what it exports above the columns. */
const TYPE = /^#TYPE /;

const csv: DocumentFormat = {
  name: "CSV",
  fits: (lines) => rowsReader(lines.slice(0, 20).filter((line) => !TYPE.test(line))) !== undefined,
  read(bytes) {
    const text = decodeText(bytes).replace(/^#TYPE .*\r?\n/, "");
    const reader = rowsReader(text.split(/\r?\n/, 20));
    return (
      reader && entriesOf(rowsOf(text, reader.delimiter).slice(reader.skip).map(reader.fields))
    );
  },
};

type RowsReader = { delimiter: string; skip: number; fields(row: readonly string[]): Fields };

/** By the names in the first row, or as PostgreSQL's csvlog has them. */
function rowsReader(lines: readonly string[]): RowsReader | undefined {
  for (const delimiter of [",", "\t", ";"]) {
    const [header = ""] = lines;
    const rows = header.includes(delimiter) ? rowsOf(lines.join("\n"), delimiter) : [];
    const [first = []] = rows;
    if (first.length >= 23 && readLevel(first[11]?.replace(/^LOG$/, "INFO"), "level")) {
      return { delimiter, skip: 0, fields: postgresRow };
    }
    const names = first.map((name) => name.trim());
    const has = (known: readonly string[]) =>
      names.some((name) => known.some((one) => one.toLowerCase() === name.toLowerCase()));
    const windows = has(["Date and Time"]);
    const told = has(LEVEL_NAMES) || has(TIME_NAMES);
    if (names.length >= 3 && told && (windows || has(MESSAGE_NAMES))) {
      return { delimiter, skip: 1, fields: (row) => namedRow(names, row) };
    }
  }
  return undefined;
}

function rowsOf(text: string, delimiter: string): string[][] {
  const options = { delimiter, bom: true, relax_column_count: true, relax_quotes: true };
  return parse(text, { ...options, skip_records_with_error: true, skip_empty_lines: true });
}

/** The message of Windows' event viewer stands in a column without a name; times may stand in two. */
function namedRow(names: readonly string[], row: readonly string[]): Fields {
  const fields: Fields = {};
  for (const [at, value] of row.entries()) fields[names[at] || "message"] = value;
  const known = [...LEVEL_NAMES, ...MESSAGE_NAMES, ...TIME_NAMES];
  for (const name of names) {
    const usual = known.find((one) => one.toLowerCase() === name.toLowerCase());
    if (usual !== undefined) fields[usual] ??= fields[name];
  }
  const { Date: day, Time: clock } = fields;
  const both = typeof day === "string" && typeof clock === "string" ? `${day} ${clock}` : undefined;
  const time = fields["Date and Time"] ?? both;
  return time === undefined ? fields : { ...fields, "@timestamp": time };
}

function postgresRow(row: readonly string[]): Fields {
  const said = [
    [13, ""],
    [14, "DETAIL:  "],
    [15, "HINT:  "],
    [18, "CONTEXT:  "],
    [19, "STATEMENT:  "],
  ] as const;
  const parts = said.flatMap(([at, head]) => (row[at] ? [`${head}${row[at]}`] : []));
  return { message: parts.join("\n"), time: row[0], level: row[11], service: "postgres" };
}

function entriesOf(records: readonly Fields[]): LogEntry[] {
  return records.flatMap((record) => entryOf(record) ?? []).map(withNested);
}

export const DOCUMENTS: readonly DocumentFormat[] = [
  journal,
  journalVerbose,
  xml,
  windowsEvents,
  json,
  csv,
];
