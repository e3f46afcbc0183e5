import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { tryInMemory } from "./quickstart/in-memory.ts";
import { prepareModels } from "./quickstart/models.ts";
import { tryOnServers } from "./quickstart/on-servers.ts";
import { readOptions, USAGE } from "./quickstart/options.mjs";
import { unrecognised } from "./quickstart/unrecognised.ts";
import { inspectLogFile } from "./sample-logs/parse-log-file.ts";
import { LogFileError } from "./sample-logs/read-text.ts";

const SAMPLES = join(import.meta.dirname, "sample-logs/sample-errors.jsonl");

async function main(): Promise<number> {
  const folder = process.env["INIT_CWD"] ?? process.cwd();
  const options = readOptions(process.argv.slice(2), folder);
  if ("help" in options || "problem" in options) {
    console.error("help" in options ? USAGE : `${options.problem}\n\n${USAGE}`);
    return 2;
  }
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => interrupted.abort());
  }
  // A closed pipe (`| head`) stops the trial as Ctrl-C does, with all that it started.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => interrupted.abort());
  }
  const { signal } = interrupted;
  try {
    const { keep, inMemory } = options;
    const samples = options.files.length === 0;
    const files = await Promise.all((samples ? [SAMPLES] : options.files).map(inspectLogFile));
    const problem = options.allErrors ? undefined : unrecognised(files);
    if (problem !== undefined) throw new LogFileError(problem);
    const levels = process.env["ENRICHMENT_LEVELS"] || "ERROR";
    const models = await prepareModels(samples, signal);
    const tryOut = inMemory ? tryInMemory : tryOnServers;
    await withStateFolder(keep && !inMemory, (state) =>
      tryOut({ logs: { files, samples }, models, keep, levels, state, signal }),
    );
    return 0;
  } catch (error) {
    console.error(signal.aborted ? "\ninterrupted" : `\n${messageOf(error)}`);
    if (signal.aborted) return 130;
    return error instanceof LogFileError ? 2 : 1;
  }
}

/** The folder goes when the work is over, unless that went well and is to be kept. */
async function withStateFolder(
  keep: boolean,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "quickstart-"));
  let kept = false;
  try {
    await work(folder);
    kept = keep;
  } finally {
    if (!kept) await rm(folder, { recursive: true, force: true });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

process.exitCode = await main();
