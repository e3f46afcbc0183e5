import { SETTING_NAMES, SETTINGS } from "../../src/config/settings.ts";
import { markdownTable, type GeneratedBlock } from "./block.ts";

/** One row for each setting, in the order of `--help`. */
export const SETTINGS_BLOCK: GeneratedBlock = {
  file: "README.md",
  name: "settings",
  markdown: markdownTable(
    ["setting", "what it does", "default", "value"],
    SETTING_NAMES.map((name) => {
      const { description, default: fallback, otherwise = "", kind, secret } = SETTINGS[name];
      const unset = fallback === undefined ? otherwise : `\`${fallback}\``;
      const about = secret ? `${description} No flag.` : description;
      return [`\`${name}\``, about, unset, kind.expected];
    }),
  ),
};
