import { readFile } from "node:fs/promises";
import { createProcessMemory } from "../adapters/process/process-memory.ts";
import { createProcessTable } from "../adapters/process/process-table.ts";
import { createStateDirectory } from "../adapters/state-directory/state-directory.ts";
import { systemClock } from "../adapters/process/system-clock.ts";
import type { BackfillDeps } from "../backfill/cycle.ts";
import type { Schedule } from "../backfill/schedule.ts";
import { NO_PRICE } from "../config/combination-problems.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/config.ts";
import type { EmbeddingConfig } from "../config/embedding-config.ts";
import type { Enrichment } from "../pipeline/open-enrichment.ts";
import { readProcesses } from "../status/heartbeat.ts";
import { signMarks } from "../pipeline/sign-marks.ts";
import { createSigner, type Signer } from "../pipeline/signer.ts";
import { createToText, textVersion, type ToText } from "../pipeline/text.ts";
import { redact, type Redaction } from "../domain/redact.ts";
import type { ReadOtherModels } from "../domain/other-models.ts";
import type { VectorModel } from "../domain/stamp.ts";
import { createMask } from "../telemetry/escape.ts";
import { createEvents } from "../telemetry/events.ts";
import { createFanOut, type FanOut } from "../telemetry/fan-out.ts";
import type { Logger, ServiceIdentity } from "../telemetry/logger.ts";
import { resourceOf } from "../telemetry/service-identity.ts";
import { traceEmbedder, tracedFetch } from "../telemetry/trace-embedder.ts";
import { tracePublisher } from "../telemetry/trace-publisher.ts";
import { createTracer } from "../telemetry/tracer.ts";
import type { AlertChannel } from "../ports/alert-channel.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConsumerRole } from "../ports/consumer-events.ts";
import type { Embedder, TokenCounter } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { LogSource } from "../ports/log-source.ts";
import type { LogStore } from "../ports/log-store.ts";
import type { Memory } from "../ports/memory.ts";
import type { ProcessTable } from "../ports/process-table.ts";
import type { Publisher } from "../ports/publisher.ts";
import type { StateStore } from "../ports/state-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { StoreSetup } from "../ports/store-setup.ts";
import type { Topics } from "../ports/topics.ts";
import type { Tracer, TraceSink } from "../ports/tracer.ts";
import type { SpentToday } from "../limits/spending.ts";
import { watchEmbedder } from "../status/embedder-watch.ts";
import type { NeededTopic } from "../status/needed-topics.ts";
import type { ProcessHealth } from "../status/process-health.ts";
import type { CallRecords } from "../status/call-records.ts";
import type { Probes, Readiness, Standing } from "../status/readiness.ts";
import type { Status } from "../status/status.ts";
import { groupsOf, neededTopics, tailGroup, workerGroup } from "./topics.ts";
import type { SearchQuery } from "../search/search.ts";
import type { RecordAddress } from "../search/locate-record.ts";
import type { SearchAnswer } from "../search/search-answer.ts";
import type { ShownRecord } from "../search/show-record.ts";
import type { SimilarQuery } from "../search/similar.ts";
import type { LocalQuarantine } from "../pipeline/quarantine/kept-aside.ts";
import type { ConsumerDeps, Consumer } from "../stream/consumer.ts";
import type { SchemaCheck } from "../stream/read-log.ts";
import type { ReadMessage } from "../stream/reading.ts";

type Kafka = { source: LogSource; publisher: Publisher; topics: Topics };

/** Every method throws a SearchRefused, or a Fault. */
type Search = {
  search(query: SearchQuery, stop: StopSignals): Promise<SearchAnswer>;
  similar(query: SimilarQuery, stop: StopSignals): Promise<SearchAnswer>;
  record(place: RecordAddress, stop: StopSignals): Promise<ShownRecord>;
};

type ReadinessParts = {
  /** Asks each of them. */
  ask(signal: AbortSignal): Promise<Readiness>;
  probes: Probes;
  /** What is known without asking. */
  standing(): Promise<Standing>;
  records: CallRecords;
};

