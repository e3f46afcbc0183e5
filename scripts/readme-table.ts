import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const README = join(import.meta.dirname, "../README.md");

/** A table of the README that stands between marks and is made from what the program says of itself. */
export type ReadmeTable = {
  /** In its marks. */
  name: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
};

/** The README with that table made anew. Throws where the marks are gone. */
export function withTable(readme: string, { name, head, rows }: ReadmeTable): string {
  const mark = `<!-- ${name}: begin (npm run tables writes this table) -->`;
  const begin = readme.indexOf(mark);
  const end = readme.indexOf(`<!-- ${name}: end -->`);
  if (begin === -1 || end < begin) throw new Error(`README.md has lost the marks of its ${name}`);
  const lines = [head, head.map(() => "---"), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`,
  );
  return `${readme.slice(0, begin + mark.length)}\n\n${lines.join("\n")}\n\n${readme.slice(end)}`;
}

export async function writeTable(table: ReadmeTable): Promise<void> {
  await writeFile(README, withTable(await readFile(README, "utf8"), table));
}
