import { open, rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Nobody holds one for so long who still lives. */
const STALE_MS = 10_000;
const RETRY_MS = 10;

/**
 * Runs the work while no other process that uses the same file as a lock does; what a killed one has left is removed.
 * Where no file can be made, nobody else can be at it either.
 */
export async function withFileLock(path: string, work: () => Promise<void>): Promise<void> {
  const held = await take(path);
  try {
    await work();
  } finally {
    if (held) await isRemoved(path);
  }
}

async function take(path: string): Promise<boolean> {
  for (;;) {
    try {
      await (await open(path, "wx", 0o600)).close();
      return true;
    } catch (error) {
      const isHeld = error instanceof Error && "code" in error && error.code === "EEXIST";
      if (!isHeld) return false;
    }
    if (!(await isStale(path))) await sleep(RETRY_MS);
    else if (!(await isRemoved(path))) return false;
  }
}

async function isRemoved(path: string): Promise<boolean> {
  return rm(path, { force: true }).then(
    () => true,
    () => false,
  );
}

async function isStale(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  // Ahead of the clock it was made before the clock was put back.
  return found !== undefined && Math.abs(Date.now() - found.mtimeMs) > STALE_MS;
}