/** What commands are made of. Each part is opened on first use: a command pays only for what it needs. */
export type Service = AsyncDisposable & {
  clock: Clock;
  events: Events;
  /** Tells somebody else of the events too. */
  listen: FanOut["listen"];
  tracer: Tracer;
  /** From now on spans are sent, where the settings say to whom; nothing of that is loaded before. */
  startTracing(identity: ServiceIdentity): Promise<void>;
  state: StateStore;
  processes: ProcessTable;
  memory: Memory;
  /** How those processes are that share the state directory. */
  processHealth(): Promise<ProcessHealth[]>;
  store(): Promise<LogStore>;
  setup(): Promise<StoreSetup>;
  embedder(): Promise<Embedder>;
  tokens(): Promise<TokenCounter>;
  /** Read from the state directory. */
  localQuarantine(): Promise<LocalQuarantine>;
  backfill(): Promise<BackfillDeps>;
  schedule(): Promise<Schedule>;
  /** Undefined where no brokers are set. */
  kafka(): Promise<Kafka | undefined>;
  /** The groups of this configuration that read topics. */
  groups(): ReturnType<typeof groupsOf>;
  neededTopics(): NeededTopic[];
  reader(): Promise<ReadMessage>;
  consumer(role: ConsumerRole): Promise<Consumer>;
  /** One try at documents that messages name. */
  attempt(): Promise<ConsumerDeps["attempt"]>;
  /** Whose vectors count as coverage, and are compared by search. */
  inForce: VectorModel;
  /** Tells what it takes to make new vectors where they are of another model. */
  otherModels(): Promise<ReadOtherModels>;
  /** Coverage and backlog as they are now. */
  status(signal: AbortSignal): Promise<Status>;
  /** How those that this configuration needs are doing. */
  readiness(): Promise<ReadinessParts>;
  /** What all processes spent today. */
  spentToday(): Promise<SpentToday>;
  /** Where alerts go to; none where nothing is set. */
  alertChannels(): Promise<AlertChannel[]>;
  /** Finds records by their vectors. */
  search(): Promise<Search>;
  /** What is embedded for a message. */
  toText: ToText;
  /** Signs stamps. Throws a ConfigError where the key that is kept is none. */
  signer(): Promise<Signer>;
  /** As stamps name the key that this process signs with; undefined where none was made yet. */
  stampKey(): Promise<string | undefined>;
  /** Shared by all that enriches in this process: a text is paid for once, whoever comes upon it. */
  enrichment(): Promise<Enrichment>;
};

/** From one look at a document that Logstash has not indexed yet to the next. */
const LATE_WAITS_MS = [1000, 2000, 4000, 8000];

/** Parts used instead of those that the settings name. The caller closes them. */
export type Given = { store?: LogStore };

