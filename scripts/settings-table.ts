import { SETTING_NAMES, SETTINGS } from "../src/config/settings.ts";
import { writeTable, type ReadmeTable } from "./readme-table.ts";

/** The README's table of settings, one row each, in the order of `--help`. */
export const SETTINGS_TABLE: ReadmeTable = {
  name: "settings",
  head: ["setting", "what it does", "default", "value"],
  rows: SETTING_NAMES.map((name) => {
    const { description, default: fallback, otherwise = "", kind, secret } = SETTINGS[name];
    const unset = fallback === undefined ? otherwise : `\`${fallback}\``;
    const about = secret ? `${description} No flag.` : description;
    return [`\`${name}\``, about, unset, kind.expected];
  }),
};

if (import.meta.main) await writeTable(SETTINGS_TABLE);
