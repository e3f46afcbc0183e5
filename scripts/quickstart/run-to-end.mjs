// Plain JavaScript: it runs programs before Node 24 is installed.
import { spawn } from "node:child_process";
import { constants } from "node:os";

const FORWARDED = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * Runs a program on our own terminal and returns its exit code; a signal to us is passed on to it. `apart`: to all that
 * it has started, too, which Ctrl-C does not reach otherwise.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, apart?: boolean }} [options]
 * @returns {Promise<number>}
 */
export async function runToEnd(program, args, { env = process.env, apart = false } = {}) {
  const child = spawn(program, args, {
    stdio: apart ? ["ignore", 1, 2] : "inherit",
    env,
    detached: apart,
  });
  /** @type {NodeJS.Signals | undefined} */
  let asked;
  const forward = (/** @type {NodeJS.Signals} */ signal) => {
    asked = signal;
    if (child.pid === undefined) return;
    if (!apart) child.kill(signal);
    else process.kill(-child.pid, signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    const { code, signal } = await ended(child);
    const by = signal ?? (code === 0 ? undefined : asked);
    return by === undefined ? (code ?? 1) : 128 + constants.signals[by];
  } catch (error) {
    console.error(
      `${program} could not be started: ${error instanceof Error ? error.message : String(error)}`,
    );
    return 1;
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>}
 */
function ended(child) {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
}
