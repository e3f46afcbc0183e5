import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes the folder and those above it that are missing, with this mode; a folder that is there stays as it is. Throws the error
 * of the system. Node's own `recursive` never ends where a folder is there and takes none, as /proc does.
 */
export async function makeFolder(path: string, mode: number): Promise<void> {
  const failure = await makeOne(path, mode);
  if (failure === undefined) return;
  const isMissing = failure instanceof Error && "code" in failure && failure.code === "ENOENT";
  if (!isMissing) throw failure;
  const parent = dirname(path);
  if (!(await isFolder(parent))) await makeFolder(parent, mode);
  // Another process may have made the parent since.
  const failureAgain = await makeOne(path, mode);
  if (failureAgain !== undefined) throw failureAgain;
}

/** Why there is no such folder now. */
async function makeOne(path: string, mode: number): Promise<unknown> {
  try {
    await mkdir(path, { mode });
    return undefined;
  } catch (error) {
    return (await isFolder(path)) ? undefined : error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
