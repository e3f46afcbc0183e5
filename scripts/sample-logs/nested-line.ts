import { isObject } from "../../src/domain/document.ts";
import { recordsIn } from "../../src/domain/log-format/json.ts";
import { writtenLevel } from "../../src/domain/log-format/level.ts";
import { leadingTime } from "../../src/domain/log-format/time.ts";
import { isTraceHead } from "./continuation.ts";
import { parseHeadedLine } from "./headed-line.ts";
import { entryOf, jsonObject } from "./json-line.ts";
import { LEVEL_WORD } from "./log-entry.ts";
import type { LogEntry, Piece } from "./log-entry.ts";
import { splitOrigin } from "./log4j-line.ts";
import { parseSecurityLine } from "./security-lines.ts";
import { parseSyslogLine } from "./syslog-line.ts";
import { logfmtPairs, parseKlogLine, splitLevel } from "./tool-lines.ts";
import { parseHaproxyMessage } from "./web-lines.ts";

/** A JSON object begins a record even where nothing in it is known for a message. */
export function parseJsonRecords(line: string): readonly Piece[] {
  const value = jsonObject(line);
  if (!value) return [];
  return recordsIn(value)
    .filter(isObject)
    .map((record) => withNested(entryOf(record, line) ?? { message: line }));
}

/** What a level is not said beside, the message may say itself. */
export function withNested(entry: LogEntry): LogEntry {
  if (entry.level !== undefined) return entry;
  const [first = "", ...below] = entry.message.trimEnd().split("\n");
  for (const parse of NESTED) {
    const inner = parse(first);
    if (inner?.level !== undefined) {
      return {
        ...(entry.service ? { service: entry.service } : {}),
        ...inner,
        ...timeOf(entry, inner),
        message: [inner.message, ...below].join("\n"),
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
    const entry = value && entryOf(value);
    return entry && withNested(entry);
  },
  parseSecurityLine,
  parseKlogLine,
  parseLogfmt,
  parseHaproxyMessage,
  parseHeadedLine,
  (message) => parseLevelledLine(message),
];

/** The message of syslog keeps a level that it begins with; JSON and the like are unfolded. */
export function parseSyslog(line: string): Piece | undefined {
  const [, digits, message = ""] = /^<(\d{1,3})>(?!1 )([^\d\s].*)$/.exec(line) ?? [];
  const bare = digits !== undefined && !leadingTime(message);
  if (bare) return { ...ofSystemd(message), ...levelOfPriority(digits) };
  const entry = parseSyslogLine(line);
  return entry && withNested(entry);
}

/** .NET tells systemd the category and the event's number before the message. */
function ofSystemd(message: string): LogEntry {
  const [, service, said] = /^([\w.`+<>]+)\[\d+\] (.*)$/.exec(message) ?? [];
  return service === undefined || said === undefined
    ? withNested({ message })
    : { message: said, service };
}

function levelOfPriority(digits: string) {
  const level = writtenLevel(Number(digits) % 8, "priority");
  return level ? { level } : {};
}

/** Pairs that tell a message or a level. */
export function parseLogfmt(line: string): LogEntry | undefined {
  const pairs = logfmtPairs(line);
  const entry = pairs && (entryOf(pairs) ?? entryOf(pairs, line));
  const known = entry && (entry.message !== line || entry.level !== undefined);
  return known ? entry : undefined;
}

const LEADING_LEVEL = new RegExp(`^(?:\\[(${LEVEL_WORD})\\]|(${LEVEL_WORD}))[: \\t|-]\\s*(.*)$`);
/** A level and a message, which tell a time or not; Python's logging writes `ERROR:shop.pay:message`. */
export function parseLevelledLine(line: string): LogEntry | undefined {
  if (isTraceHead(line)) return { level: "ERROR", message: line };
  const [, bracketed, bare, rest = ""] = LEADING_LEVEL.exec(line) ?? [];
  const level = bracketed ?? bare;
  if (level === undefined) return splitLevel(line);
  const [, logger, said = ""] = /^:([A-Za-z_][\w.]*):(.*)$/.exec(line.slice(level.length)) ?? [];
  if (logger !== undefined) return { level, message: said, service: logger };
  // Lambda's runtimes put the time and the id of the request behind the level, Cassandra thread and time.
  const behind = rest.replace(/^(?:\[[^\]]*\]\s+)*\[?(?=\d{4}-)/, "");
  const time = leadingTime(behind);
  const after = time ? behind.slice(time.length).replace(/^\]?\s+(?:[\da-f-]{36}\s+)?/, "") : rest;
  const { service, message } = splitOrigin(after);
  const written = writtenLevel(level, "level");
  return {
    ...(time?.ms === undefined ? {} : { timestamp: new Date(time.ms).toISOString() }),
    ...(written ? { level: written } : {}),
    message,
    ...(service ? { service } : {}),
  };
}
