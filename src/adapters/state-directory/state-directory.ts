import { appendFile, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { StateStore } from "../../ports/state-store.ts";
import { MAX_WAIT_MS, withFileLock } from "./file-lock.ts";

/** From one try at a directory that cannot be written to the next, where nothing else is saved. */
const RETRY_MS = 60_000;

/**
 * One JSON file per document, replaced whole by a rename, and one file of JSON lines per ledger. While it cannot be
 * written memory serves: `onUnwritable` is called once, and `onWritable` once all of that is written after all. It is
 * tried again with each save, each minute and at `retry`.
 */
export function createStateDirectory(
  path: string,
  onUnwritable: (problem: string) => void,
  onWritable: () => void = () => undefined,
  lockWaitMs = MAX_WAIT_MS,
): StateStore {
  const memory = new Map<string, unknown>();
  /** Lines that no file has taken yet. */
  const unwritten = new Map<string, string>();
  let reported = false;
  /** Whether the last file could be written. */
  let works = true;
  // One save after the other: the last one said is the last one kept.
  let last: Promise<void> = Promise.resolve();
  let writes = 0;
  let retrying: NodeJS.Timeout | undefined;
  const file = (name: string) => join(path, `${name}.json`);
  const lockOf = (name: string) => `${file(name)}.lock`;
  const heldTooLong = (name: string) =>
    new Error(`another process has held ${lockOf(name)} for too long; it seems to be stopped`);
  const journalFile = (name: string) => join(path, `${name}${JOURNAL}`);
  const load = async (name: string) => {
    if (memory.has(name)) return memory.get(name);
    try {
      const parsed: unknown = JSON.parse(await readFile(file(name), "utf8"));
      return parsed;
    } catch {
      return undefined;
    }
  };
  return {
    load,
    save(name, value) {
      last = last.then(() => saveNow(name, value)).then(catchUp);
      return last;
    },
    change(name, revise) {
      const changed = last.then(() => changeNow(name, revise));
      last = changed.catch(() => undefined).then(catchUp);
      return changed;
    },
    append(name, line) {
      // A line break before it, too: what another process left half written ends there.
      unwritten.set(name, `${unwritten.get(name) ?? ""}\n${JSON.stringify(line)}\n`);
      last = last.then(() => appendNow(name)).then(catchUp);
      return last;
    },
    lines(name) {
      const read = last.then(() => linesNow(name));
      last = read.then(() => undefined);
      return read;
    },
    async journals() {
      const files = await readdir(path).catch(() => []);
      const names = files.flatMap((one) =>
        one.endsWith(JOURNAL) ? [one.slice(0, -JOURNAL.length)] : [],
      );
      return [...new Set([...names, ...unwritten.keys()])];
    },
    async removeJournal(name) {
      unwritten.delete(name);
      await rm(journalFile(name), { force: true }).catch(() => undefined);
    },
    retry,
  };

  function retry(): Promise<void> {
    last = last.then(() => {
      if (reported) works = true;
      return catchUp();
    });
    return last;
  }

  async function saveNow(name: string, value: unknown): Promise<void> {
    const temporary = `${file(name)}.${process.pid}.${writes++}.tmp`;
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      await replace(file(name), temporary, JSON.stringify(value));
      memory.delete(name);
      works = true;
    } catch (error) {
      memory.set(name, value);
      await rm(temporary, { force: true }).catch(() => undefined);
      reportUnwritable(error);
    }
  }

  async function changeNow(name: string, revise: (current: unknown) => unknown): Promise<void> {
    // Where there is no folder there is no lock either, and saving says so.
    await mkdir(path, { recursive: true, mode: 0o700 }).catch(() => undefined);
    const change = async () => saveNow(name, revise(await load(name)));
    if (await withFileLock(lockOf(name), change, lockWaitMs)) return;
    memory.set(name, revise(await load(name)));
    reportUnwritable(heldTooLong(name));
  }

  async function appendNow(name: string): Promise<void> {
    const lines = unwritten.get(name);
    if (lines === undefined) return;
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      await appendFile(journalFile(name), lines, { mode: 0o600 });
      const since = unwritten.get(name)?.slice(lines.length);
      if (since) unwritten.set(name, since);
      else unwritten.delete(name);
      works = true;
    } catch (error) {
      reportUnwritable(error);
    }
  }

  async function linesNow(name: string): Promise<unknown[]> {
    const written = await readFile(journalFile(name), "utf8").catch(() => "");
    return linesIn(`${written}${unwritten.get(name) ?? ""}`);
  }

  function reportUnwritable(error: unknown): void {
    if (!reported) onUnwritable(error instanceof Error ? error.message : String(error));
    reported = true;
    works = false;
    clearTimeout(retrying);
    retrying = setTimeout(() => void retry(), RETRY_MS).unref();
  }

  /** What was held back is written as soon as anything can be: some of it may never be saved again. */
  async function catchUp(): Promise<void> {
    if (!reported || !works) return;
    for (const [name, value] of memory) {
      const save = () => saveNow(name, value);
      const done = await withFileLock(lockOf(name), save, lockWaitMs);
      if (!done) reportUnwritable(heldTooLong(name));
      if (!works) return;
    }
    for (const name of unwritten.keys()) {
      await appendNow(name);
      if (!works) return;
    }
    reported = false;
    clearTimeout(retrying);
    onWritable();
  }
}

const JOURNAL = ".jsonl";

/** A line that was cut off in the middle counts as none. */
function linesIn(text: string): unknown[] {
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}

async function replace(target: string, temporary: string, content: string): Promise<void> {
  {
    await using handle = await open(temporary, "w", 0o600);
    await handle.writeFile(content);
    await handle.sync();
  }
  await rename(temporary, target);
}
