import { basename, extname } from "node:path";

import type { LogFile } from "../sample-logs/parse-log-file.ts";

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
