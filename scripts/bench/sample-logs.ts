import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { LogEntry } from "../sample-logs/log-entry.ts";
import { parseLogFile } from "../sample-logs/parse-log-file.ts";

/** Of real logs, which are not part of the checkout. */
export const SAMPLE_LOGS_FOLDER =
  process.env["LOG_VECTORIZER_LOGS"] ?? resolve(import.meta.dirname, "../../../shared/logs");

type SampleLog = { file: string; entries: LogEntry[]; messages: string[] };

/** Where real logs are; undefined where there are none. */
export function sampleLogsFolder(): string | undefined {
  return existsSync(SAMPLE_LOGS_FOLDER) ? SAMPLE_LOGS_FOLDER : undefined;
}

/** The real logs at hand, in the order of their names. Throws where there are none. */
export async function readSampleLogs(): Promise<SampleLog[]> {
  if (sampleLogsFolder() === undefined) {
    throw new Error(
      `No logs in ${SAMPLE_LOGS_FOLDER}: set LOG_VECTORIZER_LOGS to a folder with *.log files.`,
    );
  }
  const files = (await readdir(SAMPLE_LOGS_FOLDER))
    .filter((name) => name.endsWith(".log"))
    .toSorted();
  return Promise.all(
    files.map(async (file) => {
      const entries = await Array.fromAsync(parseLogFile(join(SAMPLE_LOGS_FOLDER, file)));
      return { file, entries, messages: entries.map(({ message }) => message) };
    }),
  );
}
