import { writtenLevel } from "../../src/domain/log-format/level.ts";
import { isoTime, leadingTime, yearlessTime } from "../../src/domain/log-format/time.ts";
import { logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";
import { LETTERS } from "./tool-lines.ts";

const REPORT = /^=([A-Z]+) REPORT====\s+(.+?)\s+===\s*$/;
const REPORTS: Readonly<Record<string, string>> = {
  CRASH: "ERROR",
  SUPERVISOR: "ERROR",
  PROGRESS: "INFO",
};

/** Erlang's and old RabbitMQ's `=ERROR REPORT==== 29-Nov-2026::10:00:01 ===`; the message stands below. */
export function parseErlangHead(line: string): LogEntry | undefined {
  const [, kind = "", time] = REPORT.exec(line) ?? [];
  if (time === undefined) return undefined;
  const level = REPORTS[kind] ?? writtenLevel(kind, "level");
  return logEntry({ timestamp: isoTime(time), level, message: "", service: undefined });
}

const LOGCAT_LONG =
  /^\[ (?:(\d{4})-)?(\d\d)-(\d\d) (\d\d:\d\d:\d\d\.\d+)\s+\d+:\s*(?:\d+|0x[\da-f]+) ([VDIWEFA])\/(.*?)\s*\]$/;

/** `logcat -v long`, whose message stands below. */
export function parseLogcatHead(line: string): LogEntry | undefined {
  const [, year, month = "", day = "", clock = "", letter = "", tag] = LOGCAT_LONG.exec(line) ?? [];
  if (tag === undefined) return undefined;
  const timestamp = year
    ? isoTime(`${year}-${month}-${day} ${clock}`)
    : yearlessTime({ month, day, clock });
  return logEntry({ timestamp, level: LETTERS[letter], message: "", service: tag });
}

/** Oracle's alert log: a line with nothing but the time, and the message below. */
export function parseTimeAlone(line: string): LogEntry | undefined {
  const time = leadingTime(line);
  if (!time || time.length < 19 || line.slice(time.length).trim() !== "") return undefined;
  if (time.ms === undefined) return undefined;
  const timestamp = new Date(time.ms).toISOString();
  return logEntry({ timestamp, level: undefined, message: "", service: undefined });
}

/** Below a time alone no level is written, but Oracle numbers its errors. */
export function oracleLevel(line: string): string | undefined {
  return /^(?:ORA|TNS|RMAN)-\d{4,5}: |^Errors in file /.test(line) ? "ERROR" : undefined;
}
