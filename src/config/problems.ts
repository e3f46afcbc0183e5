import { readFileSync } from "node:fs";
import { quoteSetting } from "./describe.ts";
import type { Kind } from "./kinds.ts";
import { SETTINGS } from "./settings.ts";
import type { SettingName, SettingReader } from "./settings.ts";
import type { ResolvedSetting } from "./sources.ts";

/** A problem with one setting, without its name. */
export type Problem = { name: SettingName; sentence: string };

/** All problems of the settings, one line per setting; contains no secret. */
export class ConfigError extends Error {
  readonly lines: readonly string[];

  /** `others`: whole sentences about anything else, such as a line of a file. */
  constructor(problems: readonly Problem[], others: readonly string[] = []) {
    const lines = [...Map.groupBy(problems, ({ name }) => name)].map(
      ([name, found]) => `${name}: ${found.map(({ sentence }) => sentence).join("; also ")}`,
    );
    const all = [...others, ...lines];
    super(["Settings are wrong or missing:", ...all.map((line) => `  ${line}`)].join("\n"));
    this.name = "ConfigError";
    this.lines = all;
  }
}

export type ReadFile = (path: string) => string;

/** Settings with an invalid text: what was given, and what is expected. */
export function textProblems(
  settings: readonly ResolvedSetting[],
  reader: SettingReader,
  readFile: ReadFile = (path) => readFileSync(path, "utf8"),
): Problem[] {
  const problems: Problem[] = [];
  for (const { name, text, origin } of settings) {
    const { kind } = SETTINGS[name];
    if (text === undefined) continue;
    const malformed = reader.malformed(name);
    const reason = malformed ? kind.whyNot?.(text) : whyUseless(text, kind.file, readFile);
    if (!malformed && reason === undefined) continue;
    const given = `${quoteSetting(name, text)} (${origin})`;
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

function whyUseless(
  path: string,
  file: Kind<unknown>["file"],
  readFile: ReadFile,
): string | undefined {
  if (file === undefined) return undefined;
  try {
    const content = readFile(path);
    return file === "json" ? whyNoJsonObject(content) : undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return REASONS[code] ?? `it cannot be read (${code})`;
  }
}

function whyNoJsonObject(content: string): string | undefined {
  try {
    const value: unknown = JSON.parse(content);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? undefined : "it holds no JSON object";
  } catch (error) {
    // The rest of the message quotes the file.
    const [place] = /\(line \d+ column \d+\)$/.exec(String(error)) ?? [];
    return place === undefined ? "it is no JSON" : `it is no JSON ${place}`;
  }
}
