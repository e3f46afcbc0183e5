import { randomUUID } from "node:crypto";
import { link, rm, stat } from "node:fs/promises";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

/** A lock file that nobody holds is left alone for so long: an earlier release held it by its existence alone. */
const GRACE_MS = 10_000;
const RETRY_MS = 10;
/** A process holds a lock for milliseconds; one that holds it for so long is stopped, and may never go on. */
export const MAX_WAIT_MS = 30_000;

/**
 * Runs the work while no other process holds the lock of that path. False where another one held it all the time: then
 * nothing was run. Where no lock file can be made (a full disk, a folder that cannot be written, no hard links) the work is run without.
 *
 * The kernel decides who holds it, by SQLite's lock on the lock file, and drops it when the process ends. So no clock
 * can make two processes hold it at once, and only the one that has locked a file ever removes it.
 */
export async function withFileLock(
  path: string,
  work: () => Promise<void>,
  maxWaitMs = MAX_WAIT_MS,
): Promise<boolean> {
  const taken = await take(path, maxWaitMs);
  if (taken === "busy") return false;
  try {
    await work();
  } finally {
    if (taken !== "impossible") {
      await rm(path, { force: true }).catch(() => undefined);
      taken.close();
    }
  }
  return true;
}

type Held = Pick<DatabaseSync, "close">;

/** A file is locked under a name of its own first, and then given the common name, which only one file can have. */
async function take(path: string, maxWaitMs: number): Promise<Held | "busy" | "impossible"> {
  const own = `${path}.${randomUUID()}`;
  const held = await lockFile(own);
  if (!held) return "impossible";
  const startedAt = performance.now();
  try {
    for (;;) {
      const problem = await linkProblem(own, path);
      if (problem === undefined) return held;
      if (problem !== "EEXIST") return closed(held, "impossible");
      if (await removeDead(path, `${own}.dead`)) continue;
      if (performance.now() - startedAt >= maxWaitMs) return closed(held, "busy");
      await sleep(RETRY_MS);
    }
  } finally {
    await rm(own, { force: true }).catch(() => undefined);
  }
}

function closed<T>(held: Held, result: T): T {
  held.close();
  return result;
}

/** Removes a lock file whose holder is dead; false while it may be alive. */
async function removeDead(path: string, temporary: string): Promise<boolean> {
  const young = await isYoung(path);
  if (young === undefined) return true;
  if (young) return false;
  // A second name keeps the file's inode from being given to another file, so that equal inodes are the same file.
  if ((await linkProblem(path, temporary)) !== undefined) return false;
  try {
    const held = await lockFile(temporary);
    if (!held) return false;
    try {
      const [dead, found] = await Promise.all([inodeOf(temporary), inodeOf(path)]);
      if (dead !== undefined && dead === found) await rm(path, { force: true });
      return true;
    } finally {
      held.close();
    }
  } catch {
    return false;
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Undefined where it is gone. One from ahead of the clock was made before the clock was put back. */
async function isYoung(path: string): Promise<boolean | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && Math.abs(Date.now() - found.mtimeMs) <= GRACE_MS;
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  return (await stat(path, { bigint: true }).catch(() => undefined))?.ino;
}

/** The code of what kept the file from its second name. */
async function linkProblem(from: string, to: string): Promise<string | undefined> {
  return link(from, to).then(
    () => undefined,
    (error: unknown) =>
      error instanceof Error && "code" in error ? String(error.code) : "unknown",
  );
}

/** Makes the file where there is none; undefined where it cannot be made, or is locked. Nothing is written to it. */
async function lockFile(path: string): Promise<Held | undefined> {
  const { DatabaseSync: Database } = await import("node:sqlite");
  let opened: DatabaseSync | undefined;
  try {
    opened = new Database(path, { timeout: 0 });
    // A journal would be a second file, which a killed process leaves behind.
    opened.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return opened;
  } catch {
    opened?.close();
    return undefined;
  }
}
