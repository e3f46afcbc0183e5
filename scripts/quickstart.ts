import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import { indexNames, readOptions, unrecognised, USAGE } from "./quickstart/options.ts";
import { runCli, startCli } from "./quickstart/run-cli.ts";
import { ensureTopic, sendFreshLog, waitForVector } from "./quickstart/fresh-log.ts";
import { leaveDaemon, type LeftDaemon } from "./quickstart/page.ts";
import { startServers } from "./quickstart/server.ts";
import { frequentMessage } from "./quickstart/frequent-message.ts";
import { loadEntries } from "./sample-logs/load-entries.ts";
import { inspectLogFile, parseLogFile } from "./sample-logs/parse-log-file.ts";
import type { LogFile } from "./sample-logs/parse-log-file.ts";
import { LogFileError } from "./sample-logs/read-text.ts";

const SAMPLES = join(import.meta.dirname, "sample-logs/sample-errors.jsonl");
const SAMPLE_INDEX = "quickstart_2026_11";
const SAMPLE_QUESTION = "no free database connection in the pool, gave up waiting";
const PATTERN = "quickstart_*";
const CYCLE_RECORDS = 100;
const SHOWN = 5;

const say = (line: string) => console.log(`  ${line}`);
const head = (line: string) => console.log(`\n${line}`);

const TOPIC = "quickstart-logs";
const FRESH = "could not get a database connection from the pool within 30 s";

type Trial = { url: string; broker: string; signal: AbortSignal; settings: Record<string, string> };

async function main(): Promise<number> {
  const folder = process.env["INIT_CWD"] ?? process.cwd();
  const options = readOptions(process.argv.slice(2), folder);
  if (!options) {
    console.error(USAGE);
    return 2;
  }
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => interrupted.abort());
  const { signal } = interrupted;
  try {
    const samples = options.files.length === 0;
    const files = await Promise.all((samples ? [SAMPLES] : options.files).map(inspectLogFile));
    const problem = options.allErrors ? undefined : unrecognised(files);
    if (problem !== undefined) throw new LogFileError(problem);
    await tryOut({ files, samples, keep: options.keep, signal });
    return 0;
  } catch (error) {
    console.error(signal.aborted ? "\ninterrupted" : `\n${messageOf(error)}`);
    if (signal.aborted) return 130;
    return error instanceof LogFileError ? 2 : 1;
  }
}

type Plan = { files: LogFile[]; samples: boolean; keep: boolean; signal: AbortSignal };

/** The whole trial; what it started is stopped, come what may, unless it came to its end and is to be kept. */
async function tryOut({ files, samples, keep, signal }: Plan): Promise<void> {
  const state = await mkdtemp(join(tmpdir(), "quickstart-"));
  head("1. A real OpenSearch, and a real Kafka");
  const servers = await startServers({ keep, signal, say });
  let kept = false;
  try {
    say(`OpenSearch listens at ${servers.url}, Kafka at ${servers.broker}.`);
    const settings = {
      OPENSEARCH_URL: servers.url,
      OPENSEARCH_INDEX_PATTERN: PATTERN,
      EMBEDDING_PROVIDER: "local",
      ENRICHMENT_LEVELS: process.env["ENRICHMENT_LEVELS"] || "ERROR",
    };
    const { url, broker } = servers;
    const trial = {
      url,
      broker,
      signal,
      settings: { ...settings, STATE_DIR: state, LOG_FILE: "" },
    };
    await enrich(trial, files, samples);
    await showSimilar(trial, samples);
    const kafka = { KAFKA_BOOTSTRAP_SERVERS: broker, KAFKA_TOPIC: TOPIC };
    const [index = SAMPLE_INDEX] = samples ? [SAMPLE_INDEX] : indexNames(files);
    await showTail({ ...trial, settings: { ...trial.settings, ...kafka } }, index);
    const daemon = keep ? await leaveDaemon({ ...trial.settings, ...kafka }, signal) : undefined;
    kept = keep;
    const stopCommand = `kill ${daemon?.pid}; ${servers.stopCommand}; rm -r ${state}`;
    showNext({ ...settings, ...kafka }, keep ? stopCommand : undefined);
    if (daemon) showPage(daemon);
  } finally {
    if (!kept) {
      await servers.stop();
      await rm(state, { recursive: true, force: true });
    }
  }
}

