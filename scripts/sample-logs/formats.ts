import { parseApacheLine } from "./apache-line.ts";
import { oracleLevel, parseErlangHead, parseLogcatHead, parseTimeAlone } from "./block-lines.ts";
import { columnReader } from "./column-lines.ts";
import {
  parseAppleLine,
  parseCiscoLine,
  parseDmesgLine,
  parseLogrusLine,
  parseRedisLine,
} from "./console-lines.ts";
import { isTracePiece } from "./continuation.ts";
import { parseHeadedLine, parseTimedLine } from "./headed-line.ts";
import type { Piece } from "./log-entry.ts";
import { parseJsonRecords, parseLevelledLine, parseLogfmt, parseSyslog } from "./nested-line.ts";
import { arePipelineLines, parsePipelineLine } from "./pipeline-lines.ts";
import {
  parseChromiumLine,
  parseDotNetLine,
  parseJulLine,
  parseKlogLine,
  parseLambdaLine,
  parseLogcatLine,
  parsePostgresLine,
  parseRubyLine,
  RAILS_TAGS,
} from "./tool-lines.ts";
import { parseSambaHead, parseSecurityLine } from "./security-lines.ts";
import { parseAccessLine, parseHaproxyMessage, w3cReader } from "./web-lines.ts";

export type LogFormat = {
  name: string;
  /** What begins on this line; nothing where the line goes on with the record above. */
  parse(line: string): readonly Piece[];
  /** Where each line of a trace has a head of its own; in some layouts only lines of one time are sure to be one trace. */
  headsTraces?: "always" | "at one time";
  /** What stands before the text of each line of a trace too. */
  tags?: RegExp;
  /** Lines that are no part of any record, such as the names of columns. */
  skips?: RegExp;
  /** The level that a further line of a record tells where its first one tells none. */
  levelBelow?(line: string): string | undefined;
  /** True where a level in some of the lines may be a word of the message. */
  weakLevels?: true;
  /** How a stray line of it in a file of another layout is taken: as one where there are several, always, or never. */
  beside?: "always" | "never";
};

const one = (parse: (line: string) => Piece | undefined) => (line: string) => {
  const piece = parse(line);
  return piece ? [piece] : [];
};

const HEADED: LogFormat = {
  name: "log4j",
  parse: one(parseHeadedLine),
  headsTraces: "at one time",
  beside: "always",
};

const LOGCAT_BUFFER = /^-{9} (?:beginning of|switch to) /;

const KNOWN: readonly LogFormat[] = [
  { name: "JSON lines", parse: parseJsonRecords },
  { name: "AWS Lambda", parse: one(parseLambdaLine) },
  { name: "klog", parse: one(parseKlogLine), beside: "always" },
  { name: "logcat", parse: one(parseLogcatLine), headsTraces: "always", skips: LOGCAT_BUFFER },
  { name: "logcat", parse: one(parseLogcatHead), skips: LOGCAT_BUFFER, beside: "never" },
  { name: "Apache error log", parse: one(parseApacheLine), beside: "always" },
  { name: "access log", parse: one(parseAccessLine), beside: "always" },
  { name: "PostgreSQL", parse: one(parsePostgresLine) },
  { name: "Redis", parse: one(parseRedisLine) },
  { name: "Samba", parse: one(parseSambaHead) },
  { name: "CEF or LEEF", parse: one(parseSecurityLine), beside: "always" },
  { name: "Chromium", parse: one(parseChromiumLine) },
  { name: "Cisco", parse: one(parseCiscoLine), beside: "always" },
  { name: "dmesg", parse: one(parseDmesgLine) },
  { name: "macOS", parse: one(parseAppleLine), skips: /^Timestamp\s+Thread\s+Type\s/ },
  { name: "syslog", parse: one(parseSyslog), headsTraces: "always", weakLevels: true },
  {
    name: "Ruby",
    parse: one(parseRubyLine),
    headsTraces: "always",
    tags: RAILS_TAGS,
    beside: "always",
  },
  { name: ".NET", parse: one(parseDotNetLine) },
  HEADED,
  { name: "java.util.logging", parse: one(parseJulLine) },
  { name: "Erlang", parse: one(parseErlangHead) },
  { name: "logfmt", parse: one(parseLogfmt), beside: "never" },
  { name: "HAProxy", parse: one(parseHaproxyMessage) },
  { name: "logrus", parse: one(parseLogrusLine) },
  {
    name: "time above message",
    parse: one(parseTimeAlone),
    levelBelow: oracleLevel,
    beside: "never",
  },
  { name: "level and message", parse: one(parseLevelledLine), beside: "never" },
];
/** Both a time and a level in pairs are no part of a message. */
const LOGFMT_HEAD: LogFormat = {
  name: "logfmt",
  parse: (line) => (/^(?:time|ts|t|level|lvl)=/.test(line) ? one(parseLogfmt)(line) : []),
  beside: "always",
};

