import { join } from "node:path";

import { loadEntries } from "../sample-logs/load-entries.ts";
import { ensureTopic, sendFreshLog, waitForVector } from "./fresh-log.ts";
import { latestMessages } from "./latest-messages.ts";
import { leaveDaemon } from "./page.ts";
import { runCli, startCli } from "./run-cli.ts";
import { startServers } from "./server.ts";
import type { TrialModels } from "./models.ts";
import { createSteps, enrichLogs, head, indicesOf, MULTILINGUAL_SETTINGS } from "./trial.ts";
import { PATTERN, SAMPLE_INDEX, say, showCli, showSearches } from "./trial.ts";
import type { Logs, Trial } from "./trial.ts";

const TOPIC = "quickstart-logs";
const FRESH = "could not get a database connection from the pool within 30 s";

type Settings = Record<string, string>;
type Setting = {
  logs: Logs;
  models: TrialModels;
  keep: boolean;
  levels: string;
  /** STATE_DIR of the commands. */
  state: string;
  signal: AbortSignal;
};

/** With a real OpenSearch and a real Kafka. They are stopped, come what may, unless it came to its end and is to keep. */
export async function tryOnServers(setting: Setting): Promise<void> {
  const { logs, models, keep, levels, state, signal } = setting;
  const step = createSteps();
  step("A real OpenSearch, and a real Kafka");
  const servers = await startServers({ keep, signal, say });
  let kept = false;
  try {
    const { url, broker } = servers;
    say(`OpenSearch listens at ${url}, Kafka at ${broker}.`);
    const told = {
      OPENSEARCH_URL: url,
      OPENSEARCH_INDEX_PATTERN: PATTERN,
      EMBEDDING_PROVIDER: "local",
      EMBEDDING_MODEL: models.model,
      ENRICHMENT_LEVELS: levels,
    };
    const own = {
      ...models.settings,
      STATE_DIR: state,
      LOG_FILE: "",
      NODE_COMPILE_CACHE: join(state, "compiled"),
    };
    const place = { url, signal };
    const trialWith = (settings: Settings): Trial => ({
      step,
      model: models.model,
      levels,
      cli: (args) => runCli(args, settings, signal),
      load: (index, entries) => loadEntries({ ...place, index }, entries),
      latestMessages: () => latestMessages({ ...place, pattern: PATTERN }),
      ...(models.multilingual && {
        multilingual: {
          told: MULTILINGUAL_SETTINGS,
          cli: (args) => runCli(args, { ...settings, ...MULTILINGUAL_SETTINGS }, signal),
        },
      }),
    });
    const trial = trialWith({ ...told, ...own });
    await enrichLogs(trial, logs);
    await showSearches(trial, logs);
    const kafka = { KAFKA_BOOTSTRAP_SERVERS: broker, KAFKA_TOPIC: TOPIC };
    const settings = { ...told, ...own, ...kafka };
    const [index = SAMPLE_INDEX] = indicesOf(logs);
    await showTail(trialWith(settings), settings, { ...place, broker, topic: TOPIC, index });
    const daemon = keep ? await leaveDaemon(settings, signal) : undefined;
    kept = keep;
    showNext(models);
    if (daemon) {
      // A daemon that is asked to stop writes into its state folder once more.
      const gone = `while kill -0 ${daemon.pid} 2>/dev/null; do sleep 1; done`;
      const stop = `kill ${daemon.pid}; ${gone}; ${servers.stopCommand}; rm -r ${state}`;
      showKept({ ...told, ...kafka }, daemon.url, stop);
    } else say("Both servers are stopped now and their data removed; with --keep they stay.");
  } finally {
    if (!kept) await servers.stop();
  }
}

/** A fresh ERROR through Kafka, its document indexed beside it as Logstash does. */
async function showTail(
  trial: Trial,
  settings: Settings,
  place: Parameters<typeof sendFreshLog>[0],
): Promise<void> {
  trial.step("A fresh log through Kafka");
  await ensureTopic(place);
  await showCli(trial, ["init"]);
  say("$ log-vectorizer tail");
  // A batch of one should not wait for others.
  const quick = { ...settings, KAFKA_FROM: "earliest", ENRICHMENT_BATCH_TIMEOUT: "0.5" };
  await using tail = startCli(["tail"], quick, place.signal);
  const log = await sendFreshLog(place, FRESH);
  say(`ERROR ${log.log_id.slice(0, 8)} "${FRESH}": sent to ${TOPIC}, indexed in ${place.index}`);
  const seconds = await waitForVector(place, log);
  await tail.stop();
  if (seconds === undefined) throw new Error("The fresh log got no vector within a minute.");
  say(`Its vector was there ${seconds.toFixed(1)} s later, the start of the tail included.`);
}

function showNext({ model }: TrialModels): void {
  head("Where to go next");
  if (model === "hashing") {
    say(
      "hashing compares wording. For meaning: npm run fetch-model -- all-minilm-l6-v2, and run this again,",
    );
    say("or take EMBEDDING_PROVIDER=openai (or any server that speaks its API, such as Ollama).");
  } else {
    say(
      "Other models: docs/adapters/local.md; other embedders (OpenAI, and any server that speaks its API,",
    );
    say("such as Ollama): docs/getting-started.md. npm start -- reembed then makes new vectors.");
  }
  say("On your own logs: npm run quickstart -- --logs FILE…");
  say("Before you go live: npm start -- check");
}

function showKept(settings: Settings, page: string, stopCommand: string): void {
  head("OpenSearch and Kafka stay. To try commands on them:");
  for (const [name, value] of Object.entries(settings)) say(`export ${name}='${value}'`);
  say("npm start -- status");
  say('npm start -- search "the disk is full"');
  say('npm run fresh-log -- "Gateway timeout after 30 s while charging card"');
  say(`To stop them: ${stopCommand}`);
  head("A daemon runs beside them. See it, and search:");
  say(`${page}/`);
}
