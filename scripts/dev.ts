import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { devNull, tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { runAgainOnChange, type Running } from "./dev/run-again.ts";
import { freePorts, isFree } from "./local-servers/free-port.ts";
import { startKafka } from "./local-servers/kafka.ts";
import { availableVersions, startOpenSearch } from "./local-servers/opensearch.ts";
import { ensureModel } from "./models/ensure-model.ts";
import { modelFolder } from "./models/model-folder.ts";
import { ensureTopic } from "./quickstart/fresh-log.ts";
import { environment, runCli } from "./quickstart/run-cli.ts";
import { loadEntries } from "./sample-logs/load-entries.ts";
import { parseLogFile } from "./sample-logs/parse-log-file.ts";

const USAGE = `Usage: npm run dev [-- [--kafka] [FLAGS OF log-vectorizer run]]

Starts a real OpenSearch (and with --kafka a real Kafka), loads the sample ERROR logs, and runs the daemon from src with
its page; each change in src starts it again. Ctrl-C stops all of it and removes its data.`;

const SOURCES = resolve(import.meta.dirname, "../src");
const SAMPLES = join(import.meta.dirname, "sample-logs/sample-errors.jsonl");
const INDEX = "dev_2026_11";
const TOPIC = "dev-logs";
const MODEL = "all-minilm-l6-v2";
const PAGE_PORT = 9464;
/** The daemon needs 8 s at most. */
const STOP_MS = 12_000;

const say = (line: string) => console.log(line);

type Settings = Record<string, string>;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.error(USAGE);
    return 0;
  }
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => interrupted.abort());
  }
  const { signal } = interrupted;
  try {
    await develop({ kafka: args.includes("--kafka"), flags: args.filter(isFlagOfRun), signal });
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

const isFlagOfRun = (arg: string) => arg !== "--kafka";

type Plan = { kafka: boolean; flags: string[]; signal: AbortSignal };

async function develop({ kafka, flags, signal }: Plan): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const stateDir = await mkdtemp(join(tmpdir(), "log-vectorizer-dev-"));
  opened.defer(() => rm(stateDir, { recursive: true, force: true }));
  const missing = await ensureModel(MODEL, { say, signal });
  if (missing !== undefined)
    say(`${missing}\nSo hashing makes the vectors, which compares wording.`);
  say("Starting OpenSearch (the first time fetches it)…");
  const [version = "2.19.1.0"] = await availableVersions();
  const openSearch = opened.use(await startOpenSearch({ version, signal }));
  await loadEntries({ url: openSearch.url, index: INDEX, signal }, parseLogFile(SAMPLES));
  const settings: Settings = {
    OPENSEARCH_URL: openSearch.url,
    OPENSEARCH_INDEX_PATTERN: "dev_*",
    EMBEDDING_PROVIDER: "local",
    EMBEDDING_MODEL: missing === undefined ? MODEL : "hashing",
    MODEL_DIR: modelFolder(),
    STATE_DIR: stateDir,
    LOG_FILE: "",
    HTTP_PORT: String(await pagePort()),
  };
  if (kafka) Object.assign(settings, await withKafka(settings, opened, signal));
  tell(settings);
  await runAgainOnChange({
    folder: SOURCES,
    start: () => startDaemon(flags, settings),
    onChange: () => say("src has changed: starting the daemon again"),
    signal,
  });
  say("Stopping the servers…");
}

/** A broker that ends with the others, and its topics. */
async function withKafka(
  settings: Settings,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Settings> {
  say("Starting Kafka (the first time fetches it)…");
  const { broker } = opened.use(await startKafka({ signal }));
  await ensureTopic({ broker, topic: TOPIC, signal });
  const kafka = { KAFKA_BOOTSTRAP_SERVERS: broker, KAFKA_TOPIC: TOPIC };
  await runCli(["init"], { ...settings, ...kafka }, signal);
  return kafka;
}

function tell(settings: Settings): void {
  const { HTTP_PORT: port, OPENSEARCH_URL: url, KAFKA_BOOTSTRAP_SERVERS: broker } = settings;
  say(`\nPage:       http://127.0.0.1:${port}/`);
  say(`OpenSearch: ${url} (the samples are in ${INDEX})`);
  if (broker !== undefined) {
    const fresh = `OPENSEARCH_URL=${url} KAFKA_BOOTSTRAP_SERVERS=${broker} KAFKA_TOPIC=${TOPIC} FRESH_LOG_INDEX=${INDEX}`;
    say(`Kafka:      ${broker}; a fresh log: ${fresh} npm run fresh-log -- "disk full"`);
  }
  say("The daemon starts again after each change in src. Ctrl-C stops everything.\n");
}

async function pagePort(): Promise<number> {
  if (await isFree(PAGE_PORT)) return PAGE_PORT;
  const [port = 0] = await freePorts(1);
  return port;
}

/** In a process group of its own: Ctrl-C must reach it through us, once. */
function startDaemon(flags: readonly string[], settings: Settings): Running {
  const args = [join(SOURCES, "main.ts"), "--env-file", devNull, "run", ...flags];
  const child = spawn(process.execPath, args, {
    env: environment(settings),
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  let isStopped = false;
  const ended = once(child, "close");
  child.on("close", (code) => {
    if (!isStopped) say(`The daemon ended with ${code}; the next change in src starts it again.`);
  });
  return {
    async stop() {
      isStopped = true;
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

process.exitCode = await main(process.argv.slice(2));
