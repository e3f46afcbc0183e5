import { mkdir, rename, symlink, writeFile } from "node:fs/promises";

/**
 * Makes a folder; the function that it returns puts a file in its place, where nobody can write then. Permissions do not
 * stop root, and between two steps somebody might make the folder anew.
 */
export async function folderThatFills(path: string): Promise<() => Promise<void>> {
  await mkdir(`${path}.before`);
  await symlink(`${path}.before`, path);
  return async () => {
    await writeFile(`${path}.file`, "");
    await rename(`${path}.file`, path);
  };
}
