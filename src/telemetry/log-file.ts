import { closeSync, constants, mkdirSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Writable } from "node:stream";
import { createStream } from "rotating-file-stream";

const MAX_FILE_SIZE = "10M";
const MAX_FILES = 5;
const MODE = 0o640;
/** Between two attempts to reopen an unwritable file. */
const RETRY_MS = 60_000;
/** Lines not written yet; further ones are dropped rather than kept in memory. */
const MAX_QUEUED_CHARACTERS = 16_000_000;

type Watcher = {
  /** Once, until the file is writable again. */
  onUnwritable(problem: string): void;
  gapLine(lost: number): string;
  onWritable(lost: number): void;
};

/**
 * A rotated log file. While it cannot be written, lines are counted instead, and it is retried every minute and at
 * `reopen`. winston's file transport hides a full disk and then blocks the other transports.
 */
export class LogFile {
  readonly path: string;
  readonly #watcher: Watcher;
  #stream: Writable;
  readonly #queue: string[] = [];
  #queuedCharacters = 0;
  #draining: Promise<void> | undefined;
  #problem: string | undefined;
  /** Lost lines that the file does not report yet. */
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

  /** One line with its line break. Never throws or waits. */
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
   * Reopens the file by its name, after `logrotate`. Resolves once it is open or known to be unwritable; never rejects.
   */
  async reopen(): Promise<void> {
    await this.#draining;
    if (this.#problem !== undefined) return this.#retry();
    const before = this.#stream;
    this.#stream = this.#open();
    await opened(this.#stream);
    await closed(before);
  }

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
    // Opening and rotating may fail before any write.
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
    // A line may have arrived while the gap was reported.
    this.#draining = this.#queue.length > 0 ? this.#drain() : undefined;
  }

  /** Writes the number of lost lines and returns it; throws where the file cannot be written. */
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

  /** A written line is the test, because an empty file can be created on a full disk. */
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
 * Creates the file, never through a symbolic link, which an attacker may have planted. Returns an error only for a
 * link; other errors appear when the stream opens.
 */
function makeFile(path: string): Error | undefined {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, MODE));
    return undefined;
  } catch (error) {
    const isLink = error instanceof Error && "code" in error && error.code === "ELOOP";
    // Devices such as /dev/stdout are links of the system.
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

function opened(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    for (const end of ["open", "close"] as const) stream.once(end, () => resolve());
  });
}

/** A full disk may have cut a line. */
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
