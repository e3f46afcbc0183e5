import { readLevel, writtenLevel } from "../../src/domain/log-format/level.ts";
import { isoTime, leadingTime } from "../../src/domain/log-format/time.ts";
import { isTraceHead } from "./continuation.ts";
import { logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";
import { parseLog4jLine, splitOrigin } from "./log4j-line.ts";

/** So many names, brackets and numbers may stand between the time and the level. */
const MAX_WORDS = 2;
const MAX_TOKENS = 8;

/** HDFS' 081109 203615 and old MySQL's 081109 20:36:15. */
const SHORT_DATE = /^(\d\d)(\d\d)(\d\d) {1,2}(\d{1,2}):?(\d\d):?(\d\d)(?!\S)/;
/** A time of day tells no day. */
const CLOCK = /^\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[AP]M)?(?![\w:])/;
/** log4j 1 counts the milliseconds since the start where nothing else is set. */
const SINCE_START = /^\d{1,10} (?=\[[^\]]+\] [A-Z]{4,5} )/;
/** Mosquitto and others: seconds since 1970, and a sign; those between blanks are a column. */
const SECONDS = /^(?:1[5-9]|2\d)\d{8}(?:[.,]\d{1,9})?(?=[:\]|])/;
/** A sign, a word or an opened bracket before the time. */
const BEFORE_TIME = /^(?:[A-Z], )?(?:[\w.:@/-]+ )?[[(<]?/;

/** Time, level and message of a line that begins with a time; undefined where no level stands near it. */
export function parseHeadedLine(line: string): LogEntry | undefined {
  const known = parseLog4jLine(line);
  if (known) return known;
  const start = SINCE_START.exec(line)?.[0];
  const head = start ? { timestamp: undefined, rest: line.slice(start.length) } : timeOf(line);
  if (!head) return undefined;
  const found = findLevel(head.rest);
  if (!found) return undefined;
  const { service, message } = splitOrigin(found.message);
  return logEntry({
    timestamp: head.timestamp,
    level: found.level,
    message,
    service: service ?? found.before,
  });
}

/** A line that begins with a time and tells no level: still the beginning of a record, and an error where it is a panic. */
export function parseTimedLine(line: string): LogEntry | undefined {
  const head = timeOf(line);
  if (!head) return undefined;
  const message = head.rest.replace(/^[\])>:,|\s-]+/, "");
  const level = isTraceHead(message) ? "ERROR" : undefined;
  return logEntry({ timestamp: head.timestamp, level, message, service: undefined });
}

function timeOf(line: string): { timestamp: string | undefined; rest: string } | undefined {
  const [before = ""] = BEFORE_TIME.exec(line) ?? [];
  for (const start of new Set([0, before.length, /^[[(<]/.test(line) ? 1 : 0])) {
    const text = line.slice(start);
    const time = leadingTime(text);
    if (time && time.length > 9) {
      const timestamp = time.ms === undefined ? undefined : new Date(time.ms).toISOString();
      return { timestamp, rest: text.slice(time.length) };
    }
    const [seconds] = SECONDS.exec(text) ?? [];
    if (seconds !== undefined) {
      return { timestamp: isoTime(seconds.replace(",", ".")), rest: text.slice(seconds.length) };
    }
    const [short, yy, month, day, hour = "", ...rest] = SHORT_DATE.exec(text) ?? [];
    if (short !== undefined) {
      const clock = [hour.padStart(2, "0"), ...rest].join(":");
      return {
        timestamp: isoTime(`20${yy}-${month}-${day} ${clock}`),
        rest: text.slice(short.length),
      };
    }
    const [clock] = CLOCK.exec(text) ?? [];
    if (clock !== undefined) return { timestamp: undefined, rest: text.slice(clock.length) };
  }
  return timeBehind(line);
}

/** Brackets, numbers, dashes and one word before a whole time, as in `[Nest] 71  - 11/29/2026, 10:00:00 AM`. */
function timeBehind(line: string): { timestamp: string | undefined; rest: string } | undefined {
  // What is indented goes on with a record; Consul indents its own.
  if (!/^(?:\S| {4}\d).{0,120}\d\d:\d\d/.test(line)) return undefined;
  let rest = line.trimStart();
  let words = 0;
  for (let tokens = 0; tokens < MAX_TOKENS; tokens++) {
    const text = /^[[(<]/.test(rest) ? rest.slice(1) : rest;
    const time = leadingTime(text);
    if (time && time.length > 9 && time.ms !== undefined) {
      return { timestamp: new Date(time.ms).toISOString(), rest: text.slice(time.length) };
    }
    const [token] =
      BRACKET.exec(rest) ?? NUMBER.exec(rest) ?? SIGN.exec(rest) ?? WORD.exec(rest) ?? [];
    if (token === undefined || (/^\w*[A-Za-z]/.test(token) && ++words > 1)) return undefined;
    rest = rest.slice(token.length).trimStart();
  }
  return undefined;
}

const SEPARATOR = /^(?:[\])>]+|\s+|[|:;,-](?=[\s|[])|\||:(?=[A-Z]{3,9}:))+/;
const BRACKET = /^(?:\[[^\]]*\]|\([^)]*\)|<[^>]*>|\{[^}]*\})/;
const NUMBER = /^(?:#?\d+|0x[\da-f]+|[\da-f-]{32,36})(?=[\s|\]:,]|$)/i;
const WORD = /^[\w.:@$/#~+-]+(?=[\s|\]]|$)/;
const SIGN = /^(?:#{4}|[|-](?=\s))/;
/** Elixir's and Ansible's `request_id=F1`. */
const PAIR = /^[\w.-]+=[^\s\]|]*(?=[\s|\]]|$)/;

/** The level, what was named before it, and what follows. */
function findLevel(
  text: string,
): { level: string | undefined; before: string | undefined; message: string } | undefined {
  let rest = text;
  let words = 0;
  let before: string | undefined;
  for (let tokens = 0; tokens < MAX_TOKENS; tokens++) {
    rest = rest.replace(SEPARATOR, "");
    const found = levelAt(rest, words === 0 && tokens === 0);
    if (found)
      return { level: found.level, before: found.before ?? before, message: found.message };
    const [pair] = PAIR.exec(rest) ?? [];
    const [token] = pair
      ? [pair]
      : (BRACKET.exec(rest) ?? NUMBER.exec(rest) ?? WORD.exec(rest) ?? []);
    if (token === undefined) return undefined;
    if (/^[A-Za-z]/.test(token) && token !== pair) {
      if (++words > MAX_WORDS) return undefined;
      before ??= token.replace(/[:\]]+$/, "");
    }
    rest = rest.slice(token.length);
  }
  return undefined;
}

