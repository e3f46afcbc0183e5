import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { StateStore } from "../../ports.ts";

/**
 * One JSON file per name, replaced whole by a rename. Where it cannot be written, `onUnwritable` is told once and the
 * documents are kept in memory.
 */
export function createStateDirectory(
  path: string,
  onUnwritable: (problem: string) => void,
): StateStore {
  const memory = new Map<string, unknown>();
  let told = false;
  // One save after the other: the last one said is the last one kept.
  let last: Promise<void> = Promise.resolve();
  let writes = 0;
  const file = (name: string) => join(path, `${name}.json`);
  return {
    async load(name) {
      if (memory.has(name)) return memory.get(name);
      try {
        const parsed: unknown = JSON.parse(await readFile(file(name), "utf8"));
        return parsed;
      } catch {
        return undefined;
      }
    },
    save(name, value) {
      last = last.then(() => saveNow(name, value));
      return last;
    },
  };

  async function saveNow(name: string, value: unknown): Promise<void> {
    const temporary = `${file(name)}.${process.pid}.${writes++}.tmp`;
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      await replace(file(name), temporary, JSON.stringify(value));
      memory.delete(name);
    } catch (error) {
      memory.set(name, value);
      await rm(temporary, { force: true }).catch(() => undefined);
      if (!told) onUnwritable(error instanceof Error ? error.message : String(error));
      told = true;
    }
  }
}

async function replace(target: string, temporary: string, content: string): Promise<void> {
  {
    await using handle = await open(temporary, "w", 0o600);
    await handle.writeFile(content);
    await handle.sync();
  }
  await rename(temporary, target);
}
