import { spawn } from "node:child_process";
import { once } from "node:events";
import { devNull } from "node:os";
import { resolve } from "node:path";

import { SETTING_NAMES } from "../../src/config/settings.ts";

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

/** The same for what stays when this process is gone; its process id. It prints nothing. */
export function leaveCli(args: string[], settings: Record<string, string>): number {
  const child = spawn(process.execPath, [MAIN, "--env-file", devNull, ...args], {
    env: environment(settings),
    stdio: "ignore",
    detached: true,
  });
  child.unref();
  if (child.pid === undefined) throw new Error(`log-vectorizer ${args.join(" ")} does not start`);
  return child.pid;
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
