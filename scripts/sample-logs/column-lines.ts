import { readLevel, writtenLevel } from "../../src/domain/log-format/level.ts";
import { readTime } from "../../src/domain/log-format/time.ts";
import { logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";

/** A level stands no further to the right. */
const MAX_COLUMNS = 12;
/** Of the lines, so many must have a level in one column. */
const SHARE = 0.8;

/**
 * Finds the column in which the most lines have a level, as in BlueGene/L's `- 1117838570 2005.06.03 R02 … RAS KERNEL
 * INFO message`, and returns what reads such lines; undefined where there is none.
 */
export function columnReader(
  lines: readonly string[],
): ((line: string) => LogEntry | undefined) | undefined {
  const counts = Array<number>(MAX_COLUMNS).fill(0);
  for (const line of lines) {
    for (const [at, word] of columns(line).entries())
      if (isLevel(word)) counts[at] = (counts[at] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  const column = counts.indexOf(most);
  if (lines.length < 2 || most < lines.length * SHARE) return undefined;
  return (line) => readColumns(line, column);
}

function readColumns(line: string, column: number): LogEntry | undefined {
  const words = columns(line);
  const level = words[column];
  if (level === undefined || !isLevel(level)) return undefined;
  const before = words.slice(0, column);
  const message = line
    .trimStart()
    .replace(new RegExp(String.raw`^(?:\S+\s+){${column}}\S+\s*`), "");
  return logEntry({
    timestamp: timeIn(before),
    level: writtenLevel(level, "level"),
    message: message.replace(/^[-:|]\s+/, ""),
    service: before.findLast((word) => /^[A-Za-z][\w.$/-]*$/.test(word)),
  });
}

/** Of the times in one column or in two side by side, or a number of seconds, the finest. */
function timeIn(words: readonly string[]): string | undefined {
  const texts = words.flatMap((word, at) => [`${word} ${words[at + 1] ?? ""}`.trim(), word]);
  const times = texts
    .filter((text) => !/^\d{1,8}$/.test(text))
    .flatMap((text) => readTime(text) ?? []);
  const fineness = (ms: number) => [86_400_000, 1000].filter((unit) => ms % unit !== 0).length;
  const [finest] = times.toSorted((a, b) => fineness(b) - fineness(a));
  return finest === undefined ? undefined : new Date(finest).toISOString();
}

function columns(line: string): string[] {
  return line.trim().split(/\s+/, MAX_COLUMNS);
}

/** A short spelling is too easily another word. */
function isLevel(word: string): boolean {
  const bare = word.replaceAll(/[^A-Za-z]/g, "");
  return bare.length >= 3 && readLevel(word, "level") !== undefined;
}
