import { glob } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { inspect } from "node:util";

import { count } from "../src/model/count.ts";
import { startKafka } from "./local-servers/kafka.ts";
import { availableVersions, startOpenSearch } from "./local-servers/opensearch.ts";
import { KAFKA_BROKER_VARIABLE, OPENSEARCH_URL_VARIABLES } from "./local-servers/shared-url.ts";

const CHECKOUT = resolve(import.meta.dirname, "..");
const WITH_SERVERS = ["test/integration/**/*.test.ts", "test/scenarios/**/*.test.ts"];
/** Files that look at the memory of a process, at all that is in a cluster, or at how soon something is told: not beside others. */
const ALONE =
  /local-servers|check\.test|preflight|setup|access|kafka-outages|flat-memory|large-backlog|bench|http\.test/;
/** Files that start servers of their own: beside each other only. */
const WITH_THEIR_OWN =
  /outages|restarted|open-search-killed|survives-outage|quickstart|page|monitoring/;
const AT_ONCE = 2;
/** They wait for servers and processes most of the time. */
const WAITING_AT_ONCE = 3;
const FILE_TIMEOUT_MS = 20 * 60_000;
const PARTS = ["unit", "integration"] as const;
/** Of what went wrong in one test; the whole stands where it failed. */
const MAX_SHOWN = 1500;

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

/** Of the whole run; a log of thousands of lines shows its end first. */
const failures: string[] = [];

async function runFiles(files: string[], concurrency: number, signal: AbortSignal) {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const options = { files, concurrency, cwd: CHECKOUT, timeout: FILE_TIMEOUT_MS, signal };
  const stream = run(options);
  stream.on("test:fail", ({ name, file, line, details: { error } }) => {
    // What failed stands below it.
    if ("failureType" in error && error.failureType === "subtestsFailed") return;
    const where = file === undefined ? "" : `${relative(CHECKOUT, file)}:${line}: `;
    failures.push(`${where}${name}\n${inspect(error.cause ?? error).slice(0, MAX_SHOWN)}`);
  });
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
  const alone = files.filter((file) => ALONE.test(file));
  const withTheirOwn = files.filter((file) => !ALONE.test(file) && WITH_THEIR_OWN.test(file));
  const beside = files.filter((file) => !alone.includes(file) && !withTheirOwn.includes(file));
  let sum = await runFiles(beside, WAITING_AT_ONCE, signal);
  sum = add(sum, await runFiles(withTheirOwn, AT_ONCE, signal));
  return add(sum, await runFiles(alone, 1, signal));
}

function add(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

async function main(parts: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => interrupted.abort());
  let sum: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const part of PARTS.filter((known) => parts.length === 0 || parts.includes(known))) {
    const files = await filesOf(part);
    if (files.length === 0 || interrupted.signal.aborted) continue;
    console.log(`\n${part} tests: ${count(files.length, "file")}`);
    const counts =
      part === "unit"
        ? await runFiles(files, AT_ONCE, interrupted.signal)
        : await runWithServers(files, interrupted.signal);
    sum = add(sum, counts);
  }
  for (const failure of failures) console.log(`\n✖ ${failure}`);
  console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  return sum.failed === 0 && sum.passed > 0 && !interrupted.signal.aborted ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
