import type { LogFile } from "../sample-logs/parse-log-file.ts";

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
