import { createMemoryStore, type MemoryStore } from "./memory/memory-store.ts";
import type { LogEntry } from "../sample-logs/log-entry.ts";
import { documentOf } from "../sample-logs/load-entries.ts";
import { LATEST } from "./latest-messages.ts";
import { runInProcess } from "./run-cli.ts";
import type { TrialModels } from "./models.ts";
import { createSteps, enrichLogs, head, MULTILINGUAL_SETTINGS, PATTERN, say } from "./trial.ts";
import { showSearches, wantedLevels, type Logs } from "./trial.ts";

/** Each has a vector of up to 1,536 numbers; more would take hundreds of megabytes. */
const MAX_RECORDS = 10_000;

type Setting = {
  logs: Logs;
  models: TrialModels;
  keep: boolean;
  levels: string;
  /** STATE_DIR of the commands. */
  state: string;
  signal: AbortSignal;
};

/** The same logs, commands and embedder without any server; only the log store is another. */
export async function tryInMemory(setting: Setting): Promise<void> {
  const { logs, models, keep, levels, state, signal } = setting;
  const step = createSteps();
  step("No OpenSearch here: the logs are held in this process's memory");
  say(
    "The same as with OpenSearch: the logs, the cycle, the local embedder, the search, the tables.",
  );
  say("What differs: all of it is gone when this process ends, so no command finds it afterwards;");
  say("a search compares each vector instead of using a k-NN graph; and there is no Kafka.");
  const store = createMemoryStore({ levels: wantedLevels(levels) });
  // A document here has room for one vector.
  const second = createMemoryStore({ levels: wantedLevels(levels) });
  const settings = {
    OPENSEARCH_INDEX_PATTERN: PATTERN,
    EMBEDDING_PROVIDER: "local",
    EMBEDDING_MODEL: models.model,
    ...models.settings,
    ENRICHMENT_LEVELS: levels,
    STATE_DIR: state,
    LOG_FILE: "",
  };
  const told = MULTILINGUAL_SETTINGS;
  const other = { ...settings, ...told };
  const multilingual = {
    told,
    cli: (args: string[]) => runInProcess(args, other, { store: second, signal }),
  };
  const trial = {
    step,
    model: models.model,
    levels,
    cli: (args: string[]) => runInProcess(args, settings, { store, signal }),
    ...createLoader(models.multilingual ? [store, second] : [store], levels, signal),
    ...(models.multilingual && { multilingual }),
  };
  await enrichLogs(trial, logs);
  await showSearches(trial, logs);
  showNext(keep);
}

/** Stores the first records of the wanted levels; records of other levels are only counted. */
function createLoader(stores: readonly MemoryStore[], levels: string, signal: AbortSignal) {
  const wanted = new Set(wantedLevels(levels));
  const kept: LogEntry[] = [];
  return {
    async load(index: string, entries: AsyncIterable<LogEntry>) {
      for (const store of stores) store.createIndex(index);
      const perLevel = new Map<string, number>();
      for await (const entry of entries) {
        signal.throwIfAborted();
        const level = entry.level ?? "none";
        const isWanted = wanted.has(level.toLowerCase());
        if (isWanted && kept.length === MAX_RECORDS) {
          say(
            `  Only the first ${MAX_RECORDS} wanted records are taken: more would fill the memory.`,
          );
          break;
        }
        perLevel.set(level, (perLevel.get(level) ?? 0) + 1);
        if (!isWanted) continue;
        kept.push(entry);
        const document = { index, id: `log-${kept.length}`, source: documentOf(entry) };
        for (const store of stores) store.arrive([document]);
      }
      for (const store of stores) await store.makeVisible([index], signal);
      return perLevel;
    },
    async latestMessages() {
      const time = ({ timestamp }: LogEntry) => Date.parse(timestamp ?? "") || -Infinity;
      const withText = kept.filter(({ message }) => message.trim() !== "");
      const latest = withText.toSorted((a, b) => time(b) - time(a) || 0).slice(0, LATEST);
      return latest.map(({ message }) => message);
    },
  };
}

function showNext(keep: boolean): void {
  head("Where to go next");
  if (keep) {
    say(
      "--keep could keep nothing: the logs and their vectors were in this process alone. With a real",
    );
    say("OpenSearch it leaves the servers, the vectors and a page running.");
  }
  say("With Docker, or Maven and a JDK, the same command tries a real OpenSearch and Kafka:");
  say("npm run quickstart");
  say("On your own logs: npm run quickstart -- --logs FILE…");
  say("With your own OpenSearch: docs/getting-started.md, Install.");
}
