import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { DIMENSIONS, MAIN, MODEL, type Bench } from "./bench.ts";
import { usageShape, type Usage } from "./usage.ts";
import { STAMP_KEY } from "../../test/support/fakes/signer.ts";

const HOOK = resolve(import.meta.dirname, "usage-hook.ts");
const MAX_OUTPUT_BYTES = 64 * 2 ** 20;

const summaryShape = z.object({
  taken: z.number(),
  outcomes: z.record(z.string(), z.number()),
  embedding: z.object({ requests: z.number(), texts: z.number(), tokens: z.number() }),
  duration_ms: z.number(),
});
export type Summary = z.infer<typeof summaryShape>;

type Job = {
  args: readonly string[];
  /** Name or pattern of the indices. */
  index: string;
  /** Of the embedder. */
  delayMs: number;
  env?: Record<string, string>;
  /** Finds out where the time goes, or the memory; it takes longer then. */
  profile?: "cpu" | "heap";
};

export type Ran = { stdout: string; wallMs: number };

/** Runs a command of the service to its end, in a process of its own. Throws where it fails. */
export async function runVectorizer(
  bench: Bench,
  job: Omit<Job, "profile">,
  measuring: { env: Record<string, string>; args: readonly string[]; main?: string } = {
    env: {},
    args: [],
  },
): Promise<Ran> {
  const env = { ...(await settings(bench, job)), ...measuring.env };
  const args = [...measuring.args, measuring.main ?? MAIN, ...job.args];
  const startedAt = performance.now();
  const options = { env, signal: bench.signal, maxBuffer: MAX_OUTPUT_BYTES };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  return { stdout, wallMs: performance.now() - startedAt };
}

/** Likewise, with what the process used; it starts a little later then. */
async function measureVectorizer(bench: Bench, job: Job): Promise<Ran & { usage: Usage }> {
  const report = join(bench.folder, `usage-${randomUUID()}.json`);
  const env = {
    BENCH_USAGE_FILE: report,
    ...(job.profile ? { BENCH_PROFILE: job.profile } : {}),
  };
  const ran = await runVectorizer(bench, job, { env, args: ["--import", HOOK] });
  return { ...ran, usage: usageShape.parse(JSON.parse(await readFile(report, "utf8"))) };
}

/** Drains an index whose documents are all pending. Throws where one of them has no vector afterwards. */
export async function drain(
  bench: Bench,
  { flags = [], ...job }: Omit<Job, "args"> & { flags?: readonly string[] },
): Promise<{ summary: Summary; usage: Usage; wallMs: number }> {
  const { stdout, ...ran } = await measureVectorizer(bench, {
    ...job,
    args: ["--drain", "--json", ...flags],
  });
  const summary = summaryShape.parse(JSON.parse(stdout));
  const { updated = 0, reused = 0 } = summary.outcomes;
  if (updated + reused !== summary.taken) throw new Error(`not all have a vector: ${stdout}`);
  return { ...ran, summary };
}

export async function settings(
  bench: Bench,
  { index, delayMs, env = {} }: Pick<Job, "index" | "delayMs" | "env">,
): Promise<Record<string, string>> {
  const { PATH = "", HOME = "", TMPDIR = "" } = process.env;
  return {
    PATH,
    HOME,
    ...(TMPDIR ? { TMPDIR } : {}),
    OPENSEARCH_URL: await bench.openSearch(),
    OPENSEARCH_INDEX_PATTERN: index,
    OPENAI_BASE_URL: await bench.embedder(delayMs),
    EMBEDDING_MODEL: MODEL,
    EMBEDDING_DIMENSIONS: String(DIMENSIONS),
    EMBEDDING_PRICE_PER_MILLION_TOKENS: "0.13",
    STATE_DIR: join(bench.folder, "state"),
    STAMP_KEY,
    LOG_FILE: "",
    HTTP_PORT: "0",
    LOG_LEVEL: "error",
    ...env,
  };
}
