import { writtenLevel } from "../../src/reading/level.ts";
import { isoTime } from "../../src/reading/time.ts";
import { LEVEL_WORD, logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";

/** RFC 3164, and what today's rsyslog and journalctl write: an ISO time with its zone. */
const LINE = new RegExp(
  [
    String.raw`^(?:<(\d{1,3})>)?`,
    String.raw`(?:([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)))`,
    // "host program(detail)[pid]: message", where program and pid may be missing.
    String.raw` (?!\[?${LEVEL_WORD}|\d+ )\S+\s+(?:([\w./-]+)[^:\[]*?(?:\[\d+\])?: )?(.*)$`,
  ].join(""),
);
/** RFC 5424: `<34>1 time host app procid msgid [data] message`. */
const LINE_5424 = /^<(\d{1,3})>1 (\S+) \S+ (\S+) \S+ \S+ (?:-|(?:\[.*?\])+) ?(.*)$/;
const SEVERITIES = ["EMERG", "ALERT", "CRIT", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"];
const LEADING_LEVEL = new RegExp(`^\\[?(${LEVEL_WORD})\\]?[: ]`);

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
  const parts = LINE.exec(line);
  if (!parts) return undefined;
  const [, priority, time, zoned, program, message = ""] = parts;
  return logEntry({
    timestamp: isoTime(time ?? zoned, nowMs),
    level: severity(priority) ?? writtenLevel(LEADING_LEVEL.exec(message)?.[1], "level"),
    message,
    service: program,
  });
}

/** The lower three bits of a priority are its severity. */
function severity(priority: string | undefined): string | undefined {
  return priority === undefined ? undefined : SEVERITIES[Number(priority) % 8];
}
