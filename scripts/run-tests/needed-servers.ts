import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { OPENSEARCH_VERSIONS, type OpenSearchVersion } from "../local-servers/opensearch.ts";

export type NeededServers = { openSearch: readonly OpenSearchVersion[]; kafka: boolean };

/** Hands out the servers of a run: a file that only reaches it need not want one. */
const HANDS_OUT = /test\/support\/servers\/local-servers\.ts$/;
/** Defined there for all, and called by the tests that run on each version. */
const SUPPORT = /test\/support\//;
const EACH_VERSION = /\b(?:onEachOpenSearch|testedVersions|openFixture)\(/;
const OPENSEARCH = /\bsharedOpenSearch\(/;
const KAFKA = /\bsharedKafka\(/;

/**
 * Which shared servers some test files ask for, themselves or by what they import; one that is overlooked a file starts by
 * itself. `available`: versions, newest first.
 */
export async function neededServers(
  files: readonly string[],
  available: readonly OpenSearchVersion[],
): Promise<NeededServers> {
  const texts = await textsReached(files);
  const textsWithout = (left: RegExp) =>
    [...texts].filter(([path]) => !left.test(path)).map(([, text]) => text);
  const reached = textsWithout(HANDS_OUT);
  const own = textsWithout(SUPPORT);
  const [newest = OPENSEARCH_VERSIONS[0]] = available;
  const openSearch = !reached.some((text) => OPENSEARCH.test(text))
    ? []
    : own.some((text) => EACH_VERSION.test(text))
      ? available
      : [newest];
  return { openSearch, kafka: reached.some((text) => KAFKA.test(text)) };
}

/** Whether the file runs on each version, itself or by what it imports beside what is there for all. */
export async function runsOnEachVersion(file: string): Promise<boolean> {
  const texts = await textsReached([file]);
  return [...texts].some(([path, text]) => !SUPPORT.test(path) && EACH_VERSION.test(text));
}

/** The text of the files and of all of ours that they import, by their full paths. */
async function textsReached(files: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const queue = files.map((file) => resolve(file));
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (texts.has(path)) continue;
    const text = await readFile(path, "utf8").catch(() => "");
    texts.set(path, text);
    for (const [, imported = ""] of text.matchAll(/from "(\.[^"]+\.ts)"/g)) {
      queue.push(resolve(dirname(path), imported));
    }
  }
  return texts;
}
