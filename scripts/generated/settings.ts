import { SETTING_NAMES, SETTINGS, type SettingName } from "../../src/config/settings.ts";
import { markdownTable, plain, type GeneratedBlock } from "./block.ts";

/** A table for each subject, with one row for each setting, in the order of `--help`. */
export const SETTINGS_BLOCK: GeneratedBlock = {
  file: "docs/reference/settings.md",
  name: "settings",
  markdown: [...Map.groupBy(SETTING_NAMES, (name) => SETTINGS[name].group)]
    .map(([group, names]) =>
      [
        `## ${group}`,
        "",
        markdownTable(["setting", "what it does", "default", "value"], names.map(rowOf)),
      ].join("\n"),
    )
    .join("\n\n"),
};

function rowOf(name: SettingName): string[] {
  const { description, default: fallback, otherwise = "", kind, secret } = SETTINGS[name];
  const unset = fallback === undefined ? plain(otherwise) : `\`${fallback}\``;
  const about = secret ? `${description} No flag.` : description;
  return [`\`${name}\``, plain(about), unset, plain(kind.expected)];
}
