import type { LogEntry } from "./log-entry.ts";

/** ArcSight's Common Event Format: seven fields between bars, then pairs. A bar inside a field is escaped. */
const CEF = /^CEF:\d+(?:\|(?:\\.|[^|\\])*){2,2}\|/;
const FIELD = /\|((?:\\.|[^|\\])*)/g;
const CEF_PRODUCT = 1;
const CEF_SEVERITY = 5;
/** IBM's Log Event Extended Format: its severity is a pair. */
const LEEF = /^LEEF:[\d.]+\|[^|]*\|([^|]*)\|.*?(?:^|[|\t^ ])sev=(\d{1,2})\b/;

/** Of a line that a security appliance sends, the product and how severe it is; the message is the whole line. */
export function parseSecurityLine(message: string): LogEntry | undefined {
  if (CEF.test(message)) {
    const fields = [...message.matchAll(FIELD)].map(([, field = ""]) => field);
    return entry(message, fields[CEF_PRODUCT], fields[CEF_SEVERITY]);
  }
  const [, product, severity] = LEEF.exec(message) ?? [];
  return severity === undefined ? undefined : entry(message, product, severity);
}

function entry(message: string, product = "", severity = ""): LogEntry | undefined {
  const level = levelOfSeverity(severity);
  if (level === undefined) return undefined;
  return { message, level, ...(product === "" ? {} : { service: product }) };
}

/** Both formats count from 0 or 1 to 10; CEF has names too (Low 0 to 3, Medium 4 to 6, High 7 and 8, Very-High 9 and 10). */
function levelOfSeverity(severity: string): string | undefined {
  const number = /^\d{1,2}$/.test(severity)
    ? Number(severity)
    : BY_NAME.get(severity.toLowerCase());
  if (number === undefined || number > 10) return undefined;
  if (number >= 9) return "CRITICAL";
  if (number >= 7) return "ERROR";
  return number >= 4 ? "WARN" : "INFO";
}

const BY_NAME = new Map([
  ["unknown", 0],
  ["low", 3],
  ["medium", 5],
  ["high", 8],
  ["very-high", 10],
]);

/** Samba's head, whose message is indented on the lines below: `[2026/11/30 10:12:01.123456,  0] ../server.c:1784(main)`. */
const SAMBA =
  /^\[(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?, {1,2}(\d{1,2})(?:, pid=\d+[^\]]*)?\] (?:\S*\/)?([\w.-]+:\d+\(\w*\))/;

/** As Samba's own syslog priorities have its debug levels; 0 is "errors and serious warnings". */
const SAMBA_LEVELS = ["ERROR", "WARN", "NOTICE", "INFO"];

export function parseSambaHead(line: string): LogEntry | undefined {
  const [head, year, month, day, time, fraction = "0", level, origin] = SAMBA.exec(line) ?? [];
  if (head === undefined || origin === undefined) return undefined;
  const at = Date.parse(`${year}-${month}-${day}T${time}.${fraction}Z`);
  return {
    timestamp: new Date(at).toISOString(),
    level: SAMBA_LEVELS[Number(level)] ?? "DEBUG",
    message: line.slice(head.length).trim(),
    service: origin.replace(/:\d+\(.*$/, ""),
  };
}
