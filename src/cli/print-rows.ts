import type { SearchFilter } from "../search/search-deps.ts";
import { escapeControls } from "../telemetry/escape.ts";
import { printTable, type Column } from "./table.ts";

export type Terminal = Pick<NodeJS.WriteStream, "write" | "columns" | "isTTY">;

const LEAST_MESSAGE = 30;
/** For a terminal of unknown width. */
const WIDTH = 160;

/** A table whose last column is a text of any length, which is cut to the width of a terminal. */
export function printMessages(stream: Terminal, columns: Column[], rows: string[][]): void {
  const taken = columns
    .slice(0, -1)
    .map(({ head }, i) => Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0)) + 2)
    .reduce((sum, width) => sum + width, 0);
  // Output to a file or program is not cut.
  const left = stream.isTTY ? Math.max(LEAST_MESSAGE, (stream.columns || WIDTH) - taken) : Infinity;
  const last = columns.length - 1;
  const cutRows = rows.map((row) => row.map((cell, i) => (i === last ? cut(cell, left) : cell)));
  printTable(stream, columns, cutRows);
}

/** Control characters are shown as escapes. */
export function oneLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const shown = lines.filter((line, i) => line !== "" || i === 0);
  return escapeControls(shown.join(" ⏎ ").replaceAll("\t", " "));
}

/** At most so many graphemes. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  const whole = Array.from(
    new Intl.Segmenter().segment(text.slice(0, width * 4)),
    (one) => one.segment,
  );
  return whole.length <= width ? whole.join("") : `${whole.slice(0, width - 1).join("")}…`;
}

/** "2026-01-01 00:00:00". */
export function shortTime(time: string | null): string {
  return time === null ? "" : time.slice(0, 19).replace("T", " ");
}

/** "2026-01-01 00:00". */
export function minute(time: string): string {
  return shortTime(time).slice(0, 16);
}

/** " (since 2026-01-01T00:00:00Z, service shop)"; nothing without a filter. */
export function filterWords({
  since,
  until,
  service,
  level,
  index,
  minScore,
}: Omit<SearchFilter, "limit">): string {
  const words = [
    since === undefined ? [] : `since ${isoSeconds(since)}`,
    until === undefined ? [] : `until ${isoSeconds(until)}`,
    service === undefined ? [] : `service ${service}`,
    level === undefined ? [] : `level ${level}`,
    index === undefined ? [] : `index ${index}`,
    minScore === undefined ? [] : `score from ${minScore}`,
  ].flat();
  return words.length > 0 ? ` (${words.join(", ")})` : "";
}

function isoSeconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d{3}Z$/, "Z");
}
