import { readFile } from "node:fs/promises";
import { createStateDirectory } from "./adapters/state-directory/state-directory.ts";
import { systemClock } from "./adapters/system-clock.ts";
import type { BackfillDeps } from "./backfill/cycle.ts";
import type { Schedule } from "./backfill/schedule.ts";
import { NO_PRICE } from "./config/combination-problems.ts";
import { ConfigError } from "./config/config-error.ts";
import type { Config } from "./config/config.ts";
import type { EmbeddingConfig } from "./config/embedding-config.ts";
import type { Enrichment } from "./enrichment/open-enrichment.ts";
import { createMask } from "./observability/escape.ts";
import { createEvents } from "./observability/events.ts";
import type { Logger } from "./observability/logger.ts";
import type {
  Clock,
  Consuming,
  Embedder,
  Events,
  LogSource,
  LogStore,
  Publisher,
  StateStore,
  StoreSetup,
  Subscribing,
  TokenCounter,
  Topics,
} from "./ports.ts";
import type { NeededTopic } from "./inspection/needed-topics.ts";
import { groupsOf, neededTopics, tailGroup, workerGroup } from "./topics.ts";
import type { KeptAside } from "./quarantine/kept-aside.ts";
import type { ConsumeDeps, Consumer } from "./tail/consume.ts";
import type { SchemaCheck } from "./tail/read-log.ts";
import type { ReadMessage } from "./tail/reading.ts";

type Kafka = { source: LogSource; publisher: Publisher; topics: Topics };

/** What commands are made of. Each part is opened on first use: a command pays only for what it needs. */
export type Service = AsyncDisposable & {
  clock: Clock;
  events: Events;
  state: StateStore;
  store(): Promise<LogStore>;
  setup(): Promise<StoreSetup>;
  embedder(): Promise<Embedder>;
  tokens(): Promise<TokenCounter>;
  /** Read from the state directory. */
  keptAside(): Promise<KeptAside>;
  backfill(): Promise<BackfillDeps>;
  schedule(): Promise<Schedule>;
  /** Undefined where no brokers are set. */
  kafka(): Promise<Kafka | undefined>;
  /** The groups of this configuration that read topics. */
  groups(): Subscribing[];
  neededTopics(): NeededTopic[];
  reader(): Promise<ReadMessage>;
  consumer(who: Consuming): Promise<Consumer>;
  /** One try at documents that messages name. */
  attempt(): Promise<ConsumeDeps["attempt"]>;
  /** Shared by all that enriches in this process: a text is paid for once, whoever comes upon it. */
  enrichment(): Promise<Enrichment>;
};