/** The one place that knows configuration, features and adapters. Nothing is contacted yet. */
export function openService(config: Config, logger: Logger, given: Given = {}): Service {
  const clock = systemClock;
  const { events, listen } = openEvents(logger, clock);
  const path = config.stateDir;
  const state = createStateDirectory(
    path,
    (problem) => events.stateUnwritable({ path, problem }),
    () => events.stateWritable({ path }),
  );
  const processes = createProcessTable();
  const memory = createProcessMemory();
  const releasers: (() => Promise<void>)[] = [];
  const tracer = createTracer();
  const openSearch = once(async () => {
    const parts = await openOpenSearch(config, { tracer, events });
    releasers.push(() => parts.store.close());
    return parts;
  });
  const store = once(async () => {
    const opened = given.store ?? (await openSearch()).store;
    return signMarks(opened, () => signer());
  });
  const watched = once(async () =>
    watchEmbedder(
      traceEmbedder(withPrice(await openEmbedder(config.embedding, tracer), config), tracer),
      clock,
      events,
    ),
  );
  const embedder = async () => (await watched()).embedder;
  const tokens = once(async () => {
    const { createTokenCounter } = await import("../adapters/tokens/token-counter.ts");
    return createTokenCounter();
  });
  const localQuarantine = once(async () => {
    const { createLocalQuarantine } = await import("../pipeline/quarantine/kept-aside.ts");
    const opened = createLocalQuarantine({ state, clock, events });
    await opened.sync();
    return opened;
  });
  const toText = createToText(config.inForce.text);
  const signer = once(async () => {
    return signerWith(config.stampKey ?? (await keptStampKey(path, logger)), config);
  });
  const enrichment = once(async (): Promise<Enrichment> => {
    const { openEnrichment } = await import("../pipeline/open-enrichment.ts");
    const { cache, limits } = config;
    const opened = openEnrichment({
      store: await store(),
      embedder: await embedder(),
      tokens,
      state,
      localQuarantine: await localQuarantine(),
      signer: await signer(),
      clock,
      events,
      tracer,
      settings: { cache, text: config.inForce.text, limits },
    });
    await Promise.all([
      opened.rewrites.load(),
      opened.unseen.load(),
      opened.trials.load(),
      opened.embedderLimits.load(),
    ]);
    releasers.push(() => opened.embedderLimits.flush());
    releasers.push(() => opened.unseen.save());
    releasers.push(() => opened.paused.save());
    releasers.push(() => opened.trials.save());
    return opened;
  });
  const kafka = once(async (): Promise<Kafka | undefined> => {
    if (!config.kafka) return undefined;
    const { openKafka } = await import("../adapters/kafka/kafka.ts");
    const parts = openKafka(config.kafka.connection);
    for (const part of [parts.topics, parts.publisher, parts.source]) {
      releasers.push(() => part.close());
    }
    return { ...parts, publisher: tracePublisher(parts.publisher, tracer) };
  });
  const sending = async (role: ConsumerRole | "search"): Promise<Enrichment> => {
    const shared = await enrichment();
    return { ...shared, admission: shared.embedderLimits.for(role) };
  };
  const searching = once(async (): Promise<Search> => {
    const [
      { search },
      { similar },
      { showRecord },
      { createCachedSurvey },
      { createQueryVectorCache },
      parts,
    ] = await Promise.all([
      import("../search/search.ts"),
      import("../search/similar.ts"),
      import("../search/show-record.ts"),
      import("../search/cached-survey.ts"),
      import("../search/query-vector-cache.ts"),
      sending("search"),
    ]);
    const { levels } = config.logs;
    // Somebody reads the messages: what they hold is masked also where nothing leaves for an embedder.
    const redaction: Redaction = config.embedding?.text.redaction === "pii" ? "pii" : "secrets";
    const mask = createMask(config.secrets);
    const toShown = (text: string) => redact(mask(text), redaction);
    const deps = {
      ...parts,
      events,
      readSurvey: createCachedSurvey(parts),
      queryVectors: createQueryVectorCache(state, parts.embedder),
      otherModels: await otherModels(),
      settings: { levels, toShown },
    };
    return {
      search: (query, stop) => search(deps, query, stop),
      similar: (query, stop) => similar(deps, query, stop),
      record: (place, stop) => showRecord(deps, place, stop.everything),
    };
  });
  const otherModels = once(async (): Promise<ReadOtherModels> => {
    const { createOtherModels } = await import("../status/other-models.ts");
    return createOtherModels({
      store: await store(),
      localQuarantine: await localQuarantine(),
      clock,
      tokens,
      toText,
      maxTokensPerText: config.inForce.maxTokensPerText,
      pricePerMillionTokens: await priceOf(config),
    });
  });
  const reader = once(() => openReader(config));
  const readiness = once(async () => {
    const [{ createCallRecords }, inspection, { readBreaker }, parts, { embedder: own, history }] =
      await Promise.all([
        import("../status/call-records.ts"),
        import("../status/readiness.ts"),
        import("../limits/breaker.ts"),
        kafka(),
        watched(),
      ]);
    const names = neededTopics(config).map(({ name }) => name);
    const records = createCallRecords(clock);
    listen(records.listener);
    const breaker = () => readBreaker(state);
    const probes = inspection.createProbes({
      store: await store(),
      embedder: own,
      ...(parts ? { kafka: { topics: parts.topics, names } } : {}),
      records,
      clock,
    });
    return {
      ask: inspection.createReadiness({ probes, history, breaker, clock }),
      probes,
      standing: () => inspection.readStanding({ records, breaker }),
      records,
    };
  });
  return {
    clock,
    events,
    listen,
    tracer,
    async startTracing(identity) {
      if (!config.tracing) return;
      const sink = await openTraces(config.tracing, identity, logger);
      // The last to be released: others tell of their end.
      releasers.unshift(() => sink.close());
      tracer.sendTo(sink);
    },
    state,
    processes,
    memory,
    async processHealth() {
      const { processHealth } = await import("../status/process-health.ts");
      return processHealth(await readProcesses(state), processes, clock.now());
    },
    store,
    setup: async () => (await openSearch()).setup,
    embedder,
    tokens,
    localQuarantine,
    enrichment,
    kafka,
    reader,
    search: searching,
    groups: () => groupsOf(config),
    neededTopics: () => neededTopics(config),
    async status(signal) {
      const { readStatus } = await import("../status/status.ts");
      const { usdPerDay } = config.limits;
      const parts = await kafka();
      return readStatus(
        {
          store: await store(),
          state,
          localQuarantine: await localQuarantine(),
          clock,
          inForce: { model: config.inForce.model, dimensions: config.inForce.dimensions },
          otherModels: await otherModels(),
          ...(usdPerDay === undefined ? {} : { usdPerDay }),
          ...(parts ? { kafka: { topics: parts.topics, groups: groupsOf(config) } } : {}),
        },
        signal,
      );
    },
    inForce: config.inForce,
    otherModels,
    readiness,
    toText,
    signer,
    async stampKey() {
      const { readStampKey } = await import("../adapters/state-directory/stamp-key.ts");
      const secret = config.stampKey ?? (await readStampKey(path));
      return secret === undefined ? undefined : signerWith(secret, config).key;
    },
    async spentToday() {
      const { readSpent } = await import("../limits/spending.ts");
      return readSpent(state, clock.now(), config.limits.usdPerDay);
    },
    alertChannels: () => openAlertChannels(config),
    async backfill() {
      const { createRecentRecords } = await import("../backfill/recent.ts");
      const { batchSize } = config.backfill;
      return {
        ...(await enrichment()),
        events,
        recent: createRecentRecords(clock),
        settings: { batchSize, levels: config.logs.levels },
      };
    },
    async schedule() {
      const { cronSchedule, intervalSchedule } = await import("../backfill/schedule.ts");
      const { schedule } = config.backfill;
      return schedule.kind === "cron"
        ? cronSchedule(schedule.line, clock)
        : intervalSchedule(schedule.minutes, clock);
    },
    async consumer(role) {
      const parts = { ...(await sending(role)), events, kafka: await kafka() };
      const isTail = role === "tail";
      const read = isTail
        ? reader
        : async () => (await import("../stream/read-reference.ts")).readReference;
      return openConsumerOf(role, config, { ...parts, read: await read() });
    },
    async attempt() {
      const { openAttempt } = await import("../stream/open-consumer.ts");
      return openAttempt({ ...(await sending("worker")), events, role: "worker" });
    },
    async [Symbol.asyncDispose]() {
      for (const release of releasers.toReversed()) await release();
    },
  };
}

