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

/** A file that is made as a whole. */
export type GeneratedFile = { file: string; text: string };

export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`)
    .join("\n");
}

/** A sentence of the program as Markdown shows it letter by letter; what stands in backquotes is code already. */
export function plain(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, at) =>
      at % 2 === 1 ? part : part.replaceAll("<", "&lt;").replaceAll(/[*_]/g, String.raw`\$&`),
    )
    .join("");
}

/** The text of the file with that block made again. Throws where the marks are gone. */
export function withBlock(text: string, { file, name, markdown }: GeneratedBlock): string {
  const mark = `<!-- ${name}: begin (npm run generate writes this) -->`;
  const begin = text.indexOf(mark);
  const end = text.indexOf(`<!-- ${name}: end -->`);
  if (begin === -1 || end < begin) throw new Error(`${file} has lost the marks of its ${name}`);
  return `${text.slice(0, begin + mark.length)}\n\n${markdown}\n\n${text.slice(end)}`;
}

export async function readFileOf({ file }: Pick<GeneratedBlock, "file">): Promise<string> {
  return readFile(join(CHECKOUT, file), "utf8");
}

export async function writeBlock(block: GeneratedBlock): Promise<void> {
  await writeGenerated({ file: block.file, text: withBlock(await readFileOf(block), block) });
}

export async function writeGenerated({ file, text }: GeneratedFile): Promise<void> {
  await writeFile(join(CHECKOUT, file), text);
}
