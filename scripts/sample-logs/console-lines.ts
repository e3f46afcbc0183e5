import { readLevel, writtenLevel } from "../../src/domain/log-format/level.ts";
import { isoTime, leadingTime } from "../../src/domain/log-format/time.ts";
import { logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";

const REDIS =
  /^(?:\d+:[MSCX]|\[\d+\]) (\d{1,2} [A-Z][a-z]{2} (?:\d{4} )?\d\d:\d\d:\d\d\.\d{3}) ([.*#-]) (.*)$/;
const SIGNS: Readonly<Record<string, string>> = {
  ".": "DEBUG",
  "-": "INFO",
  "*": "NOTICE",
  "#": "WARNING",
};

/** Redis and Valkey write a sign for the level; the most severe they have is a warning. */
export function parseRedisLine(line: string): LogEntry | undefined {
  const [, time, sign = "", message = ""] = REDIS.exec(line) ?? [];
  if (time === undefined) return undefined;
  return logEntry({ timestamp: isoTime(time), level: SIGNS[sign], message, service: "redis" });
}

const CISCO = /^(?:<\d{1,3}>)?(.{0,80}?):? ?%([A-Z]\w*)-(?:\w+-)?([0-7])-(\w+): (.*)$/;

/** Cisco's switches and firewalls number the severity in what they name the message: `%LINK-3-UPDOWN: …`. */
export function parseCiscoLine(line: string): LogEntry | undefined {
  const [, before = "", facility, severity, name = "", said = ""] = CISCO.exec(line) ?? [];
  if (severity === undefined) return undefined;
  const [, time = ""] = /([A-Z][a-z]{2} +\d{1,2} .*|\d{4}-\d\d-\d\d[T ]\S+)$/.exec(before) ?? [];
  const head = leadingTime(time);
  const timestamp = head?.ms === undefined ? undefined : new Date(head.ms).toISOString();
  const level = writtenLevel(severity, "priority");
  return logEntry({ timestamp, level, message: `${name}: ${said}`, service: facility });
}

const DMESG =
  /^(?:kern|user|daemon|syslog|auth|authpriv|local\d)\s*:(\w+)\s*: (?:\[([^\]]*)\] )?(.*)$/;

/** `dmesg --decode`: `kern  :err   : [Sun Nov 29 10:00:01 2026] message`, or with the seconds since the start. */
export function parseDmesgLine(line: string): LogEntry | undefined {
  const [, word, time = "", message = ""] = DMESG.exec(line) ?? [];
  const level = readLevel(word, "level") && writtenLevel(word, "level");
  if (!level) return undefined;
  const timestamp = /[A-Z-]/.test(time) ? isoTime(time) : undefined;
  return logEntry({ timestamp, level, message, service: "kernel" });
}

const LOGRUS = /^([A-Z]{4})\[(\d{4,}|\d{4}-\d\d-\d\dT[^\]]+)\] ?(.*)$/;

/** Logrus on a terminal: `ERRO[0001] message  field=value`, with the seconds since the start or a time. */
export function parseLogrusLine(line: string): LogEntry | undefined {
  const [, word, time = "", message = ""] = LOGRUS.exec(line) ?? [];
  const level = readLevel(word, "level") && writtenLevel(word, "level");
  if (!level) return undefined;
  const timestamp = time.includes("T") ? isoTime(time) : undefined;
  return logEntry({ timestamp, level, message: message.trim(), service: undefined });
}

const APPLE =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+[+-]\d{4})\s+0x[\da-f]+\s+([A-Z][a-z]+)\s+0x[\da-f]+\s+\d+\s+\d+\s+(.+?): (.*)$/;

/** `log show` on macOS: time, thread, type, activity, process and its time to live, name of the process. */
export function parseAppleLine(line: string): LogEntry | undefined {
  const [, time, type, service, message = ""] = APPLE.exec(line) ?? [];
  if (time === undefined) return undefined;
  const level = readLevel(type, "level") && writtenLevel(type, "level");
  return logEntry({ timestamp: isoTime(time), level, message, service });
}
