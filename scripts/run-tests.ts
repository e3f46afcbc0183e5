import { relative, resolve } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { inspect } from "node:util";

import { count } from "../src/domain/count.ts";
import { startKafka } from "./local-servers/kafka.ts";
import {
  availableVersions,
  startOpenSearch,
  type OpenSearchVersion,
} from "./local-servers/opensearch.ts";
import {
  KAFKA_BROKER_VARIABLE,
  OPENSEARCH_URL_VARIABLES,
  TESTED_VERSIONS_VARIABLE,
} from "./local-servers/shared-url.ts";
import { ensureModel } from "./models/ensure-model.ts";
import { readTestArguments, USAGE, type Part, type TestArguments } from "./run-tests/arguments.ts";
import { allFiles, chooseFiles, findFiles, partOf, takesLong } from "./run-tests/chosen-files.ts";
import {
  neededServers,
  runsOnEachVersion,
  type NeededServers,
} from "./run-tests/needed-servers.ts";

const CHECKOUT = resolve(import.meta.dirname, "..");
/** Files that look at the memory of a process, at all that is in a cluster, or at how soon something is told: not beside others. */
const ALONE = /\/alone\//;
/** Files that start servers of their own: beside each other only. */
const WITH_THEIR_OWN = /\/own-servers\//;
const AT_ONCE = 2;
/** They wait for servers and processes most of the time. */
const WAITING_AT_ONCE = 3;
const FILE_TIMEOUT_MS = 20 * 60_000;
/** Of what went wrong in one test; the whole stands where it failed. */
const MAX_SHOWN = 1500;

type How = Pick<TestArguments, "namePatterns" | "watch"> & { signal: AbortSignal };

type Counts = { passed: number; failed: number; skipped: number };
const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Of the whole run; a log of thousands of lines shows its end first. */
const failures: string[] = [];
/** Each with its reason. */
const skips: { name: string; reason: string }[] = [];

