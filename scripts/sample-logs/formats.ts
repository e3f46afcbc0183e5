import { parseApacheLine } from "./apache-line.ts";
import { parseJsonLine } from "./json-line.ts";
import { LEVEL_WORD } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";
import { parseLog4jLine } from "./log4j-line.ts";
import { parseSyslogLine } from "./syslog-line.ts";

export type LogFormat = {
  name: string;
  /** The record that begins on this line; undefined where the line goes on with the record above. */
  parse(line: string): LogEntry | undefined;
};

const LEADING_LEVEL = new RegExp(`^(?:\\[(${LEVEL_WORD})\\]|(${LEVEL_WORD}))[: ]\\s*(.*)$`);

const KNOWN: readonly LogFormat[] = [
  { name: "JSON lines", parse: parseJsonLine },
  { name: "Apache error log", parse: parseApacheLine },
  { name: "syslog", parse: (line) => parseSyslogLine(line) },
  { name: "log4j", parse: parseLog4jLine },
  { name: "level and message", parse: parseLevelledLine },
];

/** Whatever stands at the margin begins a record; what is indented goes on with it, as in a stack trace. */
const PLAIN: LogFormat = {
  name: "plain lines",
  parse: (line) => (/^(?:\s|Caused by: )/.test(line) ? undefined : { message: line }),
};

/** The format that the most of these lines begin a record of; stack traces may outnumber the records. */
export function detectFormat(lines: readonly string[]): LogFormat {
  let best = PLAIN;
  // A stray match in a plain file is no format.
  let bestMatches = Math.floor(lines.filter((line) => PLAIN.parse(line)).length / 20);
  for (const format of KNOWN) {
    const matches = lines.filter((line) => format.parse(line)).length;
    if (matches > bestMatches) [best, bestMatches] = [format, matches];
  }
  return best;
}

function parseLevelledLine(line: string): LogEntry | undefined {
  const [, bracketed, bare, message = ""] = LEADING_LEVEL.exec(line) ?? [];
  const level = bracketed ?? bare;
  return level === undefined ? undefined : { level, message };
}