/** From one look at a document that Logstash has not indexed yet to the next. */
const LATE_WAITS_MS = [1000, 2000, 4000, 8000];

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
  const embedder = once(async () => withPrice(await openEmbedder(config.embedding), config));
  const tokens = once(async () => {
    const { createTokenCounter } = await import("./adapters/tokens/token-counter.ts");
    return createTokenCounter();
  });
  const keptAside = once(async () => {
    const { createKeptAside } = await import("./quarantine/kept-aside.ts");
    const opened = createKeptAside({ state, clock, events });
    await opened.sync();
    return opened;
  });
  const enrichment = once(async (): Promise<Enrichment> => {
    const { openEnrichment } = await import("./enrichment/open-enrichment.ts");
    const { cache, embedding, limits } = config;
    if (!embedding) throw new Error("A command without an embedder asked for one");
    const opened = openEnrichment({
      store: await store(),
      embedder: await embedder(),
      tokens,
      state,
      keptAside: await keptAside(),
      clock,
      events,
      settings: { cache, text: embedding.text, limits },
    });
    await Promise.all([opened.rewrites.load(), opened.guard.load()]);
    releasers.push(() => opened.guard.settle());
    return opened;
  });
  const kafka = once(async (): Promise<Kafka | undefined> => {
    if (!config.kafka) return undefined;
    const { openKafka } = await import("./adapters/kafka/kafka.ts");
    const parts = openKafka(config.kafka.connection);
    for (const part of [parts.topics, parts.publisher, parts.source]) {
      releasers.push(() => part.close());
    }
    return parts;
  });
  const sending = async (who: Consuming): Promise<Enrichment> => {
    const shared = await enrichment();
    return { ...shared, admission: shared.guard.for(who) };
  };
  const reader = once(() => openReader(config));
  return {
    clock,
    events,
    state,
    store,
    setup: async () => (await openSearch()).setup,
    embedder,
    tokens,
    keptAside,
    enrichment,
    kafka,
    reader,
    groups: () => groupsOf(config),
    neededTopics: () => neededTopics(config),
    async backfill() {
      const { createRecentRecords } = await import("./backfill/recent.ts");
      const { batchSize } = config.backfill;
      return {
        ...(await enrichment()),
        events,
        recent: createRecentRecords(clock),
        settings: { batchSize, levels: config.logs.levels },
      };
    },
    async schedule() {
      const { cronSchedule, intervalSchedule } = await import("./backfill/schedule.ts");
      const { schedule } = config.backfill;
      return schedule.kind === "cron"
        ? cronSchedule(schedule.line, clock)
        : intervalSchedule(schedule.minutes, clock);
    },
    async consumer(who) {
      const parts = { ...(await sending(who)), events, kafka: await kafka() };
      const isTail = who === "tail";
      const read = isTail
        ? reader
        : async () => (await import("./tail/read-reference.ts")).readReference;
      return openConsumerOf(who, config, { ...parts, read: await read() });
    },
    async attempt() {
      const { openAttempt } = await import("./tail/open-consumer.ts");
      return openAttempt({ ...(await sending("worker")), events });
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

async function openReader({ logs, tail }: Config): Promise<ReadMessage> {
  const { createLogReader } = await import("./tail/read-log.ts");
  const { levels, messageField, levelField } = logs;
  const { idField, indexTemplate, messageSchemaFile } = tail;
  const fields = {
    levels,
    messageField,
    idField,
    ...(levelField === undefined ? {} : { levelField }),
    ...(indexTemplate === undefined ? {} : { indexTemplate }),
  };
  if (messageSchemaFile === undefined) return createLogReader(fields);
  return createLogReader(fields, await openSchema(messageSchemaFile));
}

async function openSchema(path: string): Promise<SchemaCheck> {
  const { createSchemaCheck } = await import("./adapters/json-schema/schema-check.ts");
  return createSchemaCheck(JSON.parse(await readFile(path, "utf8")));
}

async function openConsumerOf(
  who: Consuming,
  { kafka: settings, tail, secrets }: Config,
  parts: Enrichment & { events: Events; kafka: Kafka | undefined; read: ReadMessage },
): Promise<Consumer> {
  const { openConsumer } = await import("./tail/open-consumer.ts");
  const { kafka } = parts;
  if (!settings || !kafka) throw new Error("A command without Kafka asked for a consumer");
  return openConsumer({
    ...parts,
    kafka,
    who,
    subscribing: who === "tail" ? tailGroup(settings) : workerGroup(settings),
    mask: createMask(secrets),
    settings: {
      batchSize: tail.batchSize,
      batchTimeoutMs: tail.batchTimeoutMs,
      deadLetterTopic: settings.deadLetterTopic,
      waitsMs: who === "tail" ? LATE_WAITS_MS : [],
    },
  });
}

async function openOpenSearch({ opensearch, logs, vector, backfill, tail }: Config) {
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
    idField: tail.idField,
    vectorField: vector.field,
    metaField: vector.metaField,
    dimensions: vector.dimensions,
    mapping: vector.mapping,
  };
  const { order: direction, minAgeMs } = backfill;
  return {
    store: createOpenSearchStore(
      { api, client },
      { indexPattern, wanted, vector, direction, maxAgeDays, minAgeMs },
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

/** A limit in money says nothing where nobody knows what a token costs. */
function withPrice(embedder: Embedder, { limits: { usdPerDay } }: Config): Embedder {
  if (usdPerDay === undefined || embedder.pricePerMillionTokens !== null) return embedder;
  throw new ConfigError([{ name: "MAX_COST_USD_PER_DAY", sentence: NO_PRICE }]);
}
