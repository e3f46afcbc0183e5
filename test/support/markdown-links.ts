import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Where the links of a Markdown text lead, without those in its code. */
function linksIn(markdown: string): string[] {
  const text = markdown.replaceAll(/^ *```[^]*?^ *```/gm, "").replaceAll(/`[^`\n]*`/g, "");
  const inline = [...text.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)];
  const named = [...text.matchAll(/^\[[^\]]+\]: *(\S+)/gm)];
  const html = [...text.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)];
  return [...inline, ...named, ...html].map(([, link = ""]) => link);
}

/** The anchors of its headings, as GitHub and the docs site make them. */
function anchorsIn(markdown: string): Set<string> {
  const text = markdown.replaceAll(/^ *```[^]*?^ *```/gm, "");
  const headings = text.matchAll(/^#+ (.*)$/gm);
  return new Set([...headings].map(([, words = ""]) => anchorOf(words)));
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

/** What is wrong with a relative link out of `folder`; undefined where it leads to a file, and to a heading of it. */
export async function problemOf(link: string, folder: string): Promise<string | undefined> {
  const [path = "", anchor] = link.split("#", 2);
  const file = join(folder, path);
  const found = await stat(file).catch(() => undefined);
  if (!found) return `${link}: there is no such file`;
  if (anchor === undefined) return undefined;
  const anchors = anchorsIn(await readFile(file, "utf8"));
  return anchors.has(anchor) ? undefined : `${link}: there is no such heading`;
}

/** All relative links of a file that lead nowhere. */
export async function deadLinksOf(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8");
  const relative = linksIn(text).filter((link) => !/^(?:[a-z]+:|\/)/.test(link));
  const problems = await Promise.all(
    relative.map(async (link) =>
      link.startsWith("#")
        ? anchorsIn(text).has(link.slice(1))
          ? undefined
          : `${link}: there is no such heading`
        : problemOf(link, dirname(file)),
    ),
  );
  return problems.filter((problem) => problem !== undefined);
}
