import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { planted } from "../../test/support/asserts/leaks.ts";
import { STAMP_KEY } from "../../test/support/fakes/signer.ts";

const MAIN = resolve(import.meta.dirname, "../../src/main.ts");
/** Beyond the service's own grace period something hangs. */
const MAX_STOP_MS = 45_000;

export type Life = {
  /** As in `tail-1`; the same for each process that takes the place of one before. */
  name: string;
  /** Its API key, by which the embedder tells one process from another. */
  key: string;
  pid: number;
  startedAt: number;
  /** Everything it printed, line by line. */
  lines: string[];
  /** How it ended, and by what of ours. */
  ended?: { at: number; by: "SIGTERM" | "SIGKILL" | "itself"; code: number | null };
};

/** Processes that are taken down and replaced. */
export type Crew = {
  lives: readonly Life[];
  /** Names of those that run. */
  names(): string[];
  start(name: string): void;
  /** Resolves once it has ended. */
  end(name: string, signal: "SIGTERM" | "SIGKILL"): Promise<void>;
};

type Parts = {
  folder: string;
  settings: Record<string, string>;
  /** The arguments of each by its name. */
  commands: Readonly<Record<string, readonly string[]>>;
  wrong: (what: string) => void;
};

type Running = { life: Life; kill(signal: NodeJS.Signals): void; closed: Promise<unknown> };

export function createCrew({ folder, settings, commands, wrong }: Parts): Crew & AsyncDisposable {
  const lives: Life[] = [];
  const running = new Map<string, Running>();

  function start(name: string): void {
    const key = planted(`key-${name}-${lives.length}`);
    const state = join(folder, `state-${name}`);
    const env = { ...settings, OPENAI_API_KEY: key, STAMP_KEY, STATE_DIR: state };
    const child = spawn(process.execPath, [MAIN, ...(commands[name] ?? [])], {
      cwd: folder,
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const life: Life = { name, key, pid: child.pid ?? 0, startedAt: Date.now(), lines: [] };
    const file = createWriteStream(join(folder, `${name}.log`), { flags: "a" });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        life.lines.push(line);
        file.write(`${line}\n`);
      });
    }
    const closed = once(child, "close").then(() => {
      life.ended ??= { at: Date.now(), by: "itself", code: child.exitCode };
      life.ended.code = child.exitCode;
      file.end();
      return running.delete(name);
    });
    lives.push(life);
    running.set(name, { life, kill: (signal) => void child.kill(signal), closed });
  }

  return {
    lives,
    names: () => [...running.keys()],
    start,
    async end(name, signal) {
      const one = running.get(name);
      if (!one) return;
      one.life.ended = { at: Date.now(), by: signal, code: null };
      one.kill(signal);
      const inTime = AbortSignal.timeout(MAX_STOP_MS);
      const late = once(inTime, "abort").then(() => "late");
      if ((await Promise.race([one.closed, late])) !== "late") return;
      one.kill("SIGKILL");
      wrong(`${name} did not end within ${MAX_STOP_MS / 1000} s of ${signal}`);
      await one.closed;
    },
    async [Symbol.asyncDispose]() {
      const left = [...running.values()];
      for (const { kill } of left) kill("SIGKILL");
      await Promise.all(left.map(({ closed }) => closed));
    },
  };
}

/** Memory held now, in MB; undefined where the process is gone. */
export function residentMegabytes(pid: number): number | undefined {
  try {
    const [, kilobytes] =
      /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
  } catch {
    return undefined;
  }
}
