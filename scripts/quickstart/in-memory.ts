import { createMemoryStore, type MemoryStore } from "./memory/memory-store.ts";
import type { LogEntry } from "../sample-logs/log-entry.ts";
import { documentOf } from "../sample-logs/load-entries.ts";
import { LATEST } from "./latest-messages.ts";
import { runInProcess } from "./run-cli.ts";
import { enrichLogs, head, PATTERN, say, showSimilar, wantedLevels } from "./trial.ts";
import type { Logs } from "./trial.ts";

/** Each has a vector of 1,536 numbers; more would take hundreds of megabytes. */
const MAX_RECORDS = 10_000;

type Setting = {
  logs: Logs;
  keep: boolean;
  levels: string;
  /** STATE_DIR of the commands. */
  state: string;
  signal: AbortSignal;
};

/** The same logs, commands and embedder without any server; only the log store is another. */
export async function tryInMemory({ logs, keep, levels, state, signal }: Setting): Promise<void> {
  head("1. No OpenSearch here: the logs are held in this process's memory");
  say(
    "The same as with OpenSearch: the logs, the cycle, the local embedder, the search, the tables.",
  );
  say("What differs: all of it is gone when this process ends, so no command finds it afterwards;");
  say("a search compares each vector instead of using a k-NN graph; and there is no Kafka.");
  const store = createMemoryStore({ levels: wantedLevels(levels) });
  const settings = {
    OPENSEARCH_INDEX_PATTERN: PATTERN,
    EMBEDDING_PROVIDER: "local",
    ENRICHMENT_LEVELS: levels,
    STATE_DIR: state,
    LOG_FILE: "",
  };
  const loader = createLoader(store, levels, signal);
  const trial = {
    levels,
    cli: (args: string[]) => runInProcess(args, settings, { store, signal }),
    ...loader,
  };
  await enrichLogs(trial, logs);
  await showSimilar(trial, logs);
  showNext(keep);
}

/** Stores the first records of the wanted levels; records of other levels are only counted. */
function createLoader(store: MemoryStore, levels: string, signal: AbortSignal) {
  const wanted = new Set(wantedLevels(levels));
  const kept: LogEntry[] = [];
  return {
    async load(index: string, entries: AsyncIterable<LogEntry>) {
      store.createIndex(index);
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
        store.arrive([{ index, id: `log-${kept.length}`, source: documentOf(entry) }]);
      }
      await store.makeVisible([index], signal);
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
