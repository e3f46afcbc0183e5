import { readLevel, writtenLevel } from "../../src/domain/log-format/level.ts";
import { isoTime, leadingTime, yearlessTime } from "../../src/domain/log-format/time.ts";
import { logEntry } from "./log-entry.ts";
import type { LogEntry, Piece } from "./log-entry.ts";

/** Of Android, Kubernetes and others. */
export const LETTERS: Readonly<Record<string, string>> = {
  V: "TRACE",
  D: "DEBUG",
  I: "INFO",
  W: "WARN",
  E: "ERROR",
  F: "FATAL",
  A: "FATAL",
};

const KLOG =
  /^([IWEF])((?:\d\d)?\d\d)?(\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d+)\s+\d+ ([\w./-]+):\d+(?:\]| ⋮) (.*)$/;
const CHROMIUM =
  /^\[(?:\d+:){1,2}(\d\d)(\d\d)\/(\d\d)(\d\d)(\d\d(?:\.\d+)?):([A-Z]+)\d?:([\w./-]+)(?:\(\d+\)|:\d+)\] (.*)$/;

/** Kubernetes' klog and Google's glog: `E1129 10:00:04.000000 1 reflector.go:147] message`. */
export function parseKlogLine(line: string): LogEntry | undefined {
  const parts = KLOG.exec(line);
  if (!parts) return undefined;
  const [, letter = "", year, month = "", day = "", clock = "", file, message = ""] = parts;
  const timestamp = year
    ? isoTime(`${year.padStart(4, "20")}-${month}-${day} ${clock}`)
    : yearlessTime({ month, day, clock });
  return logEntry({ timestamp, level: LETTERS[letter], message, service: file });
}

/** Chromium's and Electron's `[71:1129/100001.123456:ERROR:pay.cc(3)] message`. */
export function parseChromiumLine(line: string): LogEntry | undefined {
  const [, month = "", day = "", hour, minute, second, level, file, message = ""] =
    CHROMIUM.exec(line) ?? [];
  if (level === undefined) return undefined;
  const timestamp = yearlessTime({ month, day, clock: `${hour}:${minute}:${second}` });
  return logEntry({ timestamp, level: writtenLevel(level, "level"), message, service: file });
}

const LOGCAT_DATE = String.raw`(?:(?:(\d{4})-)?(\d\d)-(\d\d) (\d\d:\d\d:\d\d\.\d+)\s+)`;
const LOGCAT_THREADS = new RegExp(
  String.raw`^${LOGCAT_DATE}(?:\S+\s+)??(\d+)\s+\d+ ([VDIWEFA]) (.*?)\s*: (.*)$`,
);
const LOGCAT_BRIEF = new RegExp(
  String.raw`^${LOGCAT_DATE}?([VDIWEFA])\/(.*?)\s*\(\s*(\d+)\): (.*)$`,
);

/** Android's logcat, with threads, with times, or brief. Each line of a trace has the head of its own. */
export function parseLogcatLine(line: string): Piece | undefined {
  const threads = LOGCAT_THREADS.exec(line);
  const brief = threads ? null : LOGCAT_BRIEF.exec(line);
  const parts = threads ?? brief;
  if (!parts) return undefined;
  const [, year, month = "", day = "", clock = "", ...rest] = parts;
  const [pid, letter = "", tag, message = ""] = threads
    ? rest
    : [rest[2], rest[0], rest[1], rest[3]];
  const timestamp = year
    ? isoTime(`${year}-${month}-${day} ${clock}`)
    : yearlessTime({ month, day, clock });
  const entry = logEntry({ timestamp, level: LETTERS[letter], message, service: tag });
  return { ...entry, source: `${pid} ${tag} ${letter}` };
}

