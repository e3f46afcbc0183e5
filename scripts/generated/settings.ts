import { RULES } from "../../src/config/rules.ts";
import type { Condition } from "../../src/config/setting.ts";
import { groupOf, SETTING_NAMES, SETTINGS, type SettingName } from "../../src/config/settings.ts";
import { markdownTable, plain, type GeneratedBlock } from "./block.ts";

const HEAD = ["setting", "what it does", "default", "value", "used when, requires"];

/** A table for each group, with one row for each setting, in the order of `--help`; then the rules over several settings. */
export const SETTINGS_BLOCK: GeneratedBlock = {
  file: "docs/reference/settings.md",
  name: "settings",
  markdown: [
    ...[...Map.groupBy(SETTING_NAMES, groupOf)].flatMap(([{ title, usedWhen }, names]) => [
      `## ${title}`,
      ...(usedWhen ? [sentence("Used when", usedWhen)] : []),
      markdownTable(HEAD, names.map(rowOf)),
    ]),
    "## Rules over several settings",
    RULES.map(({ says }) => `- ${plain(says)}`).join("\n"),
  ].join("\n\n"),
};

function rowOf(name: SettingName): string[] {
  const setting = SETTINGS[name];
  const { description, default: fallback, otherwise = "", kind, secret } = setting;
  const unset = fallback === undefined ? plain(otherwise) : `\`${fallback}\``;
  const about = secret ? `${description} No flag.` : description;
  const { usedWhen, requires } = setting;
  const conditions = [
    ...(usedWhen ? [sentence("Used when", usedWhen)] : []),
    ...(requires ? [sentence("Requires that", requires)] : []),
  ].join(" ");
  return [`\`${name}\``, plain(about), unset, plain(kind.expected), conditions];
}

/** One sentence of all conditions, with the names of settings as code. */
function sentence(begin: string, conditions: readonly Condition<SettingName>[]): string {
  const clauses = conditions.map(({ says }) => says.replaceAll(/[A-Z]+(?:_[A-Z]+)+/g, "`$&`"));
  return plain(`${begin} ${clauses.join(", and ")}.`);
}