function signerWith(secret: string, { inForce, logs }: Config): Signer {
  return createSigner({ secret, textVersion: textVersion(inForce.text, logs.messageFields) });
}

async function keptStampKey(path: string, logger: Logger): Promise<string> {
  const { openStampKey } = await import("../adapters/state-directory/stamp-key.ts");
  try {
    return await openStampKey(path, (problem) =>
      logger.log(
        "warn",
        `State directory ${path} takes no stamp.key (${problem}). Vectors are written and searched, but other processes ` +
          "cannot tell them from forged ones, and pay for equal texts again. Set STAMP_KEY, or STATE_DIR to a folder that can be written.",
        { "event.action": "stamp-key-unkept" },
      ),
    );
  } catch (error) {
    throw new ConfigError([], [error instanceof Error ? error.message : String(error)]);
  }
}

/** A listener that comes after the log file became unwritable hears of it too. */
function openEvents(logger: Logger, clock: Clock): FanOut {
  const { events, listen } = createFanOut(createEvents(logger, clock));
  let unwritable: { path: string; problem: string } | undefined;
  logger.listen({
    unwritable(file, problem) {
      unwritable = { path: file, problem };
      events.logFileUnwritable(unwritable);
    },
    writable(file) {
      unwritable = undefined;
      events.logFileWritable({ path: file });
    },
  });
  return {
    events,
    listen(listener) {
      if (unwritable) listener.logFileUnwritable?.(unwritable);
      return listen(listener);
    },
  };
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => (opened ??= open());
}

