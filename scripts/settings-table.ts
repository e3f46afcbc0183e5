import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { SETTING_NAMES, SETTINGS } from "../src/config/settings.ts";

const README = join(import.meta.dirname, "../README.md");
const BEGIN = "<!-- settings: begin (node scripts/settings-table.ts writes this table) -->";
const END = "<!-- settings: end -->";

/** The README's table of settings, one row each, in the order of `--help`. */
export function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { description, default: fallback, otherwise = "", kind, secret } = SETTINGS[name];
    const unset = fallback === undefined ? otherwise : `\`${fallback}\``;
    const about = secret ? `${description} No flag.` : description;
    return `| \`${name}\` | ${[about, unset, kind.expected].map(cell).join(" | ")} |`;
  });
  return [
    "| setting | what it does | default | value |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", String.raw`\|`);
}

/** The README with its table made anew. Throws where the marks are gone. */
export function withSettingsTable(readme: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end < begin) throw new Error("README.md has lost the marks of its table");
  const head = readme.slice(0, begin + BEGIN.length);
  return `${head}\n\n${settingsTable()}\n\n${readme.slice(end)}`;
}

if (import.meta.main) {
  await writeFile(README, withSettingsTable(await readFile(README, "utf8")));
}