type Found = { level: string | undefined; before?: string; message: string };

/** Monolog's channel.LEVEL: and Celery's LEVEL/process] */
const DOTTED = /^([\w-]+(?:\.[\w-]+)*)\.([A-Z]{3,9}):\s+(.*)$/;
const PROCESS = /^([A-Z]{3,9})\/([\w-]+)\]?\s+(.*)$/;
/** Pipelines of GitHub and Azure write ##[error]. */
const BRACKETED = /^(?:##)?[[(<{]\s*([A-Za-z]{1,13})\s*[\])>}]:?\s*(.*)$/;
/** Minecraft's `[Server thread/ERROR]: message`. */
const THREAD = /^\[[^\]]*\/([A-Z]{3,9})\]:?\s*(.*)$/;
/** WebSphere's thread, a short name and a letter. */
const WEBSPHERE = /^[\da-f]{8} (\S+) +([AIWEFO]) +(.*)$/;
const PLAIN = /^([A-Za-z]{1,13})(?=[\s|\]:,)]|$)(\s*[|:\])]|\s+-(?=\s))?\s*(.*)$/;
const WORDPRESS = /^WordPress database (error) (.*)$/;
/** The target of Rust's env_logger, in the bracket that the time opened. */
const TARGET = /^([\w:.]+)\]\s+(.*)$/;

/** In capitals or with a sign round it anywhere; in another case only as the first word after the time. */
function levelAt(text: string, isFirst: boolean): Found | undefined {
  const [, channel, dotted, afterDotted = ""] = DOTTED.exec(text) ?? [];
  if (channel && isLevel(dotted)) return foundLevel(dotted, afterDotted, channel);
  const [, level, process, afterProcess = ""] = PROCESS.exec(text) ?? [];
  if (process && isLevel(level)) return foundLevel(level, afterProcess, process);
  const [, bracketed, afterBracket = ""] = BRACKETED.exec(text) ?? [];
  if (isLevel(bracketed)) return foundLevel(bracketed, afterBracket);
  const [, told, afterThread = ""] = THREAD.exec(text) ?? [];
  if (isLevel(told)) return foundLevel(told, afterThread);
  const [, short, letter = "", said = ""] = WEBSPHERE.exec(text) ?? [];
  if (short) return foundLevel(/[AO]/.test(letter) ? "INFO" : letter, said, short);
  const [, failed, query = ""] = WORDPRESS.exec(text) ?? [];
  if (failed !== undefined) return foundLevel(failed, query, "WordPress");
  const [, plain = "", sign, after = ""] = PLAIN.exec(text) ?? [];
  if (!isLevel(plain)) return undefined;
  const loud = plain === plain.toUpperCase() && (plain.length > 1 || sign !== undefined || isFirst);
  if (!loud && !isFirst && sign === undefined) return undefined;
  const [, target, afterTarget = ""] = TARGET.exec(after) ?? [];
  return target === undefined ? foundLevel(plain, after) : foundLevel(plain, afterTarget, target);
}

function foundLevel(level: string | undefined, message: string, before?: string): Found {
  return { level: writtenLevel(level, "level"), message, ...(before ? { before } : {}) };
}

function isLevel(word: string | undefined): word is string {
  return word !== undefined && readLevel(word, "level") !== undefined;
}
