import { appendFile, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { StateStore } from "../../ports/state-store.ts";
import { MAX_WAIT_MS, withFileLock } from "./file-lock.ts";
import { makeFolder } from "./make-folder.ts";

/** Between two attempts at an unwritable directory. */
const RETRY_MS = 60_000;

/**
 * One JSON file per document, replaced by a rename, and one JSON-lines file per journal. While the directory is
 * unwritable, memory serves: `onUnwritable` is called once, and `onWritable` once everything is written. Each save,
 * each minute and `retry` try again.
 */
export function createStateDirectory(
  path: string,
  onUnwritable: (problem: string) => void,
  onWritable: () => void = () => undefined,
  lockWaitMs = MAX_WAIT_MS,
): StateStore {
  const memory = new Map<string, unknown>();
  /** Lines not written yet. */
  const unwritten = new Map<string, string>();
  let reported = false;
  /** Whether the last write succeeded. */
  let works = true;
  // Saves run in order, so that the last value wins.
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
      // A leading line break ends a line that another process left half written.
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
      await makeFolder(path, 0o700);
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
    // Without a folder there is no lock, and saving reports it.
    await makeFolder(path, 0o700).catch(() => undefined);
    const change = async () => saveNow(name, revise(await load(name)));
    if (await withFileLock(lockOf(name), change, lockWaitMs)) return;
    memory.set(name, revise(await load(name)));
    reportUnwritable(heldTooLong(name));
  }

  async function appendNow(name: string): Promise<void> {
    const lines = unwritten.get(name);
    if (lines === undefined) return;
    try {
      await makeFolder(path, 0o700);
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

  /** Writes everything held in memory as soon as the directory is writable. */
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

/** An incomplete line is ignored. */
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
