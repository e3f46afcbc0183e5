import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

const CHECKOUT = resolve(import.meta.dirname, "../..");

/** A part of a Markdown file that stands between marks and is made from what the program says of itself. */
export type GeneratedBlock = {
  /** Relative to the checkout. */
  file: string;
  /** In its marks. */
  name: string;
  markdown: string;
};

export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`)
    .join("\n");
}

/** The text of the file with that block made again. Throws where the marks are gone. */
export function withBlock(text: string, { file, name, markdown }: GeneratedBlock): string {
  const mark = `<!-- ${name}: begin (npm run generate writes this) -->`;
  const begin = text.indexOf(mark);
  const end = text.indexOf(`<!-- ${name}: end -->`);
  if (begin === -1 || end < begin) throw new Error(`${file} has lost the marks of its ${name}`);
  return `${text.slice(0, begin + mark.length)}\n\n${markdown}\n\n${text.slice(end)}`;
}

export async function readFileOf({ file }: GeneratedBlock): Promise<string> {
  return readFile(join(CHECKOUT, file), "utf8");
}

export async function writeBlock(block: GeneratedBlock): Promise<void> {
  await writeFile(join(CHECKOUT, block.file), withBlock(await readFileOf(block), block));
}
