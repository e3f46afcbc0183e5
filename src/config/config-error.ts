import type { SettingName } from "./settings.ts";

/** A problem with one setting, without its name. */
export type Problem = { name: SettingName; sentence: string };

/** All problems of the settings, one line per setting; contains no secret. */
export class ConfigError extends Error {
  readonly lines: readonly string[];

  /** `others`: whole sentences about anything else, such as a line of a file. */
  constructor(problems: readonly Problem[], others: readonly string[] = []) {
    const sentences = new Map<string, string[]>();
    for (const { name, sentence } of problems) {
      sentences.set(name, [...(sentences.get(name) ?? []), sentence]);
    }
    const lines = [...sentences].map(([name, parts]) => `${name}: ${parts.join("; also ")}`);
    const all = [...others, ...lines];
    super(["Settings are wrong or missing:", ...all.map((line) => `  ${line}`)].join("\n"));
    this.name = "ConfigError";
    this.lines = all;
  }
}
