import { spawn } from "node:child_process";
import { once } from "node:events";
import { devNull } from "node:os";
import { resolve } from "node:path";

import { main } from "../../src/cli/program.ts";
import { SETTING_NAMES } from "../../src/config/settings.ts";
import type { Given } from "../../src/app/service.ts";

const MAIN = resolve(import.meta.dirname, "../../src/main.ts");

/**
 * Runs `log-vectorizer` from source with these settings alone: the user's own environment and .env may name a
 * cluster that a trial has no business with. Its output goes to ours. Throws where it does not end with 0.
 */
export async function runCli(
  args: string[],
  settings: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const child = spawnCli(args, settings, signal);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`log-vectorizer ${args.join(" ")} ended with ${code}`);
}

/** The same in this process, which alone has what is given. */
export async function runInProcess(
  args: string[],
  settings: Record<string, string>,
  { signal, ...given }: Given & { signal: AbortSignal },
): Promise<void> {
  const code = await main(processWith(args, settings, signal), given);
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`log-vectorizer ${args.join(" ")} ended with ${code}`);
}

/** This process as a command sees it: with its own arguments and settings, and asked to stop by our signal. */
function processWith(
  args: string[],
  settings: Record<string, string>,
  signal: AbortSignal,
): NodeJS.Process {
  const listeners = new Map<unknown, () => void>();
  const on = (name: string, listener: (name: string) => void) => {
    if (name !== "SIGINT") return;
    const stop = () => listener(name);
    listeners.set(listener, stop);
    signal.addEventListener("abort", stop, { once: true });
  };
  const off = (name: string, listener: unknown) => {
    const stop = name === "SIGINT" ? listeners.get(listener) : undefined;
    if (stop) signal.removeEventListener("abort", stop);
  };
  const argv = [process.execPath, MAIN, "--env-file", devNull, ...args];
  const own = { argv, env: environment(settings), on, off };
  return Object.create(process, Object.getOwnPropertyDescriptors(own));
}

/** The same for what runs until it is stopped. */
export function startCli(
  args: string[],
  settings: Record<string, string>,
  signal: AbortSignal,
): { stop(): Promise<void> } & AsyncDisposable {
  const child = spawnCli(args, settings, signal);
  const closed = once(child, "close").catch(() => undefined);
  const stop = async () => {
    child.kill("SIGTERM");
    await closed;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

/** The same for what stays when this process is gone. It prints nothing. */
export function leaveCli(args: string[], settings: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN, "--env-file", devNull, ...args], {
    env: environment(settings),
    stdio: "ignore",
    detached: true,
  });
  const closed = once(child, "close").catch(() => undefined);
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error(`log-vectorizer ${args.join(" ")} does not start`);
  return {
    pid,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async stop() {
      child.ref();
      child.kill("SIGTERM");
      await closed;
    },
  };
}

function spawnCli(args: string[], settings: Record<string, string>, signal: AbortSignal) {
  return spawn(process.execPath, [MAIN, "--env-file", devNull, ...args], {
    env: environment(settings),
    stdio: ["ignore", "inherit", "inherit"],
    signal,
  });
}

/** This process's environment without settings of its own, and these settings. */
export function environment(settings: Record<string, string>): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of SETTING_NAMES) delete env[name];
  return { ...env, ...settings };
}
