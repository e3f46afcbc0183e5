import { isoTime } from "../../src/reading/time.ts";
import { logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";

const ACCESS =
  /^(\S+) \S+ .*?\[(\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "([^"]*)" (\d{3}) /;

/** An access log of nginx or Apache, whose level follows from the status: 5xx is an ERROR, 4xx a WARN. */
export function parseAccessLine(line: string): LogEntry | undefined {
  const parts = ACCESS.exec(line);
  if (!parts) return undefined;
  const [, , time, , status = ""] = parts;
  const timestamp = isoTime(time);
  return logEntry({ timestamp, level: levelOfStatus(status), message: line, service: undefined });
}

const HAPROXY_HTTP =
  /\[(\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d(?:\.\d+)?)\] (\S+) (\S+) [\d/+-]+ (-?\d+) .* (?:\S{2}|\S{4}) /;
const HAPROXY_NOTE = /^\[([A-Z]{3,9})\]\s+(?:\d+\/\d+\s+)?\(\d+\)\s*: (.*)$/;
const HAPROXY_STATE = /^(?:Server|Backend|backend|Proxy) \S+ (?:is DOWN|has no server available)/;

/** A message of HAProxy: a request, whose status tells the level, or a note on a server or on itself. */
export function parseHaproxyMessage(message: string): LogEntry | undefined {
  const [, time, , backend, status = ""] = HAPROXY_HTTP.exec(message) ?? [];
  if (backend !== undefined) {
    // A request that was cut off has the status -1.
    const level = status === "-1" ? "ERROR" : levelOfStatus(status);
    return logEntry({ timestamp: isoTime(time), level, message, service: backend.split("/")[0] });
  }
  const [, level, note = ""] = HAPROXY_NOTE.exec(message) ?? [];
  if (level !== undefined) {
    return logEntry({ timestamp: undefined, level, message: note, service: "haproxy" });
  }
  if (!HAPROXY_STATE.test(message)) return undefined;
  return logEntry({ timestamp: undefined, level: "ALERT", message, service: "haproxy" });
}

function levelOfStatus(status: string): string {
  if (status.startsWith("5")) return "ERROR";
  return status.startsWith("4") ? "WARN" : "INFO";
}