async function openAlertChannels({ alerts, secrets }: Config): Promise<AlertChannel[]> {
  const { slackUrl, webhookUrl, email } = alerts ?? {};
  const opened: Promise<AlertChannel>[] = [];
  if (slackUrl !== undefined) {
    opened.push(
      import("../adapters/alert-channels/slack-channel.ts").then(({ createSlackChannel }) =>
        createSlackChannel({ url: slackUrl, secrets }),
      ),
    );
  }
  if (webhookUrl !== undefined) {
    opened.push(
      import("../adapters/alert-channels/webhook-channel.ts").then(({ createWebhookChannel }) =>
        createWebhookChannel({ url: webhookUrl, secrets }),
      ),
    );
  }
  if (email) {
    opened.push(
      import("../adapters/alert-channels/email-channel.ts").then(({ createEmailChannel }) =>
        createEmailChannel({ ...email, secrets }),
      ),
    );
  }
  return Promise.all(opened);
}

async function openReader({ logs, tail }: Config): Promise<ReadMessage> {
  const { createLogReader } = await import("../stream/read-log.ts");
  const { levels, messageFields, levelFields } = logs;
  const { idField, indexTemplate, messageSchemaFile } = tail;
  const fields = {
    levels,
    idField,
    ...(messageFields === undefined ? {} : { messageFields }),
    ...(levelFields === undefined ? {} : { levelFields }),
    ...(indexTemplate === undefined ? {} : { indexTemplate }),
  };
  if (messageSchemaFile === undefined) return createLogReader(fields);
  return createLogReader(fields, await openSchema(messageSchemaFile));
}

async function openSchema(path: string): Promise<SchemaCheck> {
  const { createSchemaCheck } = await import("../adapters/json-schema/schema-check.ts");
  return createSchemaCheck(JSON.parse(await readFile(path, "utf8")));
}

async function openConsumerOf(
  role: ConsumerRole,
  { kafka: settings, tail, secrets }: Config,
  parts: Enrichment & { events: Events; kafka: Kafka | undefined; read: ReadMessage },
): Promise<Consumer> {
  const { openConsumer } = await import("../stream/open-consumer.ts");
  const { kafka } = parts;
  if (!settings || !kafka) throw new Error("A command without Kafka asked for a consumer");
  return openConsumer({
    ...parts,
    kafka,
    role,
    subscribing: role === "tail" ? tailGroup(settings) : workerGroup(settings),
    mask: createMask(secrets),
    settings: {
      batchSize: tail.batchSize,
      batchTimeoutMs: tail.batchTimeoutMs,
      deadLetterTopic: settings.deadLetterTopic,
      retryDelaysMs: role === "tail" ? LATE_WAITS_MS : [],
    },
  });
}

async function openTraces(
  { url, attributes, ...settings }: NonNullable<Config["tracing"]>,
  identity: ServiceIdentity,
  logger: Logger,
): Promise<TraceSink> {
  const { createTraceSink } = await import("../adapters/otlp/trace-sink.ts");
  const say = (level: "warn" | "info", action: string, text: string) =>
    logger.log(level, text, { "event.action": action });
  return createTraceSink({
    ...settings,
    url,
    resource: resourceOf(identity, attributes),
    version: identity.version,
    lost: (problem) =>
      say(
        "warn",
        "traces-lost",
        `Traces cannot be sent to ${url} (${problem}); the work goes on, and its traces are lost until they can. ` +
          "Check OTEL_EXPORTER_OTLP_ENDPOINT and that the collector takes OTLP over HTTP there.",
      ),
    back: () => say("info", "traces-go-on", `Traces are sent to ${url} again`),
  });
}

