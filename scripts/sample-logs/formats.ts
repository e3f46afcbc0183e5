import { isObject } from "../../src/model/document.ts";
import { recordsIn } from "../../src/reading/json.ts";
import { writtenLevel } from "../../src/reading/level.ts";
import { leadingTime } from "../../src/reading/time.ts";
import { parseApacheLine } from "./apache-line.ts";
import { columnReader } from "./column-lines.ts";
import { isTraceHead, isTracePiece } from "./continuation.ts";
import { parseHeadedLine, parseTimedLine } from "./headed-line.ts";
import { entryOf, jsonObject } from "./json-line.ts";
import { LEVEL_WORD } from "./log-entry.ts";
import type { LogEntry, Piece } from "./log-entry.ts";
import { splitOrigin } from "./log4j-line.ts";
import { parseSyslogLine } from "./syslog-line.ts";
import {
  logfmtPairs,
  parseDotNetLine,
  parseJulLine,
  parseKlogLine,
  parseLambdaLine,
  parseLogcatLine,
  parsePostgresLine,
  parseRubyLine,
  splitLevel,
} from "./tool-lines.ts";
import { parseAccessLine, parseHaproxyMessage } from "./web-lines.ts";

export type LogFormat = {
  name: string;
  /** What begins on this line; nothing where the line goes on with the record above. */
  parse(line: string): readonly Piece[];
  /** True where each line of a trace has a head of its own. */
  headsTraces?: true;
  /** True where a level in some of the lines may be a word of the message. */
  weakLevels?: true;
  /** True where a stray line of it in a file of another layout is likely to be part of a message. */
  neverBeside?: true;
};

const one = (parse: (line: string) => Piece | undefined) => (line: string) => {
  const piece = parse(line);
  return piece ? [piece] : [];
};

const HEADED: LogFormat = { name: "log4j", parse: one(parseHeadedLine) };

const KNOWN: readonly LogFormat[] = [
  { name: "JSON lines", parse: parseJson },
  { name: "AWS Lambda", parse: one(parseLambdaLine) },
  { name: "klog", parse: one(parseKlogLine) },
  { name: "logcat", parse: one(parseLogcatLine), headsTraces: true },
  { name: "Apache error log", parse: one(parseApacheLine) },
  { name: "access log", parse: one(parseAccessLine) },
  { name: "PostgreSQL", parse: one(parsePostgresLine) },
  { name: "syslog", parse: one(parseSyslog), headsTraces: true, weakLevels: true },
  { name: "Ruby", parse: one(parseRubyLine) },
  { name: ".NET", parse: one(parseDotNetLine) },
  HEADED,
  { name: "java.util.logging", parse: one(parseJulLine) },
  { name: "logfmt", parse: one(parseLogfmt), neverBeside: true },
  { name: "HAProxy", parse: one(parseHaproxyMessage) },
  { name: "level and message", parse: one(parseLevelledLine), neverBeside: true },
];

/** Whatever stands at the margin begins a record; what is indented goes on with it, as in a stack trace. */
const PLAIN: LogFormat = {
  name: "plain lines",
  parse: (line) =>
    /^\s/.test(line) || (line !== "" && isTracePiece(line)) ? [] : [{ message: line }],
};

/** The format that the most of these lines begin a record of; stack traces may outnumber the records. */
export function detectFormat(lines: readonly string[]): LogFormat {
  let best = PLAIN;
  // A stray match in a plain file is no format.
  const least = Math.floor(matches(PLAIN, lines) / 20);
  let bestScore = 0;
  for (const format of KNOWN) {
    const score = scoreOf(format, lines);
    if (score > bestScore && matches(format, lines) > least) [best, bestScore] = [format, score];
  }
  const readColumns = bestScore < lines.length ? columnReader(lines) : undefined;
  if (readColumns) return { name: "columns", parse: one(readColumns) };
  if (best === PLAIN) return timedOrPlain(lines);
  return withOthers(best, lines);
}

/** Inside of an envelope each line is a log of its own, of whatever layout, or a part of a trace. */
export function detectInside(lines: readonly string[]): LogFormat {
  const best = detectFormat(lines);
  const all = [best, ...KNOWN];
  return {
    name: best.name,
    headsTraces: true,
    parse(line) {
      if (line.trim() === "" || isTracePiece(line)) return [];
      for (const format of all) {
        const pieces = format.parse(line);
        if (pieces.length > 0) return pieces;
      }
      return [parseTimedLine(line) ?? { message: line }];
    },
  };
}

function matches(format: LogFormat, lines: readonly string[]): number {
  return lines.filter((line) => format.parse(line).length > 0).length;
}

