import { basename, extname, resolve } from "node:path";
import { parseArgs } from "node:util";

import type { LogFile } from "../sample-logs/parse-log-file.ts";

export const USAGE = `Usage: npm run quickstart -- [--logs FILE…] [--keep]

  --logs FILE…  your own logs instead of the samples: log4j, syslog, Apache, JSON lines or plain lines
  --keep        leave OpenSearch and Kafka running at the end`;

export type Options = { keep: boolean; files: string[] };

/** The arguments, with files as full paths; undefined where they make no sense. */
export function readOptions(args: string[], folder: string): Options | undefined {
  const options = { keep: { type: "boolean" }, logs: { type: "string", multiple: true } } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const { keep = false, logs = [] } = values;
    // "--logs a b c": what follows the first file is no option's value any more.
    if (positionals.length > 0 && logs.length === 0) return undefined;
    return { keep, files: [...logs, ...positionals].map((file) => resolve(folder, file)) };
  } catch {
    return undefined;
  }
}

/** An index for each file, named after it; equal names get numbers. */
export function indexNames(files: readonly Pick<LogFile, "path">[]): string[] {
  const taken = new Set<string>();
  return files.map(({ path }) => {
    const stem = basename(path, extname(path)).toLowerCase();
    const name = `quickstart_${stem.replaceAll(/[^a-z0-9_-]+/g, "_").slice(0, 80)}`;
    let free = name;
    for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
    taken.add(free);
    return free;
  });
}
