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

/** What the rooms of `src` import of each other. */
export async function readImports(checkout: string): Promise<Imports> {
  const rooms: Imports["rooms"] = new Map();
  const loose: string[] = [];
  for await (const file of glob("src/**/*.ts", { cwd: checkout })) {
    const room = roomOf(file);
    if (room === undefined) {
      loose.push(file);
      continue;
    }
    const imported = rooms.get(room) ?? new Map<string, Set<string>>();
    rooms.set(room, imported);
    const text = await readFile(join(checkout, file), "utf8");
    for (const { groups } of text.matchAll(IMPORT)) {
      const other = roomOf(normalize(join(dirname(file), groups?.["path"] ?? "")));
      if (other === undefined || other === room) continue;
      imported.set(other, (imported.get(other) ?? new Set()).add(file));
    }
  }
  return { rooms, loose };
}

function roomOf(file: string): string | undefined {
  return ROOM.exec(file)?.groups?.["room"];
}
