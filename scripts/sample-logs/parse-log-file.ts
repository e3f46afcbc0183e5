import { open } from "node:fs/promises";

import { detectFormat } from "./formats.ts";
import type { LogFormat } from "./formats.ts";
import type { LogEntry } from "./log-entry.ts";

const SAMPLE_LINES = 2000;
/** A record's lines beyond this are dropped; a stack trace rarely has a tenth of it. */
const MAX_MESSAGE_CHARACTERS = 64 * 1024;

export type LogFile = {
  path: string;
  format: LogFormat;
  /** False where the file says no level: then every record in it counts as an ERROR. */
  hasLevels: boolean;
};

/** Finds out what a log file is written in, from its first lines. Throws where it cannot be read. */
export async function inspectLogFile(path: string): Promise<LogFile> {
  const lines: string[] = [];
  for await (const line of readLines(path)) {
    if (line.trim() !== "") lines.push(line);
    if (lines.length === SAMPLE_LINES) break;
  }
  const format = detectFormat(lines);
  const entries = lines.map((line) => format.parse(line)).filter((entry) => entry !== undefined);
  const withLevel = entries.filter((entry) => entry.level !== undefined).length;
  return { path, format, hasLevels: withLevel * 2 >= entries.length && withLevel > 0 };
}

/**
 * The records of a log file (log4j and its kin, syslog, Apache's error log, JSON lines, plain lines), one by one.
 * Lines that begin no record, such as a stack trace, join the one above.
 */
export async function* parseLogFile(path: string): AsyncGenerator<LogEntry> {
  const { format, hasLevels } = await inspectLogFile(path);
  const finish = (entry: LogEntry): LogEntry => {
    const message = entry.message.trimEnd();
    return hasLevels ? { ...entry, message } : { ...entry, level: "ERROR", message };
  };
  let current: LogEntry | undefined;
  for await (const line of readLines(path)) {
    const next = format.parse(line);
    if (next) {
      if (current) yield finish(current);
      current = next;
    } else if (current && current.message.length + line.length < MAX_MESSAGE_CHARACTERS) {
      current.message += `\n${line}`;
    } else if (!current && line.trim() !== "") {
      current = { message: line };
    }
  }
  if (current) yield finish(current);
}

async function* readLines(path: string): AsyncGenerator<string> {
  const file = await open(path);
  try {
    for await (const line of file.readLines()) yield line;
  } finally {
    await file.close();
  }
}
