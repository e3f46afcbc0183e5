import { randomUUID } from "node:crypto";
import { link, rm, stat } from "node:fs/promises";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

/** An unlocked lock file is kept this long: an earlier release locked by the file's existence alone. */
const GRACE_MS = 10_000;
const RETRY_MS = 10;
/** A lock is held for milliseconds; a process that holds it this long is suspended. */
export const MAX_WAIT_MS = 30_000;

/**
 * Runs the work while this process holds the lock. Returns false, without running it, where another process held the
 * lock all the time. Where no lock file can be made (full or read-only disk, no hard links) the work runs unlocked. The
 * kernel decides who holds SQLite's lock and drops it when a process ends: clocks cannot make two holders, and only the
 * holder removes the file.
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

/** Locks a file under a unique name, then links it to the common name, which only one file can have. */
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

/** Removes the lock file of a dead process; false while its holder may be alive. */
async function removeDead(path: string, temporary: string): Promise<boolean> {
  const young = await isYoung(path);
  if (young === undefined) return true;
  if (young) return false;
  // A second link keeps the inode from being reused, so that equal inodes mean the same file.
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

/** Undefined where it is gone. A file time in the future means that the clock was set back. */
async function isYoung(path: string): Promise<boolean | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && Math.abs(Date.now() - found.mtimeMs) <= GRACE_MS;
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  return (await stat(path, { bigint: true }).catch(() => undefined))?.ino;
}

/** The error code of a failed link. */
async function linkProblem(from: string, to: string): Promise<string | undefined> {
  return link(from, to).then(
    () => undefined,
    (error: unknown) =>
      error instanceof Error && "code" in error ? String(error.code) : "unknown",
  );
}

/** Creates the file if needed; undefined where it cannot be created or is locked. Nothing is written. */
async function lockFile(path: string): Promise<Held | undefined> {
  const { DatabaseSync: Database } = await import("node:sqlite");
  let opened: DatabaseSync | undefined;
  try {
    opened = new Database(path, { timeout: 0 });
    // A journal file would survive a killed process.
    opened.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return opened;
  } catch {
    opened?.close();
    return undefined;
  }
}
