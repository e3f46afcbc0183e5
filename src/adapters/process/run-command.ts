import { spawn } from "node:child_process";
import { once } from "node:events";

type Command = {
  program: string;
  args: readonly string[];
  folder?: string;
  env?: NodeJS.ProcessEnv;
  /** On Windows: the arguments are quoted already, as cmd.exe reads them. */
  isQuoted?: boolean;
  timeoutMs: number;
  signal?: AbortSignal;
};

/** Runs a program to its end, returns what it printed on stdout; throws with what it printed last where it fails. */
export async function runCommand(command: Command): Promise<string> {
  const { program, args, folder, env, isQuoted = false, timeoutMs, signal } = command;
  const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.any(limits),
    windowsVerbatimArguments: isQuoted,
    ...(folder ? { cwd: folder } : {}),
    ...(env ? { env } : {}),
  });
  let output = "";
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    printed = `${printed}${text}`.slice(-4000);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed = `${printed}${text}`.slice(-4000);
  });
  const line = [program, ...args].join(" ");
  try {
    await once(child, "close");
  } catch (error) {
    signal?.throwIfAborted();
    const why = child.pid === undefined ? String(error) : `no end within ${timeoutMs / 1000} s`;
    throw new Error(`${line}: ${why}\n${printed}`, { cause: error });
  }
  if (child.exitCode !== 0) {
    throw new Error(`${line}: ended with ${child.exitCode ?? child.signalCode}\n${printed}`);
  }
  return output;
}
