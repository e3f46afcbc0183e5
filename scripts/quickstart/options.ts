import { basename, extname, resolve } from "node:path";
import { parseArgs } from "node:util";

import type { LogFile } from "../sample-logs/parse-log-file.ts";

export const USAGE = `Usage: npm run quickstart -- [--logs FILE…] [--all-errors] [--keep]

  --logs FILE…  your own logs instead of the samples, packed with gzip or zstd or not: JSON in lines or lists, what
                loggers, databases, web servers, syslog, journald, Kubernetes, Docker and Windows write, or plain lines
  --all-errors  takes every record for an ERROR in files where no level is recognised
  --keep        leave OpenSearch and Kafka running at the end`;

export type Options = { keep: boolean; allErrors?: boolean; files: string[] };

/** The arguments, with files as full paths; undefined where they make no sense. */
export function readOptions(args: string[], folder: string): Options | undefined {
  const options = {
    keep: { type: "boolean" },
    "all-errors": { type: "boolean" },
    logs: { type: "string", multiple: true },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const { keep = false, "all-errors": allErrors = false, logs = [] } = values;
    // "--logs a b c": what follows the first file is no option's value any more.
    if (positionals.length > 0 && logs.length === 0) return undefined;
    return {
      keep,
      ...(allErrors && { allErrors }),
      files: [...logs, ...positionals].map((file) => resolve(folder, file)),
    };
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

const SHOWN_CHARACTERS = 200;

/** What to say where no level was recognised, which does not mean that there is none; undefined where all files have some. */
export function unrecognised(files: readonly LogFile[]): string | undefined {
  const without = files.filter(({ hasLevels }) => !hasLevels);
  if (without.length === 0) return undefined;
  const said = without.map(({ path, format, firstLines }) =>
    [
      `No level was recognised in ${path}, read as ${format.name}:`,
      ...firstLines.map((line) => `  ${line.slice(0, SHOWN_CHARACTERS)}`),
      ...(firstLines.length === 0 ? ["  (it has no lines)"] : []),
    ].join("\n"),
  );
  const all = "--all-errors takes every record of such a file for an ERROR.";
  return [...said, `Nothing was started. If these records have no level, ${all}`].join("\n");
}
