import { awaitsTrace, mayBearTrace, isTraceHead, isTracePiece } from "./continuation.ts";
import { DOCUMENTS } from "./documents.ts";
import { findEnvelope } from "./envelopes.ts";
import type { Envelope } from "./envelopes.ts";
import { detectFormat, detectInside } from "./formats.ts";
import type { LogFormat } from "./formats.ts";
import { logEntry } from "./log-entry.ts";
import type { LogEntry, Piece } from "./log-entry.ts";
import { readBytes, readDocument, readLines } from "./read-text.ts";
import { splitLevel } from "./tool-lines.ts";

const SAMPLE_LINES = 2000;
/** A record's lines beyond this are dropped; a stack trace rarely has a tenth of it. */
const MAX_MESSAGE_CHARACTERS = 64 * 1024;
const MAX_SOURCES = 1000;
/** Of the records, so many must tell a level before the file counts as one that tells levels. */
const LEVEL_SHARE = { weak: 0.5, strong: 0.02 };

export type LogFile = {
  path: string;
  format: { name: string };
  /** False where no level was recognised: then every record in it counts as an ERROR. */
  hasLevels: boolean;
  /** Its first lines, as they were read. */
  firstLines: string[];
};

type Layout = {
  name: string;
  weakLevels: boolean;
  firstLines: string[];
  entries(): AsyncIterable<LogEntry> | Iterable<LogEntry>;
};

/** Finds out what a log file is written in, from its first lines. Throws where it cannot be read. */
export async function inspectLogFile(path: string): Promise<LogFile> {
  const layout = await findLayout(path);
  return { path, ...(await judge(layout)) };
}

/**
 * The records of a log file, one by one, whatever layout it has. Lines that begin no record, such as a stack trace, join
 * the one above.
 */
export async function* parseLogFile(path: string): AsyncGenerator<LogEntry> {
  const layout = await findLayout(path);
  const { hasLevels } = await judge(layout);
  for await (const entry of layout.entries()) {
    const { timestamp, level, message, service } = entry;
    const told = hasLevels ? level : "ERROR";
    yield logEntry({ timestamp, level: told, message: message.trimEnd(), service });
  }
}

async function judge({ name, weakLevels, firstLines, entries }: Layout) {
  let all = 0;
  let withLevel = 0;
  for await (const { level } of entries()) {
    all++;
    if (level !== undefined) withLevel++;
    if (all === SAMPLE_LINES) break;
  }
  const share = weakLevels ? LEVEL_SHARE.weak : LEVEL_SHARE.strong;
  const hasLevels = withLevel > 0 && withLevel >= all * share;
  return { format: { name }, hasLevels, firstLines: firstLines.slice(0, 2) };
}

async function findLayout(path: string): Promise<Layout> {
  const lines = await filledLines(path, SAMPLE_LINES);
  return (await asDocument(path, lines)) ?? asLines(path, lines);
}

async function filledLines(path: string, limit: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(path)) {
    if (line.trim() !== "") lines.push(line);
    if (lines.length === limit) break;
  }
  return lines;
}

async function asDocument(path: string, lines: string[]): Promise<Layout | undefined> {
  const format = DOCUMENTS.find(({ fits }) => fits(lines, Buffer.alloc(0)));
  const start = format ? undefined : await firstBytes(path);
  const found = format ?? DOCUMENTS.find(({ fits }) => fits(lines, start ?? Buffer.alloc(0)));
  const entries = found?.read(await readDocument(path));
  if (!found || !entries || entries.length === 0) return undefined;
  return { name: found.name, weakLevels: false, firstLines: lines, entries: () => entries };
}

async function firstBytes(path: string): Promise<Buffer> {
  for await (const chunk of readBytes(path)) return chunk;
  return Buffer.alloc(0);
}

function asLines(path: string, lines: string[]): Layout {
  const envelope = findEnvelope(lines);
  if (!envelope) {
    const format = detectFormat(lines);
    return {
      name: format.name,
      weakLevels: format.weakLevels === true,
      firstLines: lines,
      entries: () => gather(asParts(readLines(path)), format),
    };
  }
  const inside = lines.flatMap((line) => envelope.open(line)?.text ?? []);
  const format = detectInside(inside);
  const name = `${envelope.name}: ${format.name}`;
  const entries = () => gather(openAll(readLines(path), envelope), format);
  return { name, weakLevels: false, firstLines: lines, entries };
}

/** A line, and what its envelope says of it. */
type Part = { text: string; source: string; timestamp?: string };

