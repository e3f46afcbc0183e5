import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, openSync, readSync, statfsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { NO_COUNTERS } from "./jars.ts";
import type { Jdk } from "./jdk.mjs";

const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 100;

export type Launch = {
  /** For messages: "OpenSearch 3.2.0". */
  name: string;
  jdk: Jdk;
  heap: string;
  classPath: string;
  /** The Java source file; it gets the folder, the port, `attached` or `alone`, and what else is said here. */
  source: string;
  arguments?: readonly string[];
  /** 0 where the server chooses. */
  port: number;
  /** Lets the server outlive this process: it ends by its pid only. */
  alone?: boolean;
  /** Writes what the server reads into its fresh folder. */
  prepare?(folder: string): Promise<void>;
  signal?: AbortSignal;
};

export type JavaServer = AsyncDisposable & {
  pid: number;
  port: number;
  /** The last lines of its log. */
  logTail(): string;
  /** Throws when the server has ended. */
  assertAlive(): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
};

/** Starts a server in a fresh temporary folder and waits until it has announced its port. */
export async function launchJava(launch: Launch): Promise<JavaServer> {
  const folder = await freshFolder(launch.name);
  let server: JavaServer | undefined;
  let log: ServerLog | undefined;
  try {
    await mkdir(join(folder, "tmp"));
    await launch.prepare?.(folder);
    log = openLog(folder);
    server = handle(launch, await spawnJava(launch, folder, log.fd), folder, log);
    await waitForPort(launch, server, folder);
    return server;
  } catch (error) {
    await server?.stop();
    log?.close();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function freshFolder(name: string): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), "local-server-"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${name} cannot be started, for no folder for its data can be made in ${tmpdir()} (${why}). ` +
        "Make room there, or name another folder by TMPDIR.",
      { cause: error },
    );
  }
}

/** What the end of a log says of the reason, and what to do; undefined where it is none that is often met. */
function whyItEnded(
  log: string,
  { signal, freeBytes: free }: { signal: NodeJS.Signals | null; freeBytes: number },
): string | undefined {
  // On a full disk the log cannot be written either.
  if (free < LEAST_FREE_BYTES || /No space left on device|disk quota exceeded/i.test(log)) {
    return `The disk of ${tmpdir()} is full: make room there, or name another folder by TMPDIR.`;
  }
  if (/Address already in use|BindException/i.test(log)) {
    return "Its port is taken by another process: choose another, or end that process.";
  }
  if (/OutOfMemoryError|insufficient memory|Could not reserve enough space/i.test(log)) {
    return "There is too little memory for it: OPENSEARCH_HEAP=512m and KAFKA_HEAP=256m ask for less.";
  }
  if (signal === "SIGKILL") {
    return "Something killed it, often the system because memory ran out: OPENSEARCH_HEAP=512m asks for less.";
  }
  return undefined;
}

/** A node without any data takes several. */
const LEAST_FREE_BYTES = 20_000_000;

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(tmpdir());
  return bavail * bsize;
}

async function spawnJava(launch: Launch, folder: string, log: number): Promise<ChildProcess> {
  const child = spawn(
    join(launch.jdk.home, "bin/java"),
    [
      `-Xmx${launch.heap}`,
      NO_COUNTERS,
      `-Djava.io.tmpdir=${join(folder, "tmp")}`,
      "-cp",
      launch.classPath,
      launch.source,
      folder,
      String(launch.port),
      launch.alone ? "alone" : "attached",
      ...(launch.arguments ?? []),
    ],
    // A process group of its own: Ctrl-C must reach it through us, in our order.
    { cwd: folder, detached: true, stdio: [launch.alone ? "ignore" : "pipe", log, log] },
  );
  await once(child, "spawn");
  if (launch.alone) child.unref();
  return child;
}

const TAIL_BYTES = 64 * 1024;
const TAIL_LINES = 20;
const STACK_FRAME = /\s(at [\w.$/@]+\(.*\)|\.\.\. \d+ more)\s*$/;

type ServerLog = {
  fd: number;
  /** Its last lines, without those of stack traces that only say where. */
  tail(): string;
  /** Closed, it knows no more than it did. */
  close(): void;
};

/** A server that ends removes its folder, and with it the name of its log; what is open can still be read. */
function openLog(folder: string): ServerLog {
  const fd = openSync(join(folder, "server.log"), "a+");
  let last: string | undefined;
  const tail = () => {
    if (last !== undefined) return last;
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const read = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString("utf8", 0, read).trimEnd().split("\n");
    const telling = lines.filter((line) => !STACK_FRAME.test(line));
    return telling.slice(-TAIL_LINES).join("\n");
  };
  const close = () => {
    if (last !== undefined) return;
    last = tail();
    closeSync(fd);
  };
  return { fd, tail, close };
}

function handle(launch: Launch, child: ChildProcess, folder: string, log: ServerLog): JavaServer {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  // Awaited from the start, or an end before stop() would never be seen.
  const ended = hasEnded() ? Promise.resolve() : once(child, "exit");
  const stop = async () => {
    if (!hasEnded()) {
      child.kill("SIGTERM");
      const done = new AbortController();
      const deadline = sleep(STOP_TIMEOUT_MS, "late", { signal: done.signal }).catch(() => "done");
      if ((await Promise.race([ended, deadline])) === "late") child.kill("SIGKILL");
      done.abort();
      await ended;
    }
    log.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  return {
    pid: child.pid ?? 0,
    port: launch.port,
    logTail: log.tail,
    async assertAlive() {
      if (!hasEnded()) return;
      const text = log.tail();
      const why = whyItEnded(text, { signal: child.signalCode, freeBytes: freeBytes() });
      const lines = [
        `${launch.name} ended (${child.exitCode ?? child.signalCode}) while it started`,
        ...(why === undefined ? [] : [why]),
        text === "" ? "It wrote no log." : `The end of its log:\n${text}`,
      ];
      throw new Error(lines.join("\n"));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function waitForPort(launch: Launch, server: JavaServer, folder: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    launch.signal?.throwIfAborted();
    const port = await readFile(join(folder, "port"), "utf8").catch(() => undefined);
    if (port) {
      server.port = Number(port);
      return;
    }
    await server.assertAlive();
    if (Date.now() > deadline) {
      const seconds = START_TIMEOUT_MS / 1000;
      throw new Error(`${launch.name} did not start within ${seconds} s\n${server.logTail()}`);
    }
    await sleep(POLL_MS);
  }
}
