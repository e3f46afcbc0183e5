import { gatherSources } from "../../../src/config/sources.ts";
import type { Sources } from "../../../src/config/sources.ts";
import { settingReader } from "../../../src/config/settings.ts";
import type { SettingReader } from "../../../src/config/settings.ts";

/** The sources of a process that has nothing but this environment. */
export function sourcesOf(env: Record<string, string>): Sources {
  return gatherSources({ flags: {}, env, envFile: undefined });
}

export function readerOf(env: Record<string, string>): SettingReader {
  return settingReader(sourcesOf(env).settings);
}