async function* asParts(lines: AsyncIterable<string>): AsyncGenerator<Part> {
  for await (const text of lines) yield { text, source: "" };
}

/** Joins what the runtime cut; a line without an envelope goes on with the one above. */
async function* openAll(lines: AsyncIterable<string>, envelope: Envelope): AsyncGenerator<Part> {
  const begun = new Map<string, string>();
  let last = "";
  for await (const line of lines) {
    const opened = envelope.open(line);
    if (!opened) {
      if (line.trim() !== "") yield { text: `\t${line}`, source: last };
      continue;
    }
    const { source, timestamp } = opened;
    last = source;
    const text = `${begun.get(source) ?? ""}${opened.text}`;
    begun.delete(source);
    if (opened.partial && text.length < MAX_MESSAGE_CHARACTERS) begun.set(source, text);
    else yield { text, source, ...(timestamp ? { timestamp } : {}) };
  }
  for (const [source, text] of begun) yield { text, source };
}

/** The records that the lines make, each source's in order; lines of several sources may be mixed. */
async function* gather(parts: AsyncIterable<Part>, format: LogFormat): AsyncGenerator<LogEntry> {
  const open = new Map<string, Piece>();
  let last: string | undefined;
  for await (const { text, source: stream, timestamp } of parts) {
    if (format.skips?.test(text)) continue;
    const pieces = format.parse(text);
    if (pieces.length === 0) {
      const current = open.get(last?.startsWith(`${stream}\n`) ? last : `${stream}\n`);
      if (current) join(current, text, format);
      else if (text.trim() !== "") open.set((last = `${stream}\n`), { message: text });
    }
    for (const piece of pieces) {
      const { source = "", joins, ...entry } = piece;
      const key = (last = `${stream}\n${source}`);
      const current = open.get(key);
      const trails = current && entry.message === text && isPythonTraceOf(current, text);
      const untagged = format.tags ? entry.message.replace(format.tags, "") : entry.message;
      const goesOn = () => isMoreOf(current, { ...entry, message: untagged }, format);
      if (current && (joins || trails || goesOn())) {
        join(current, untagged, format);
        continue;
      }
      if (current) yield current;
      open.delete(key);
      // A process that has said nothing for long will not go on with its last record.
      for (const [oldest, left] of open) {
        if (open.size < MAX_SOURCES) break;
        open.delete(oldest);
        yield left;
      }
      open.set(key, timestamp && !entry.timestamp ? { ...entry, timestamp } : entry);
    }
  }
  yield* open.values();
}

/** A trace whose lines have heads of their own. */
function isMoreOf(
  current: LogEntry | undefined,
  entry: Piece,
  { headsTraces }: LogFormat,
): boolean {
  if (!current || !headsTraces || !mayBearTrace(current.level ?? "ERROR")) return false;
  if (headsTraces === "at one time" && !isOfTime(current, entry)) return false;
  if (isTraceHead(entry.message)) return entry.level === "ERROR" && current.level !== undefined;
  if (entry.service !== current.service || entry.level !== current.level) return false;
  // Without a level nothing but its words tells an error from a table that a kernel prints.
  const isError = current.level !== undefined || TRACED.test(current.message);
  return isTracePiece(isError ? entry.message : entry.message.trimStart());
}

function isOfTime({ timestamp }: LogEntry, entry: LogEntry): boolean {
  return timestamp !== undefined && timestamp === entry.timestamp;
}

/** A trace without a head of its own, below the error that was logged. */
function isPythonTraceOf({ level, message }: LogEntry, line: string): boolean {
  return (
    line.startsWith("Traceback ") &&
    level !== undefined &&
    mayBearTrace(level) &&
    awaitsTrace(message)
  );
}

const TRACED = /Exception|Error|Traceback|panic|fatal/;

function join(entry: Piece, line: string, { levelBelow }: LogFormat): void {
  const below = entry.level === undefined ? levelBelow?.(line) : undefined;
  if (below) entry.level = below;
  if (entry.message.length + line.length >= MAX_MESSAGE_CHARACTERS) return;
  if (entry.message !== "") {
    const { indent = 0 } = entry;
    const indented = indent > 0 && line.startsWith(" ".repeat(indent));
    entry.message += `\n${indented ? line.slice(indent) : line}`;
    return;
  }
  // The head stood alone: .NET indents the message below it, java.util.logging begins it with the level.
  const second = entry.level === undefined ? splitLevel(line) : undefined;
  if (second) Object.assign(entry, second);
  else entry.message = line.trim();
}
