import { glob, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";

/** Type imports, value imports and `import()`, of a file by its relative path. */
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"(?<path>\.[^"]+)"/g;
const ROOM = /^src\/(?<room>[a-z]+)\//;

export type Imports = {
  /** Room → room it imports → files of the first that do, relative to the checkout. */
  rooms: Map<string, Map<string, Set<string>>>;
  /** Files of `src` that lie in no room. */
  loose: string[];
};

/** The text of every file of `src`, by its path from the checkout. */
export async function readSources(checkout: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const file of glob("src/**/*.ts", { cwd: checkout })) {
    texts.set(file, await readFile(join(checkout, file), "utf8"));
  }
  return texts;
}

/** The files that this one imports, by their paths from the checkout. */
export function importedBy(file: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].map(({ groups }) =>
    normalize(join(dirname(file), groups?.["path"] ?? "")),
  );
}

/** What the rooms of `src` import of each other. */
export async function readImports(checkout: string): Promise<Imports> {
  const rooms: Imports["rooms"] = new Map();
  const loose: string[] = [];
  for (const [file, text] of await readSources(checkout)) {
    const room = roomOf(file);
    if (room === undefined) {
      loose.push(file);
      continue;
    }
    const imported = rooms.get(room) ?? new Map<string, Set<string>>();
    rooms.set(room, imported);
    for (const path of importedBy(file, text)) {
      const other = roomOf(path);
      if (other === undefined || other === room) continue;
      imported.set(other, (imported.get(other) ?? new Set()).add(file));
    }
  }
  return { rooms, loose };
}

function roomOf(file: string): string | undefined {
  return ROOM.exec(file)?.groups?.["room"];
}
