import { glob } from "node:fs/promises";
import { resolve } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";

import { startKafka } from "./local-servers/kafka.ts";
import { availableVersions, startOpenSearch } from "./local-servers/opensearch.ts";
import { KAFKA_BROKER_VARIABLE, OPENSEARCH_URL_VARIABLES } from "./local-servers/shared-url.ts";

const CHECKOUT = resolve(import.meta.dirname, "..");
const WITH_SERVERS = ["test/integration/**/*.test.ts", "test/scenarios/**/*.test.ts"];
const FILE_TIMEOUT_MS = 20 * 60_000;
const PARTS = ["unit", "integration"] as const;

type Counts = { passed: number; failed: number; skipped: number };

/** Test files of a part: the unit part is everything that wants no server. */
async function filesOf(part: (typeof PARTS)[number]): Promise<string[]> {
  const found =
    part === "unit"
      ? glob("test/**/*.test.ts", {
          cwd: CHECKOUT,
          exclude: ["test/integration", "test/scenarios"],
        })
      : glob(WITH_SERVERS, { cwd: CHECKOUT });
  const files: string[] = [];
  for await (const file of found) files.push(file);
  return files.toSorted();
}

async function runFiles(files: string[], concurrency: number, signal: AbortSignal) {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const options = { files, concurrency, cwd: CHECKOUT, timeout: FILE_TIMEOUT_MS, signal };
  const stream = run(options);
  stream.on("test:summary", (summary) => {
    if (summary.file !== undefined) return;
    const { tests, passed, skipped, todo } = summary.counts;
    counts.passed = passed;
    counts.skipped = skipped + todo;
    counts.failed = tests - counts.passed - counts.skipped;
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(String(text));
  return counts;
}

/** One server of each version, and one broker, for all files, or every file would wait for its own. */
async function runWithServers(files: string[], signal: AbortSignal): Promise<Counts> {
  await using servers = new AsyncDisposableStack();
  const versions = await availableVersions();
  for (const version of versions.length > 0 ? versions : ["2.19.1.0" as const]) {
    console.log(`starting OpenSearch ${version} (the first time fetches it)…`);
    const server = servers.use(await startOpenSearch({ version, signal }));
    process.env[OPENSEARCH_URL_VARIABLES[version]] = server.url;
  }
  console.log("starting Kafka (the first time fetches it)…");
  const kafka = servers.use(await startKafka({ signal }));
  process.env[KAFKA_BROKER_VARIABLE] = kafka.broker;
  return await runFiles(files, 1, signal);
}

async function main(parts: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => interrupted.abort());
  const sum: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const part of PARTS.filter((known) => parts.length === 0 || parts.includes(known))) {
    const files = await filesOf(part);
    if (files.length === 0 || interrupted.signal.aborted) continue;
    console.log(`\n${part} tests: ${files.length} files`);
    const counts =
      part === "unit"
        ? await runFiles(files, 2, interrupted.signal)
        : await runWithServers(files, interrupted.signal);
    sum.passed += counts.passed;
    sum.failed += counts.failed;
    sum.skipped += counts.skipped;
  }
  console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  return sum.failed === 0 && sum.passed > 0 && !interrupted.signal.aborted ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
