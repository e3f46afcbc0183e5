import { readFileSync } from "node:fs";
import type { Problem } from "./config-error.ts";
import type { SettingReader } from "./setting-reader.ts";
import { SETTINGS } from "./settings.ts";
import { quoteSetting } from "./show-setting.ts";
import type { ResolvedSetting } from "./sources.ts";

/** Reads a file; throws where it cannot. */
export type ReadFile = (path: string) => unknown;

/** The settings whose own text is no good: what was given, and what is expected. */
export function textProblems(
  settings: readonly ResolvedSetting[],
  reader: SettingReader,
  readFile: ReadFile = (path) => readFileSync(path),
): Problem[] {
  const problems: Problem[] = [];
  for (const { name, text, origin } of settings) {
    const { kind, file } = SETTINGS[name];
    const reason =
      reader.malformed(name) || file === undefined || text === undefined
        ? undefined
        : whyUnreadable(text, readFile);
    if (!reader.malformed(name) && reason === undefined) continue;
    const given = `${quoteSetting(name, text ?? "")} (${origin})`;
    const because = reason === undefined ? "" : `, but ${reason}`;
    problems.push({ name, sentence: `${given}, expected ${kind.expected}${because}` });
  }
  return problems;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "there is no permission to read it",
  EISDIR: "it is a folder",
  ENOTDIR: "there is no such folder",
};

function whyUnreadable(path: string, readFile: ReadFile): string | undefined {
  try {
    readFile(path);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return REASONS[code] ?? `it cannot be read (${code})`;
  }
}
