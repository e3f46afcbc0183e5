import { SETTING_NAMES, SETTINGS } from "./settings.ts";
import type { SettingName } from "./settings.ts";

/** The flag with its placeholder, `--opensearch-host <host>`; none for a secret. */
export function settingFlag(name: SettingName): string | undefined {
  const { secret, placeholder } = SETTINGS[name];
  if (secret === true) return undefined;
  return `--${name.toLowerCase().replaceAll("_", "-")} ${placeholder}`;
}

/** The key of a flag in commander's `opts()`: `opensearchHost`. */
export function flagAttribute(name: SettingName): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Settings given as flags, by name. */
export function flagTexts(options: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of SETTING_NAMES) {
    const given = options[flagAttribute(name)];
    // A flag without a value.
    const text = given === true ? "true" : given;
    if (typeof text === "string" && settingFlag(name) !== undefined) texts[name] = text;
  }
  return texts;
}
