import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";
import { eventually } from "../asserts/eventually.ts";
import { temporaryFolder } from "./run-command.ts";
import { STAMP_KEY } from "../fakes/signer.ts";

const MAIN = resolve(import.meta.dirname, "../../../src/main.ts");

/** Why no terminal can be had here, as `skip` of a test takes it. */
export const NO_TERMINAL =
  spawnSync("script", ["--version"]).status === 0
    ? false
    : "there is no script(1) of util-linux here, which opens a pseudo-terminal";

export type InTerminal = {
  pid: number;
  /** What stands in the log file. */
  log(): Promise<string>;
  /** Takes the terminal away, as closing its window does: the kernel sends SIGHUP. */
  closeTerminal(): Promise<void>;
  isAlive(): boolean;
};

/**
 * Starts `log-vectorizer ARGS` in the background of a shell in a real pseudo-terminal: by `nohup`, which is sent SIGHUP
 * when that is closed, or by `setsid`, whose output then leads nowhere.
 */
export async function startInTerminal(
  t: TestContext,
  how: "nohup" | "setsid",
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<InTerminal> {
  const folder = await temporaryFolder(t);
  const file = join(folder, "some.log");
  const command = [how, process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(" ");
  // Its process id is that of what nohup and setsid become.
  const shell = `${command} & echo "pid=$!"; wait`;
  const terminal = spawn("script", ["--quiet", "--flush", "--command", shell, "/dev/null"], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      HTTP_PORT: "0",
      STATE_DIR: join(folder, "state"),
      STAMP_KEY,
      ...env,
      LOG_FILE: file,
    },
    // A terminal of its own, whose input does not end.
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  terminal.stdout.setEncoding("utf8").on("data", (text: string) => (shown += text));
  t.after(() => terminal.kill("SIGKILL"));
  const pidShown = () => /pid=(\d+)/.exec(shown)?.[1];
  await eventually(() => pidShown() !== undefined, t);
  const pid = Number(pidShown());
  const isAlive = () => isRunning(pid);
  t.after(() => void (isAlive() && process.kill(pid, "SIGKILL")));
  return {
    pid,
    log: () => readFile(file, "utf8").catch(() => ""),
    isAlive,
    async closeTerminal() {
      assert.ok(isAlive(), `it ended before the terminal was closed:\n${shown}`);
      const closed = new Promise((go) => terminal.once("close", go));
      terminal.kill("SIGKILL");
      await closed;
    },
  };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
