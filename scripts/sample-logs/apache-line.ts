import { isoTime } from "../../src/domain/log-format/time.ts";
import { logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";

/** `[time] [level] message`, or since 2.4 `[time] [module:level] [pid …] [client …] message`. */
const LINE =
  /^\[(\w{3} \w{3} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)? \d{4})\] \[(?:([\w-]*):)?(\w+)\] (?:\[pid [^\]]*\] )?(.*)$/;

/** A line of Apache's error log. The client stays in the message. */
export function parseApacheLine(line: string): LogEntry | undefined {
  const parts = LINE.exec(line);
  if (!parts) return undefined;
  const [, time = "", module, level, message = ""] = parts;
  return logEntry({
    timestamp: isoTime(time),
    level,
    message,
    service: module || "apache",
  });
}