/** Whatever stands at the margin begins a record; what is indented goes on with it, as in a stack trace. */
const PLAIN: LogFormat = {
  name: "plain lines",
  parse: (line) => (/^\s|^$/.test(line) || isTracePiece(line) ? [] : [{ message: line }]),
};

/** The format that the most of these lines begin a record of; stack traces may outnumber the records. */
export function detectFormat(lines: readonly string[]): LogFormat {
  if (arePipelineLines(lines))
    return { name: "pipeline", parse: one(parsePipelineLine), skips: /##\[endgroup\]\s*$/ };
  const readW3c = w3cReader(lines);
  if (readW3c) return { name: "W3C access log", parse: one(readW3c), skips: /^#/ };
  let best = PLAIN;
  // A stray match in a plain file is no format.
  const least = Math.floor(matches(PLAIN, lines) / 20);
  let bestScore = 0;
  for (const format of KNOWN) {
    const score = scoreOf(format, lines);
    if (score > bestScore && matches(format, lines) > least) [best, bestScore] = [format, score];
  }
  const readColumns = bestScore < lines.length ? columnReader(lines) : undefined;
  if (readColumns) return { name: "columns", parse: one(readColumns) };
  if (best === PLAIN) return timedOrPlain(lines);
  return withOthers(best, lines);
}

/** Inside of an envelope each line is a log of its own, of whatever layout, or a part of a trace. */
export function detectInside(lines: readonly string[]): LogFormat {
  const best = detectFormat(lines);
  const all = [best, ...KNOWN];
  return {
    name: best.name,
    headsTraces: "always",
    parse(line) {
      if (line.trim() === "" || isTracePiece(line)) return [];
      for (const format of all) {
        const pieces = format.parse(line);
        if (pieces.length > 0) return pieces;
      }
      return [parseTimedLine(line) ?? { message: line }];
    },
  };
}

const TIME_AT_MARGIN = /^(?:\[Nest\] \d+ +- +)?[[(]?(?:\d|(?:[A-Z][a-z]{2} ){2}\d)/;

function matches(format: LogFormat, lines: readonly string[]): number {
  return lines.filter((line) => format.parse(line).length > 0).length;
}

/** Many layouts begin with a time and a word: that which tells the level is the right one. */
function scoreOf(format: LogFormat, lines: readonly string[]): number {
  const pieces = lines.map((line) => format.parse(line)).filter(({ length }) => length > 0);
  // A head that stands alone has its level and message below.
  const telling = pieces.filter((all) =>
    all.some(({ level, joins, message }) => level ?? joins ?? message === ""),
  );
  return pieces.length + telling.length;
}

function timedOrPlain(lines: readonly string[]): LogFormat {
  const timed: LogFormat = { name: "time and message", parse: one(parseTimedLine) };
  return matches(timed, lines) > matches(PLAIN, lines) / 2 ? timed : PLAIN;
}

/** An application may write a banner or a library's lines in another layout than its own. */
function withOthers(best: LogFormat, lines: readonly string[]): LogFormat {
  const left = lines.filter((line) => best.parse(line).length === 0 && !isTracePiece(line));
  const beside = [...KNOWN, LOGFMT_HEAD].filter((format) => {
    if (format.name === best.name || format.beside === "never") return false;
    const least = format.beside === "always" ? 0 : Math.max(1, lines.length / 50);
    return matches(format, left) > least;
  });
  return {
    ...best,
    parse(line) {
      for (const format of [best, ...beside]) {
        const pieces = format.parse(line);
        if (pieces.length > 0) return pieces;
      }
      // A time at the margin begins a record also where no level is near it.
      const timed = best === HEADED && TIME_AT_MARGIN.test(line) ? parseTimedLine(line) : undefined;
      return timed?.timestamp === undefined ? [] : [timed];
    },
  };
}
