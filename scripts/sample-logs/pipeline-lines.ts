import { leadingTime } from "../../src/domain/log-format/time.ts";
import { isTracePiece } from "./continuation.ts";
import type { Piece } from "./log-entry.ts";
import { withNested } from "./nested-line.ts";

const MARKED = /^##\[([a-z]+)\](.*)$/;
const LEVELS: Readonly<Record<string, string>> = {
  error: "ERROR",
  warning: "WARNING",
  notice: "NOTICE",
  debug: "DEBUG",
};

/** Whether these are of a job of GitHub Actions or Azure Pipelines, which mark groups, warnings and errors with `##[…]`. */
export function arePipelineLines(lines: readonly string[]): boolean {
  const opened = lines.flatMap((line) => open(line) ?? []);
  return opened.length > lines.length / 2 && opened.some(({ text }) => MARKED.test(text));
}

/** A line of such a job. What is neither marked nor tells a level itself is what a command printed. */
export function parsePipelineLine(line: string): Piece | undefined {
  const opened = open(line);
  if (!opened) return undefined;
  const { timestamp, text } = opened;
  if (isTracePiece(text)) return { message: text, joins: true };
  const [, mark = "", message = ""] = MARKED.exec(text) ?? [];
  if (mark !== "") return { timestamp, level: LEVELS[mark] ?? "INFO", message };
  return { level: "INFO", ...withNested({ timestamp, message: text }) };
}

/** `gh run view --log` puts the names of job and step before the time. */
function open(line: string): { timestamp: string; text: string } | undefined {
  const bare = line.replace(/^[^\t]+\t[^\t]+\t/, "").replace(/^\uFEFF/, "");
  const time = /^\d{4}-\d\d-\d\dT/.test(bare) ? leadingTime(bare) : undefined;
  if (time?.ms === undefined) return undefined;
  return { timestamp: new Date(time.ms).toISOString(), text: bare.slice(time.length + 1) };
}