/** Many layouts begin with a time and a word: that which tells the level is the right one. */
function scoreOf(format: LogFormat, lines: readonly string[]): number {
  const pieces = lines.map((line) => format.parse(line)).filter(({ length }) => length > 0);
  const telling = pieces.filter((all) => all.some(({ level, joins }) => level ?? joins));
  return pieces.length + telling.length;
}

function timedOrPlain(lines: readonly string[]): LogFormat {
  const timed: LogFormat = { name: "time and message", parse: one(parseTimedLine) };
  return matches(timed, lines) > matches(PLAIN, lines) / 2 ? timed : PLAIN;
}

/** An application may write a banner or a library's lines in another layout than its own. */
function withOthers(best: LogFormat, lines: readonly string[]): LogFormat {
  const left = lines.filter((line) => best.parse(line).length === 0 && !isTracePiece(line));
  const beside = KNOWN.filter(
    (format) =>
      format !== best &&
      !format.neverBeside &&
      matches(format, left) > Math.max(1, lines.length / 50),
  );
  return {
    ...best,
    parse(line) {
      for (const format of [best, ...beside]) {
        const pieces = format.parse(line);
        if (pieces.length > 0) return pieces;
      }
      // A time at the margin begins a record also where no level is near it.
      const timed = best === HEADED && /^[[(]?\d/.test(line) ? parseTimedLine(line) : undefined;
      return timed?.timestamp === undefined ? [] : [timed];
    },
  };
}

/** A JSON object begins a record even where nothing in it is known for a message. */
function parseJson(line: string): readonly Piece[] {
  const value = jsonObject(line);
  if (!value) return [];
  return recordsIn(value)
    .filter(isObject)
    .map((record) => {
      const entry = entryOf(record);
      if (!entry) return { message: line };
      return entry.level === undefined ? withNested(entry) : entry;
    });
}

/** What a level is not said beside, the message may say itself. */
function withNested(entry: LogEntry): LogEntry {
  for (const parse of NESTED) {
    const inner = parse(entry.message);
    if (inner?.level !== undefined) {
      return {
        ...(entry.service ? { service: entry.service } : {}),
        ...inner,
        ...timeOf(entry, inner),
      };
    }
  }
  return entry;
}

function timeOf({ timestamp }: LogEntry, inner: LogEntry) {
  const time = inner.timestamp ?? timestamp;
  return time ? { timestamp: time } : {};
}

const NESTED: readonly ((message: string) => LogEntry | undefined)[] = [
  (message) => {
    const value = jsonObject(message);
    return value && entryOf(value);
  },
  parseKlogLine,
  parseLogfmt,
  parseHaproxyMessage,
  parseHeadedLine,
  (message) => parseLevelledLine(message),
];

/** The message of syslog keeps a level that it begins with; JSON and the like are unfolded. */
function parseSyslog(line: string): Piece | undefined {
  const [, digits, message = ""] = /^<(\d{1,3})>(?!1 )([^\d\s].*)$/.exec(line) ?? [];
  const bare = digits !== undefined && !leadingTime(message);
  if (bare) return { ...withNested({ message }), ...levelOfPriority(digits) };
  const entry = parseSyslogLine(line);
  if (!entry || entry.level !== undefined) return entry;
  const nested = withNested(entry);
  return nested.level === undefined ? entry : nested;
}

function levelOfPriority(digits: string) {
  const level = writtenLevel(Number(digits) % 8, "priority");
  return level ? { level } : {};
}

function parseLogfmt(line: string): LogEntry | undefined {
  const pairs = logfmtPairs(line);
  const entry = pairs && entryOf(pairs);
  return (
    entry ??
    (pairs && "level" in pairs
      ? { ...entryOf({ ...pairs, message: line }), message: line }
      : undefined)
  );
}

const LEADING_LEVEL = new RegExp(`^(?:\\[(${LEVEL_WORD})\\]|(${LEVEL_WORD}))[: \\t|-]\\s*(.*)$`);
function parseLevelledLine(line: string): LogEntry | undefined {
  if (isTraceHead(line)) return { level: "ERROR", message: line };
  const [, bracketed, bare, rest = ""] = LEADING_LEVEL.exec(line) ?? [];
  const level = bracketed ?? bare;
  if (level === undefined) return splitLevel(line);
  // Lambda's runtimes put the time and the id of the request behind the level.
  const time = leadingTime(rest);
  const after = time ? rest.slice(time.length).replace(/^\s+[\da-f-]{36}\s+|^\s+/, "") : rest;
  const { service, message } = splitOrigin(after);
  const written = writtenLevel(level, "level");
  return {
    ...(time?.ms === undefined ? {} : { timestamp: new Date(time.ms).toISOString() }),
    ...(written ? { level: written } : {}),
    message,
    ...(service ? { service } : {}),
  };
}
