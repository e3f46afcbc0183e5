import { readLevel, writtenLevel } from "../../src/domain/log-format/level.ts";
import { isoTime } from "../../src/domain/log-format/time.ts";
import { LEVEL_WORD, logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";

/** RFC 3164, and what today's rsyslog and journalctl write: with a zone, in seconds, or since the start. */
const LINE = new RegExp(
  [
    String.raw`^(?:<(?<priority>\d{1,3})>)?`,
    String.raw`(?:(?<month>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)`,
    String.raw`|(?:[A-Z][a-z]{2} )?(?<zoned>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)? ?(?:Z|[A-Z]{3,4}|[+-]\d\d:?\d\d))`,
    String.raw`|(?<seconds>\d{10}\.\d{3,6})|\[ *\d+\.\d{3,6}\])`,
    // "host program(detail)[pid]: message", where program and pid may be missing.
    String.raw`\s+(?!\[?${LEVEL_WORD}|\d+ )(?<host>\S+)\s+`,
    String.raw`(?:(?<program>[\w./-]+)[^:\[]*?(?:\[\d+\])?(?: <(?<type>[A-Z]\w+)>)?: )?(?<message>.*)$`,
  ].join(""),
);
/** RFC 5424: `<34>1 time host app procid msgid [data] message`. */
const LINE_5424 = /^<(\d{1,3})>1 (\S+) \S+ (\S+) \S+ \S+ (?:-|(?:\[.*?\])+) ?(.*)$/;
/** Heroku's log, and others that leave the host out. */
const HOSTLESS =
  /^(?:<(\d{1,3})>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)) ([\w./-]+)\[[\w.-]+\]: (.*)$/;
const SEVERITIES = ["EMERG", "ALERT", "CRIT", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"];
const LEADING_LEVEL = new RegExp(`^\\[?(${LEVEL_WORD})\\]?[: ]`);
/** Apple's `(library) [subsystem] <Error>: message`. */
const APPLE = /^(?:\([^)]*\) ?)?(?:\[[^\]]*\] ?)?<([A-Z][a-z]+)>: ?/;

/** A line of syslog. Its level is known only where the line begins with a priority or the message with a level. */
export function parseSyslogLine(line: string, nowMs = Date.now()): LogEntry | undefined {
  const newer = LINE_5424.exec(line);
  if (newer) {
    const [, priority, time = "", app, message = ""] = newer;
    const service = app === "-" ? undefined : app;
    return logEntry({
      timestamp: isoTime(time),
      level: severity(priority),
      message: message.replace(/^\uFEFF/, ""),
      service,
    });
  }
  const hostless = HOSTLESS.exec(line);
  if (hostless) {
    const [, priority, time = "", service, message = ""] = hostless;
    return logEntry({
      timestamp: isoTime(time, nowMs),
      level: severity(priority) ?? writtenLevel(LEADING_LEVEL.exec(message)?.[1], "level"),
      message,
      service,
    });
  }
  const {
    priority,
    month,
    zoned,
    seconds,
    host,
    program,
    type,
    message = "",
  } = LINE.exec(line)?.groups ?? {};
  if (host === undefined || !isHost(host)) return undefined;
  // A time of other kinds stands before any message; what tells a syslog is its program.
  if (month === undefined && priority === undefined && program === undefined) return undefined;
  const word = type ?? APPLE.exec(message)?.[1];
  const told = readLevel(word, "level") ? word : LEADING_LEVEL.exec(message)?.[1];
  return logEntry({
    timestamp: isoTime(month ?? zoned ?? seconds, nowMs),
    level: severity(priority) ?? writtenLevel(told, "level"),
    message,
    service: program,
  });
}

/** No level and nothing in brackets, and no logger with a colon behind it. */
function isHost(word: string): boolean {
  return /^[\w.:@%-]*[\w%-]$/.test(word) && readLevel(word, "level") === undefined;
}

/** The lower three bits of a priority are its severity. */
function severity(priority: string | undefined): string | undefined {
  return priority === undefined ? undefined : SEVERITIES[Number(priority) % 8];
}