async function openOpenSearch(
  { opensearch, logs, vector, inForce, backfill, tail }: Config,
  { tracer, events }: { tracer: Tracer; events: Events },
) {
  const [
    { openClient },
    { createApi },
    { traceApi },
    { createBulkGate },
    { createOpenSearchStore },
    { createOpenSearchSetup },
  ] = await Promise.all([
    import("../adapters/opensearch/client.ts"),
    import("../adapters/opensearch/api.ts"),
    import("../adapters/opensearch/trace-api.ts"),
    import("../adapters/opensearch/bulk-gate.ts"),
    import("../adapters/opensearch/store.ts"),
    import("../adapters/opensearch/setup.ts"),
  ]);
  const client = await openClient(opensearch);
  const api = traceApi(createApi(client, opensearch, events), tracer);
  const { indexPattern, levels, messageFields, timestampField, levelFields, serviceField } = logs;
  const { maxAgeDays } = logs;
  const wanted = {
    levels,
    ...(messageFields === undefined ? {} : { messageFields }),
    ...(timestampField === undefined ? {} : { timestampField }),
    ...(levelFields === undefined ? {} : { levelFields }),
    ...(serviceField === undefined ? {} : { serviceField }),
    idField: tail.idField,
    vectorField: vector.field,
    metaField: vector.metaField,
    dimensions: vector.dimensions,
    mapping: vector.mapping,
  };
  const { order: direction, minAgeMs } = backfill;
  const { model, dimensions, maxTokensPerText: tokenLimit } = inForce;
  return {
    store: createOpenSearchStore(
      { api, client, gate: createBulkGate(opensearch.bulk, systemClock) },
      {
        indexPattern,
        wanted,
        vector,
        inForce: { model, dimensions },
        tokenLimit,
        maxTextBytes: logs.maxMessageBytes,
        direction,
        serverless: opensearch.aws?.service === "aoss",
        timeoutMs: opensearch.timeoutMs,
        maxAgeDays,
        minAgeMs,
      },
    ),
    setup: createOpenSearchSetup(api, {
      indexPattern,
      wanted,
      vector,
      timeoutMs: opensearch.timeoutMs,
    }),
  };
}

async function openEmbedder(
  embedding: EmbeddingConfig | undefined,
  tracer: Tracer,
): Promise<Embedder> {
  const fetch = tracedFetch(tracer);
  switch (embedding?.provider) {
    case "openai": {
      const { createOpenAiEmbedder } = await import("../adapters/openai/openai-embedder.ts");
      return createOpenAiEmbedder({ ...embedding, fetch });
    }
    case "ai-service": {
      const { createAiServiceEmbedder } =
        await import("../adapters/ai-service/ai-service-embedder.ts");
      return createAiServiceEmbedder({ ...embedding, fetch });
    }
    case "local": {
      const { createLocalEmbedder } = await import("../adapters/local-embedder/local-embedder.ts");
      return createLocalEmbedder(embedding);
    }
    case undefined:
      throw new Error("A command without an embedder asked for one");
  }
}

/** Of a million tokens in USD, known also where the embedder cannot be opened; null where nobody knows it. */
async function priceOf({ inForce, embedding }: Config): Promise<number | null> {
  const { provider, model, pricePerMillionTokens: given } = inForce;
  if (provider === "local") return 0;
  if (given !== undefined || provider === "ai-service") return given ?? null;
  const { openAiPrice, OPENAI_URL } = await import("../adapters/openai/openai-price.ts");
  const baseUrl = embedding?.provider === "openai" ? embedding.baseUrl : undefined;
  return openAiPrice(model, baseUrl ?? OPENAI_URL);
}

/** A limit in money says nothing where nobody knows what a token costs. */
function withPrice(embedder: Embedder, { limits: { usdPerDay } }: Config): Embedder {
  if (usdPerDay === undefined || embedder.pricePerMillionTokens !== null) return embedder;
  throw new ConfigError([{ name: "MAX_COST_USD_PER_DAY", sentence: NO_PRICE }]);
}