async function runFiles(files: string[], concurrency: number, how: How): Promise<Counts> {
  const counts = { ...NONE };
  if (files.length === 0) return counts;
  const { namePatterns, watch, signal } = how;
  const stream = run({
    files,
    concurrency,
    cwd: CHECKOUT,
    timeout: FILE_TIMEOUT_MS,
    signal,
    watch,
    ...(namePatterns.length > 0 ? { testNamePatterns: [...namePatterns] } : {}),
  });
  stream.on("test:fail", ({ name, file, line, details: { error } }) => {
    // What failed stands below it.
    if ("failureType" in error && error.failureType === "subtestsFailed") return;
    const where = file === undefined ? "" : `${relative(CHECKOUT, file)}:${line}: `;
    failures.push(`${where}${name}\n${inspect(error.cause ?? error).slice(0, MAX_SHOWN)}`);
  });
  stream.on("test:pass", ({ name, skip }) => {
    if (skip !== undefined) skips.push({ name, reason: String(skip) });
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

/** One server of a version, and one broker, for all files, or every file would wait for its own. */
async function startServers(
  { openSearch, kafka }: NeededServers,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  await using servers = new AsyncDisposableStack();
  for (const version of openSearch) {
    console.log(`starting OpenSearch ${version} (the first time fetches it)…`);
    const server = servers.use(await startOpenSearch({ version, signal }));
    process.env[OPENSEARCH_URL_VARIABLES[version]] = server.url;
  }
  if (kafka) {
    console.log("starting Kafka (the first time fetches it)…");
    process.env[KAFKA_BROKER_VARIABLE] = servers.use(await startKafka({ signal })).broker;
  }
  return servers.move();
}

type Group = { files: string[]; versions: readonly OpenSearchVersion[] };

/** Which files run on which versions of OpenSearch, newest first: the newest alone, all, or what is left of all. */
async function groupsOf(files: string[], { full, older }: TestArguments): Promise<Group[]> {
  const [newest = "2.19.1.0", ...others] = await availableVersions();
  if (!older) return [{ files, versions: full ? [newest, ...others] : [newest] }];
  const each: string[] = [];
  for (const file of files) if (await runsOnEachVersion(file)) each.push(file);
  return [
    { files: files.filter(takesLong), versions: [newest] },
    { files: others.length > 0 ? each : [], versions: others },
  ];
}

async function runWithServers(
  files: string[],
  versions: readonly OpenSearchVersion[],
  how: How,
): Promise<Counts> {
  process.env[TESTED_VERSIONS_VARIABLE] = versions.join(",");
  await using _servers = await startServers(await neededServers(files, versions), how.signal);
  const alone = files.filter((file) => ALONE.test(file));
  const withTheirOwn = files.filter((file) => !ALONE.test(file) && WITH_THEIR_OWN.test(file));
  const beside = files.filter((file) => !alone.includes(file) && !withTheirOwn.includes(file));
  // A watch never ends, so that there is no next group.
  if (how.watch) return runFiles(files, 1, how);
  let sum = await runFiles(beside, WAITING_AT_ONCE, how);
  sum = add(sum, await runFiles(withTheirOwn, AT_ONCE, how));
  return add(sum, await runFiles(alone, 1, how));
}

function add(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

/** The files of each part that is asked for; a sentence where one that was named is none. */
async function filesToRun(asked: TestArguments): Promise<string[] | string> {
  const { parts, files: given, full } = asked;
  if (given.length === 0) {
    return (await allFiles(CHECKOUT)).filter(
      (file) => parts.includes(partOf(file)) && (full || !takesLong(file)),
    );
  }
  const folder = process.env["INIT_CWD"] ?? process.cwd();
  const chosen = chooseFiles(await findFiles(given, { checkout: CHECKOUT, folder }), parts);
  return "problem" in chosen ? chosen.problem : chosen.files;
}

/** Those whose reason nobody expected, one line each. */
function unexpectedSkips({ expectedSkips }: TestArguments): string[] {
  if (expectedSkips === undefined) return [];
  return skips
    .filter(({ reason }) => !expectedSkips.some((expected) => reason.includes(expected)))
    .map(({ name, reason }) => `${name}: skipped, which was not expected (${reason})`);
}

async function runPart(part: Part, files: string[], asked: TestArguments, how: How) {
  if (part === "unit") return asked.older ? NONE : runFiles(files, AT_ONCE, how);
  let sum = NONE;
  for (const group of await groupsOf(files, asked)) {
    if (group.files.length > 0)
      sum = add(sum, await runWithServers(group.files, group.versions, how));
  }
  return sum;
}

async function main(args: string[]): Promise<number> {
  const asked = readTestArguments(args);
  const files = asked && (await filesToRun(asked));
  if (!files || typeof files === "string") {
    console.error(files ?? USAGE);
    return 2;
  }
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => interrupted.abort());
  const { signal } = interrupted;
  // Chosen files run without a download; those that need the model say by what they are skipped.
  if (asked.files.length === 0 && !asked.watch) {
    const missing = await ensureModel("all-minilm-l6-v2", { say: console.log, signal });
    if (missing !== undefined) console.log(`Tests of the model are skipped: ${missing}`);
  }
  let sum = NONE;
  for (const part of asked.parts) {
    const some = files.filter((file) => partOf(file) === part);
    if (some.length === 0 || signal.aborted) continue;
    console.log(`\n${part} tests: ${count(some.length, "file")}`);
    sum = add(sum, await runPart(part, some, asked, { ...asked, signal }));
  }
  if (asked.watch) return 0;
  const skipped = unexpectedSkips(asked);
  for (const failure of [...failures, ...skipped]) console.log(`\n✖ ${failure}`);
  console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  const isGreen = sum.failed === 0 && skipped.length === 0 && sum.passed > 0;
  return isGreen && !signal.aborted ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
