import { glob, stat } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import type { Part } from "./arguments.ts";

const TEST_FILE = /\.test\.ts$/;
const TAKES_LONG = /\/full\//;
const WITH_SERVERS = /^test\/e2e\//;

/** The unit part is everything that wants no server. `file` is relative to the checkout. */
export function partOf(file: string): Part {
  return WITH_SERVERS.test(file) ? "e2e" : "unit";
}

/** Whether it runs only where everything does. */
export function takesLong(file: string): boolean {
  return TAKES_LONG.test(file);
}

/** All test files of the checkout, relative to it. */
export async function allFiles(checkout: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob("test/**/*.test.ts", { cwd: checkout })) files.push(file);
  return files.map(withSlashes).toSorted();
}

/** What each of the names given stands for: test files, relative to the checkout; none where there are none. */
export async function findFiles(
  given: readonly string[],
  { checkout, folder }: { checkout: string; folder: string },
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const name of given) {
    const here = await matching(name, folder);
    found.set(
      name,
      (here.length > 0 ? here : await matching(name, checkout))
        .map((path) => withSlashes(relative(checkout, path)))
        .toSorted(),
    );
  }
  return found;
}

/** The files to run of these parts, or what is wrong with a name. */
export function chooseFiles(
  found: ReadonlyMap<string, readonly string[]>,
  parts: readonly Part[],
): { files: string[] } | { problem: string } {
  const files = new Set<string>();
  for (const [name, all] of found) {
    const [first] = all;
    if (first === undefined) {
      return { problem: `${name}: no test file (*.test.ts) is there or matches it` };
    }
    const wanted = all.filter((file) => parts.includes(partOf(file)));
    if (wanted.length === 0) {
      const part = partOf(first);
      return {
        problem: `${name}: of the ${part} tests; run npm run test:${part} -- ${name}, or npm test -- ${name}`,
      };
    }
    for (const file of wanted) files.add(file);
  }
  return { files: [...files] };
}

async function matching(name: string, folder: string): Promise<string[]> {
  const path = resolve(folder, name);
  const known = await stat(path).catch(() => undefined);
  if (known?.isFile()) return TEST_FILE.test(path) ? [path] : [];
  const pattern = known?.isDirectory() ? `${name}/**/*.test.ts` : name;
  const paths: string[] = [];
  for await (const one of glob(pattern, { cwd: folder })) paths.push(resolve(folder, one));
  return paths.filter((one) => TEST_FILE.test(one));
}

function withSlashes(path: string): string {
  return path.replaceAll(sep, "/");
}
