import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** Linux counts a process's time in hundredths of a second. */
const TICK_MS = 10;

export type Program = AsyncDisposable & {
  pid: number;
  /** The first match among the lines printed so far or still to come. Throws where it ends before. */
  line(pattern: RegExp): Promise<string>;
  runs(): boolean;
  /** null while it runs, and where a signal ended it. */
  exitCode(): number | null;
  /** Processor time so far, in ms. */
  cpuMs(): number;
  /** The most memory that it ever held, in MB; 0 where it has just ended. */
  peakMegabytes(): number;
  /** Asks it to end, and waits. */
  stop(): Promise<void>;
};

/** Runs a program beside this one; its environment is what is given, and where to find programs. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Program {
  const { PATH = "", HOME = "", TMPDIR = "" } = process.env;
  const child = spawn(program, args, {
    env: { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const printed: string[] = [];
  const waiting = new Set<(line: string | undefined) => void>();
  const closed = once(child, "close");
  createInterface({ input: child.stdout }).on("line", (line) => {
    printed.push(line);
    for (const tell of waiting) tell(line);
  });
  void closed.then(() => {
    for (const tell of waiting) tell(undefined);
    return undefined;
  });
  const pid = child.pid ?? 0;
  const stop = async () => {
    child.kill("SIGTERM");
    await closed;
  };
  return {
    pid,
    line(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const look = (line: string | undefined) => {
        const found = line === undefined ? undefined : pattern.exec(line)?.[0];
        if (found === undefined && line !== undefined) return;
        waiting.delete(look);
        if (found === undefined)
          reject(new Error(`${args.join(" ")} ended:\n${printed.join("\n")}`));
        else resolve(found);
      };
      waiting.add(look);
      const early = printed.find((line) => pattern.test(line));
      if (early !== undefined) look(early);
      else if (child.exitCode !== null) look(undefined);
      return promise;
    },
    exitCode: () => child.exitCode,
    runs: () => child.exitCode === null && child.signalCode === null,
    cpuMs() {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    peakMegabytes() {
      const [, kilobytes = "0"] =
        /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      return Math.round(Number(kilobytes) / 1024);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
