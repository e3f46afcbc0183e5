import { open, readFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFolder } from "./make-folder.ts";

const STAMP_KEY_FILE = "stamp.key";

const KEY_BYTES = 32;
const KEY = new RegExp(`^[0-9a-f]{${KEY_BYTES * 2}}\\n?$`);
/** For a key that another process is still writing. */
const TRIES = 20;
const WAIT_MS = 50;

/**
 * The key of all processes that share the directory, created if missing; hex. Throws an Error with a message for a
 * person where the existing file is unreadable or no key. Where none can be stored, `onUnwritable` gets the reason and
 * the key is this process's alone.
 */
export async function openStampKey(
  folder: string,
  onUnwritable: (problem: string) => void,
): Promise<string> {
  const path = join(folder, STAMP_KEY_FILE);
  try {
    // Opening the file reports a problem with the directory.
    await makeFolder(folder, 0o700).catch(() => undefined);
    return await makeKey(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return readKey(path);
    // A read-only directory may hold a key.
    const kept = await readFile(path, "utf8").catch(() => "");
    if (KEY.test(kept)) return kept.trim();
    onUnwritable(error instanceof Error ? error.message : String(error));
    return newKey();
  }
}

/** The stored key; undefined where none can be read. Creates none. */
export async function readStampKey(folder: string): Promise<string | undefined> {
  const kept = await readFile(join(folder, STAMP_KEY_FILE), "utf8").catch(() => "");
  return KEY.test(kept) ? kept.trim() : undefined;
}

function newKey(): string {
  return randomBytes(KEY_BYTES).toString("hex");
}

async function makeKey(path: string): Promise<string> {
  await using handle = await open(path, "wx", 0o600);
  const key = newKey();
  await handle.writeFile(`${key}\n`);
  await handle.sync();
  return key;
}

async function readKey(path: string): Promise<string> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const text = await readFile(path, "utf8");
    if (KEY.test(text)) return text.trim();
    await sleep(WAIT_MS);
  }
  throw new Error(
    `${path} holds no key of ${KEY_BYTES * 2} hex digits. Put the key back, or remove the file: a new one is made, and ` +
      "vectors that were signed with the old one stay and are searched, but are not used again for equal texts.",
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
