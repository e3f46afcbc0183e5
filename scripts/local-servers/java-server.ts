import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Jdk } from "./jdk.ts";

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
  logTail(): Promise<string>;
  /** Throws when the server has ended. */
  assertAlive(): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
};

/** Starts a server in a fresh temporary folder and waits until it has announced its port. */
export async function launchJava(launch: Launch): Promise<JavaServer> {
  const folder = await mkdtemp(join(tmpdir(), "local-server-"));
  let server: JavaServer | undefined;
  try {
    await mkdir(join(folder, "tmp"));
    await launch.prepare?.(folder);
    const child = await spawnJava(launch, folder);
    server = handle(launch, child, folder);
    await waitForPort(launch, server, folder);
    return server;
  } catch (error) {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function spawnJava(launch: Launch, folder: string): Promise<ChildProcess> {
  const log = await open(join(folder, "server.log"), "a");
  try {
    const child = spawn(
      join(launch.jdk.home, "bin/java"),
      [
        `-Xmx${launch.heap}`,
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
      { cwd: folder, detached: true, stdio: [launch.alone ? "ignore" : "pipe", log.fd, log.fd] },
    );
    await once(child, "spawn");
    if (launch.alone) child.unref();
    return child;
  } finally {
    await log.close();
  }
}

function handle(launch: Launch, child: ChildProcess, folder: string): JavaServer {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  // Awaited from the start, or an end before stop() would never be seen.
  const ended = hasEnded() ? Promise.resolve() : once(child, "exit");
  const logTail = () => readTail(join(folder, "server.log"));
  const stop = async () => {
    if (!hasEnded()) {
      child.kill("SIGTERM");
      const done = new AbortController();
      const deadline = sleep(STOP_TIMEOUT_MS, "late", { signal: done.signal }).catch(() => "done");
      if ((await Promise.race([ended, deadline])) === "late") child.kill("SIGKILL");
      done.abort();
      await ended;
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  return {
    pid: child.pid ?? 0,
    port: launch.port,
    logTail,
    async assertAlive() {
      if (!hasEnded()) return;
      const how = child.exitCode ?? child.signalCode;
      throw new Error(`${launch.name} ended (${how}) while it started\n${await logTail()}`);
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
      throw new Error(
        `${launch.name} did not start within ${seconds} s\n${await server.logTail()}`,
      );
    }
    await sleep(POLL_MS);
  }
}

async function readTail(path: string): Promise<string> {
  const log = await readFile(path, "utf8").catch(() => "");
  return log.trimEnd().split("\n").slice(-20).join("\n");
}
