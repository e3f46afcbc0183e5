import { closeSync, constants, mkdirSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Writable } from "node:stream";
import { createStream } from "rotating-file-stream";

const MAX_FILE_SIZE = "10M";
const MAX_FILES = 5;
/** For its owner and, to read, its group. */
const MODE = 0o640;
/** From one try at an unwritable file to the next. */
const RETRY_MS = 60_000;
/** Lines that a slow disk has not taken yet; more of them are lost rather than kept in memory. */
const MAX_QUEUED_CHARACTERS = 16_000_000;

type Watcher = {
  /** Once, until the file is written again. */
  onUnwritable(problem: string): void;
  /** The line that stands in the file where so many are missing. */
  gapLine(lost: number): string;
  onWritable(lost: number): void;
};

/**
 * A rotated log file that survives what happens to its disk: where a line cannot be written, lines are counted instead,
 * and each minute, and at `reopen`, the file is tried again. winston's own file transport swallows the error of a full
 * disk and then holds up the other transports.
 */
export class LogFile {
  readonly path: string;
  readonly #watcher: Watcher;
  #stream: Writable;
  readonly #queue: string[] = [];
  #queuedCharacters = 0;
  #draining: Promise<void> | undefined;
  /** Undefined while the file can be written. */
  #problem: string | undefined;
  /** Lines that the file lacks and does not yet say that it lacks. */
  #lost = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #retrying: Promise<void> | undefined;

  constructor(path: string, watcher: Watcher) {
    this.path = path;
    this.#watcher = watcher;
    this.#stream = this.#open();
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** One line with its line break. Never throws and never waits. */
  write(line: string): void {
    const isFull = this.#queuedCharacters + line.length > MAX_QUEUED_CHARACTERS;
    if (this.#problem !== undefined || isFull) {
      this.#lost++;
      return;
    }
    this.#queue.push(line);
    this.#queuedCharacters += line.length;
    this.#draining ??= this.#drain();
  }

  /**
   * Opens the file by its name again, as after `logrotate` moved it away. Resolves once it is open or known to be
   * unwritable; never rejects.
   */
  async reopen(): Promise<void> {
    await this.#draining;
    if (this.#problem !== undefined) return this.#retry();
    const before = this.#stream;
    this.#stream = this.#open();
    await opened(this.#stream);
    await closed(before);
  }

  /** Waits until what was written is in the file, where it can be. */
  async close(): Promise<void> {
    await this.#draining;
    clearTimeout(this.#retryTimer);
    await closed(this.#stream);
  }

  #open(): Writable {
    const link = makeFile(this.path);
    const stream = link
      ? new Writable().destroy(link)
      : createStream(basename(this.path), {
          path: dirname(this.path),
          size: MAX_FILE_SIZE,
          rotate: MAX_FILES - 1,
          mode: MODE,
        });
    // It may fail before anything is written, or while it is rotated.
    stream.on("error", (error: Error) => {
      if (stream === this.#stream) this.#fail(error);
    });
    return stream;
  }

  async #drain(): Promise<void> {
    try {
      for (let line = this.#queue.shift(); line !== undefined; line = this.#queue.shift()) {
        this.#queuedCharacters -= line.length;
        await put(this.#stream, line).catch((error: unknown) => {
          this.#lost++;
          throw error;
        });
      }
      if (this.#lost > 0) await this.#fillGap();
    } catch (error) {
      this.#fail(error);
    }
    // A line may have come while the gap was filled.
    this.#draining = this.#queue.length > 0 ? this.#drain() : undefined;
  }

  /** Says in the file how many lines it lacks. Returns their number; throws where the file cannot be written. */
  async #fillGap(): Promise<number> {
    let filled = 0;
    do {
      const lost = this.#lost;
      await put(this.#stream, this.#watcher.gapLine(lost));
      this.#lost -= lost;
      filled += lost;
    } while (this.#lost > 0);
    return filled;
  }

  #fail(error: unknown): void {
    this.#lost += this.#queue.length;
    this.#queue.length = 0;
    this.#queuedCharacters = 0;
    if (this.#problem !== undefined) return;
    this.#problem = error instanceof Error ? error.message : String(error);
    this.#retryLater();
    this.#watcher.onUnwritable(this.#problem);
  }

  #retryLater(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.#retry(), RETRY_MS).unref();
  }

  #retry(): Promise<void> {
    this.#retrying ??= this.#tryAgain().finally(() => (this.#retrying = undefined));
    return this.#retrying;
  }

  /** Only a line that is written shows that the file takes lines again: an empty file can be made on a full disk. */
  async #tryAgain(): Promise<void> {
    const before = this.#stream;
    this.#stream = this.#open();
    before.destroy();
    try {
      await opened(this.#stream);
      if (await endsInMidLine(this.path)) {
        await put(this.#stream, "\n");
        this.#lost++;
      }
      const filled = await this.#fillGap();
      this.#problem = undefined;
      clearTimeout(this.#retryTimer);
      this.#watcher.onWritable(filled);
    } catch {
      this.#retryLater();
    }
  }
}

/**
 * Makes the file where there is none, and never through a symbolic link, which somebody else may have put there for
 * another file to be written. The stream itself cannot be told so. Undefined where it is no link; what else keeps it
 * from being opened the stream finds by itself.
 */
function makeFile(path: string): Error | undefined {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, MODE));
    return undefined;
  } catch (error) {
    const isLink = error instanceof Error && "code" in error && error.code === "ELOOP";
    // Devices such as /dev/stdout are links, and the system's own.
    if (!isLink || path.startsWith("/dev/")) return undefined;
    return new Error(
      "it is a symbolic link, which is not followed; let LOG_FILE name the file itself",
    );
  }
}

function put(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Whether it was opened shows in the next write. */
function opened(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    for (const end of ["open", "close"] as const) stream.once(end, () => resolve());
  });
}

/** A full disk may have taken the first half of a line. */
async function endsInMidLine(path: string): Promise<boolean> {
  try {
    await using handle = await open(path, "r");
    const { size } = await handle.stat();
    if (size === 0) return false;
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer.toString() !== "\n";
  } catch {
    return false;
  }
}

function closed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.once("close", () => resolve()).end();
  });
}