async function enrich(trial: Trial, files: LogFile[], samples: boolean): Promise<void> {
  head("2. Logs, as your pipeline would have indexed them");
  const wanted = await load(trial, files, samples);
  if (wanted === 0) {
    throw new Error(
      `No record is of the level ${trial.settings["ENRICHMENT_LEVELS"]}, so there is nothing to do. ` +
        "Name others that these logs have, such as: ENRICHMENT_LEVELS=WARN,FATAL npm run quickstart -- --logs FILE",
    );
  }
  head("3. Coverage before");
  await cli(trial, ["status"]);
  const drains = wanted > CYCLE_RECORDS;
  head(drains ? "4. Cycles until nothing is pending" : "4. One cycle");
  await cli(trial, [drains ? "--drain" : "--once"]);
  head("5. Coverage after");
  await cli(trial, ["status"]);
}

/** Returns the number of records of the wanted levels. */
async function load(trial: Trial, files: LogFile[], samples: boolean): Promise<number> {
  const wantedLevels = (trial.settings["ENRICHMENT_LEVELS"] ?? "").toLowerCase().split(/\s*,\s*/);
  const names = samples ? [SAMPLE_INDEX] : indexNames(files);
  let wanted = 0;
  for (const [at, file] of files.entries()) {
    const index = names[at] ?? SAMPLE_INDEX;
    const perLevel = await loadEntries({ ...trial, index }, parseLogFile(file.path));
    const counts = [...perLevel].map(([level, count]) => `${count} ${level}`).join(", ");
    say(
      `${relative(process.cwd(), file.path)} (${file.format.name}) → ${index}: ${counts || "empty"}`,
    );
    if (!file.hasLevels)
      say("  No level was recognised, so every record in it counts as an ERROR.");
    for (const [level, count] of perLevel) {
      if (wantedLevels.includes(level.toLowerCase())) wanted += count;
    }
  }
  return wanted;
}

async function cli({ settings, signal }: Trial, args: string[]): Promise<void> {
  say(`$ log-vectorizer ${args.map(quoted).join(" ")}`);
  await runCli(args, settings, signal);
}

async function showSimilar(trial: Trial, samples: boolean): Promise<void> {
  const target = { ...trial, pattern: PATTERN };
  const question = samples ? SAMPLE_QUESTION : await frequentMessage(target);
  if (question === undefined) return;
  head(`6. Errors like "${shorten(question, 90)}"`);
  await cli(trial, ["search", "--limit", String(SHOWN), "--", question]);
}

/** A fresh ERROR through Kafka, its document indexed beside it as Logstash does. */
async function showTail(trial: Trial, index: string): Promise<void> {
  const { signal } = trial;
  head("7. A fresh log through Kafka");
  const place = { ...trial, topic: TOPIC, index };
  await ensureTopic(place);
  await cli(trial, ["init"]);
  say("$ log-vectorizer tail");
  // A batch of one should not wait for others.
  const quick = { ...trial.settings, KAFKA_FROM: "earliest", ENRICHMENT_BATCH_TIMEOUT: "0.5" };
  await using tail = startCli(["tail"], quick, signal);
  const log = await sendFreshLog(place, FRESH);
  say(`ERROR ${log.log_id.slice(0, 8)} "${FRESH}": sent to ${TOPIC}, indexed in ${index}`);
  const seconds = await waitForVector(place, log);
  await tail.stop();
  if (seconds === undefined) throw new Error("The fresh log got no vector within a minute.");
  say(`Its vector was there ${seconds.toFixed(1)} s later, the start of the tail included.`);
}

function showNext(settings: Record<string, string>, stopCommand: string | undefined): void {
  head("Where to go next");
  say("The local embedder finds alike wording. For meaning, take EMBEDDING_PROVIDER=openai");
  say(
    "(or any server that speaks its API, such as Ollama); README.md has the seven lines it takes.",
  );
  say("On your own logs: npm run quickstart -- --logs FILE…");
  say("Before you go live: npm start -- check");
  if (stopCommand === undefined) {
    say("Both servers are stopped now and their data removed; with --keep they stay.");
    return;
  }
  head("OpenSearch and Kafka stay. To try commands on them:");
  for (const [name, value] of Object.entries(settings)) say(`export ${name}='${value}'`);
  say("npm start -- status");
  say('npm start -- search "the disk is full"');
  say('npm run fresh-log -- "Gateway timeout after 30 s while charging card"');
  say(`To stop them: ${stopCommand}`);
}

function showPage({ url }: LeftDaemon): void {
  head("A daemon runs beside them. See it, and search:");
  say(`${url}/`);
}

function shorten(text: string, length: number): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

function quoted(argument: string): string {
  return argument.includes(" ") ? `'${shorten(argument, 90).replaceAll("'", "’")}'` : argument;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

process.exitCode = await main();