const DOT_NET = /^(trce|dbug|info|warn|fail|crit): ([\w.`+<>/-]+)\[(-?\d+)\](?:\s+(.*))?$/;
const DOT_NET_TRACE = /^([\w.]+) (Critical|Error|Warning|Information|Verbose): (-?\d+) : (.*)$/;

/** .NET's console logger, whose message is indented below, and its trace listeners. */
export function parseDotNetLine(line: string): Piece | undefined {
  const time = leadingTime(line);
  const rest = time ? line.slice(time.length).trimStart() : line;
  const [, level, category, , message = ""] = DOT_NET.exec(rest) ?? [];
  const timestamp = time?.ms === undefined ? undefined : new Date(time.ms).toISOString();
  if (category !== undefined) {
    const written = writtenLevel(level, "level");
    return { ...logEntry({ timestamp, level: written, message, service: category }), indent: 6 };
  }
  const [, source, word, , text = ""] = DOT_NET_TRACE.exec(rest) ?? [];
  if (source === undefined) return undefined;
  return logEntry({
    timestamp,
    level: writtenLevel(word, "level"),
    message: text,
    service: source,
  });
}

const RUBY = /^[DIWEFAU], \[(\S+?)(?:\s+#(\d+))?\]\s+([A-Z]+) -- (.*?): (.*)$/;

/** What Rails puts before each line of one request. */
export const RAILS_TAGS = /^(?:\[[^\]]*\] )+/;

/** Ruby's Logger: `E, [2026-11-29T10:00:00.123456 #12] ERROR -- shop: message`. Rails gives each line of a trace a head. */
export function parseRubyLine(line: string): Piece | undefined {
  const parts = RUBY.exec(line);
  if (!parts) return undefined;
  const [, time = "", , level, program, message = ""] = parts;
  const [tags = ""] = RAILS_TAGS.exec(message) ?? [];
  return {
    ...logEntry({
      timestamp: isoTime(time),
      level: level === "ANY" ? undefined : writtenLevel(level, "level"),
      message,
      service: program,
    }),
    ...(tags === "" ? {} : { source: tags }),
  };
}

const LAMBDA_NODE = /^(\S+Z)\t(?:[\da-f-]{36}|undefined)\t([A-Z]{4,5})\t(.*)$/;
const LAMBDA_PYTHON = /^\[([A-Z]{4,8})\](?:\t(\S+Z)\t(?:[\da-f-]{36})?\t| (?=\w+: ))(.*)$/;
const LAMBDA_TIMEOUT = /^(\S+Z) [\da-f-]{36} (Task timed out .*|Error: .*)$/;
const INVOCATION = /^(?:START|END|REPORT) RequestId: |^(?:INIT_START|INIT_REPORT|EXTENSION|XRAY)\b/;

/** AWS Lambda's lines: of Node's and Python's runtimes, and of the platform on each invocation. */
export function parseLambdaLine(line: string): LogEntry | undefined {
  if (INVOCATION.test(line)) return { message: line };
  const [, late, said = ""] = LAMBDA_TIMEOUT.exec(line) ?? [];
  if (late !== undefined) {
    return logEntry({
      timestamp: isoTime(late),
      level: "ERROR",
      message: said,
      service: undefined,
    });
  }
  const node = LAMBDA_NODE.exec(line);
  const parts = node ?? LAMBDA_PYTHON.exec(line);
  if (!parts) return undefined;
  const [, first = "", second = "", message = ""] = parts;
  const [time, level] = node ? [first, second] : [second, first];
  return logEntry({
    timestamp: isoTime(time),
    level: writtenLevel(level, "level"),
    message,
    service: undefined,
  });
}

const POSTGRES =
  /^(.{0,250}?)\b(DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION): {2}(.*)$/;
const MORE = new Set(["DETAIL", "HINT", "QUERY", "CONTEXT", "STATEMENT", "LOCATION"]);

/** PostgreSQL's log to standard error, with whatever prefix; details and statement go on with the error of their process. */
export function parsePostgresLine(line: string): Piece | undefined {
  const parts = POSTGRES.exec(line);
  if (!parts) return undefined;
  const [, prefix = "", level = "", message = ""] = parts;
  const time = leadingTime(prefix.replace(/^[^\d]{0,3}/, ""));
  const pid = /\[(\d+)(?:-\d+)?\]|\b(?:pid|p)=(\d+)/.exec(prefix);
  const source = pid?.[1] ?? pid?.[2] ?? "";
  if (MORE.has(level)) return { message: `${level}:  ${message}`, source, joins: true };
  const timestamp = time?.ms === undefined ? undefined : new Date(time.ms).toISOString();
  // The two blanks alone would also fit other logs.
  if (timestamp === undefined && source === "") return undefined;
  return { ...logEntry({ timestamp, level, message, service: "postgres" }), source };
}

/** Lograge puts an error between single quotes, of which it may have more. */
const PAIR = /([\w.@/-]+)=(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'(?!\s|$))*)'|([^\s"]*))(?:\s+|$)/y;

/** The pairs that a logfmt line is made of; undefined where it has anything else. */
export function logfmtPairs(line: string): Record<string, unknown> | undefined {
  const pairs: Record<string, unknown> = {};
  const text = line.trim();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < text.length) {
    const parts = PAIR.exec(text);
    if (!parts) return undefined;
    const [, key = "", quoted, single, bare = ""] = parts;
    pairs[key] = quoted === undefined ? (single ?? bare) : unescaped(quoted);
  }
  return Object.keys(pairs).length >= 2 ? pairs : undefined;
}

function unescaped(quoted: string): string {
  return quoted.replaceAll(/\\(.)/g, (_, sign: string) =>
    sign === "n" ? "\n" : sign === "t" ? "\t" : sign,
  );
}

/** `java.util.logging`'s first line, `Nov 29, 2026 10:00:00 AM org.example.Shop pay`; the level stands in the second. */
const JUL = /^([A-Z][a-z]{2} \d{1,2}, \d{4},? \d{1,2}:\d\d:\d\d [AP]M) ([\w$.]+) (\S+)$/;

export function parseJulLine(line: string): LogEntry | undefined {
  const [, time, logger] = JUL.exec(line) ?? [];
  if (time === undefined) return undefined;
  return logEntry({ timestamp: isoTime(time), level: undefined, message: "", service: logger });
}

/** A level and its message where a line begins with nothing else, as in a second line of `java.util.logging`. */
export function splitLevel(line: string): { level: string; message: string } | undefined {
  const [, word = "", message = ""] = /^\[?([A-Za-z]{3,11})\]?: (.*)$/s.exec(line) ?? [];
  const level = readLevel(word, "level") && writtenLevel(word, "level");
  return level ? { level, message } : undefined;
}
