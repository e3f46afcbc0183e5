import { createStateDirectory } from "./adapters/state-directory/state-directory.ts";
import { systemClock } from "./adapters/system-clock.ts";
import type { BackfillDeps } from "./backfill/cycle.ts";
import type { Schedule } from "./backfill/schedule.ts";
import type { Config } from "./config/config.ts";
import type { EmbeddingConfig } from "./config/embedding-config.ts";
import { createEvents } from "./observability/events.ts";
import type { Logger } from "./observability/logger.ts";
import type {
  Clock,
  Embedder,
  Events,
  LogStore,
  StateStore,
  StoreSetup,
  TokenCounter,
} from "./ports.ts";

/** What commands are made of. Each part is opened on first use: a command pays only for what it needs. */
export type Service = AsyncDisposable & {
  clock: Clock;
  events: Events;
  state: StateStore;
  store(): Promise<LogStore>;
  setup(): Promise<StoreSetup>;
  embedder(): Promise<Embedder>;
  tokens(): Promise<TokenCounter>;
  backfill(): Promise<BackfillDeps>;
  schedule(): Promise<Schedule>;
};

/** The one place that knows configuration, features and adapters. Nothing is contacted yet. */
export function openService(config: Config, logger: Logger): Service {
  const clock = systemClock;
  const events = createEvents(logger, clock);
  const state = openState(config.stateDir, logger);
  const releasers: (() => Promise<void>)[] = [];
  const openSearch = once(async () => {
    const parts = await openOpenSearch(config);
    releasers.push(() => parts.store.close());
    return parts;
  });
  const store = async () => (await openSearch()).store;
  const embedder = once(() => openEmbedder(config.embedding));
  const tokens = once(async () => {
    const { createTokenCounter } = await import("./adapters/tokens/token-counter.ts");
    return createTokenCounter();
  });
  const backfill = async (): Promise<BackfillDeps> => {
    const [{ createVectorCache }, { createRecentRecords }, { createUnfitWatch }] =
      await Promise.all([
        import("./enrichment/vector-cache.ts"),
        import("./backfill/recent.ts"),
        import("./backfill/unfit-watch.ts"),
      ]);
    const opened = await embedder();
    const { model, dimensions } = opened;
    return {
      store: await store(),
      embedder: opened,
      tokens,
      clock,
      events,
      cache: createVectorCache({ model, dimensions, ...config.cache }, clock),
      recent: createRecentRecords(clock),
      watch: createUnfitWatch(events),
      settings: { batchSize: config.backfill.batchSize, levels: config.logs.levels },
    };
  };
  return {
    clock,
    events,
    state,
    store,
    setup: async () => (await openSearch()).setup,
    embedder,
    tokens,
    backfill,
    async schedule() {
      const { cronSchedule, intervalSchedule } = await import("./backfill/schedule.ts");
      const { schedule } = config.backfill;
      return schedule.kind === "cron"
        ? cronSchedule(schedule.line)
        : intervalSchedule(schedule.minutes, clock);
    },
    async [Symbol.asyncDispose]() {
      for (const release of releasers.toReversed()) await release();
    },
  };
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => (opened ??= open());
}

function openState(path: string, logger: Logger): StateStore {
  return createStateDirectory(path, (problem) =>
    logger.log(
      "warn",
      `State directory ${path} cannot be written (${problem}); state is kept in memory only. Set STATE_DIR to a folder that can be written.`,
      { "event.action": "state-unwritable" },
    ),
  );
}

async function openOpenSearch({ opensearch, logs, vector, backfill }: Config) {
  const [{ openClient }, { createApi }, { createOpenSearchStore }, { createOpenSearchSetup }] =
    await Promise.all([
      import("./adapters/opensearch/client.ts"),
      import("./adapters/opensearch/api.ts"),
      import("./adapters/opensearch/store.ts"),
      import("./adapters/opensearch/setup.ts"),
    ]);
  const client = await openClient(opensearch);
  const api = createApi(client, opensearch.urls);
  const { indexPattern, levels, messageField, timestampField, levelField, maxAgeDays } = logs;
  const wanted = {
    levels,
    messageField,
    ...(timestampField === undefined ? {} : { timestampField }),
    ...(levelField === undefined ? {} : { levelField }),
    vectorField: vector.field,
    metaField: vector.metaField,
    dimensions: vector.dimensions,
    mapping: vector.mapping,
  };
  const direction = backfill.order;
  return {
    store: createOpenSearchStore(
      { api, client },
      { indexPattern, wanted, vector, direction, maxAgeDays },
    ),
    setup: createOpenSearchSetup(api, { indexPattern, wanted, vector }),
  };
}

async function openEmbedder(embedding: EmbeddingConfig | undefined): Promise<Embedder> {
  switch (embedding?.provider) {
    case "openai": {
      const { createOpenAiEmbedder } = await import("./adapters/openai/openai-embedder.ts");
      return createOpenAiEmbedder(embedding);
    }
    case "ai-service": {
      const { createAiServiceEmbedder } =
        await import("./adapters/ai-service/ai-service-embedder.ts");
      return createAiServiceEmbedder(embedding);
    }
    case "local": {
      const { createLocalEmbedder } = await import("./adapters/local-embedder/local-embedder.ts");
      return createLocalEmbedder(embedding);
    }
    case undefined:
      throw new Error("A command without an embedder asked for one");
  }
}
