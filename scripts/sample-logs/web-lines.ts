import { isoTime } from "../../src/domain/log-format/time.ts";
import { logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";

const ACCESS =
  /^(\S+) \S+ .*?\[(\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "([^"]*)" (\d{3}) /;
/** Envoy's and Django's: `[time] "GET /pay HTTP/1.1" 503`. */
const TIME_FIRST = /^\[([^\]"]{10,40})\] "[A-Z]{3,10} \S+(?: HTTP\/[\d.]+)?" (\d{3})(?:\s|$)/;
/** AWS' load balancers: `https time name client target three durations, two statuses, sizes "GET …"`. */
const BALANCER =
  /^(?:https?|h2|grpcs?|wss?) (\d{4}-\d\d-\d\dT\S+Z) \S+ \S+ \S+(?: -?[\d.]+){3} (\d{3}) (?:\d{3}|-) \d+ \d+ "/;
/** S3 says between the time and the request who asked for what. */
const S3 =
  /^\S+ \S+ \[([^\]]{20,30})\] \S+ \S+ \S+ [A-Z]+\.[\w.]+ \S+ "[A-Z]+ \S+ HTTP\/[\d.]+" (\d{3}) /;

/** An access log, whose level follows from the status: 5xx is an ERROR, 4xx a WARN. */
export function parseAccessLine(line: string): LogEntry | undefined {
  const [, , common, , answered] = ACCESS.exec(line) ?? [];
  const [, time = common, status = answered] =
    TIME_FIRST.exec(line) ?? BALANCER.exec(line) ?? S3.exec(line) ?? [];
  if (time === undefined || status === undefined) return undefined;
  const timestamp = isoTime(time);
  return logEntry({ timestamp, level: levelOfStatus(status), message: line, service: undefined });
}

const FIELDS = /^#Fields:\s+(.*)$/;

/**
 * Reads the W3C's extended layout, in which IIS and CloudFront write: a comment names the columns. Undefined where no
 * line names a status.
 */
export function w3cReader(
  lines: readonly string[],
): ((line: string) => LogEntry | undefined) | undefined {
  const first = lines.findLast((line) => FIELDS.test(line));
  if (!first || !/\b(?:sc|cs)-status\b/.test(first)) return undefined;
  let names = namesIn(first) ?? [];
  return (line) => {
    names = namesIn(line) ?? names;
    const values = line.split(line.includes("\t") ? "\t" : " ");
    if (line.startsWith("#") || values.length < names.length) return undefined;
    const valueOf = (name: string) => values[names.indexOf(name)];
    const status = valueOf("sc-status") ?? valueOf("cs-status") ?? "";
    if (!/^\d{3}$/.test(status)) return undefined;
    const timestamp = isoTime(`${valueOf("date") ?? ""} ${valueOf("time") ?? ""}`);
    const service = valueOf("s-sitename");
    return logEntry({ timestamp, level: levelOfStatus(status), message: line, service });
  };
}

function namesIn(line: string): string[] | undefined {
  return FIELDS.exec(line)?.[1]?.trim().split(/\s+/);
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

/** What the status of an answer says: 5xx is an ERROR, 4xx a WARN. */
export function levelOfStatus(status: string): string {
  if (status.startsWith("5")) return "ERROR";
  return status.startsWith("4") ? "WARN" : "INFO";
}
