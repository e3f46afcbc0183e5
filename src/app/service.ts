import type { ErrorWatch, ErrorWatchDeps } from "../analysis/error-watch.ts";
import type { Groups } from "../analysis/groups.ts";
import type { CompareStatistics } from "../analysis/statistics/compare-statistics.ts";
import { createProcessMemory, createProcessTable } from "../adapters/process/processes.ts";
import { systemClock } from "../adapters/process/system-clock.ts";
import { createStateDirectory } from "../adapters/state-directory/state-directory.ts";
import type { BackfillDeps } from "../backfill/cycle.ts";
import type { Schedule } from "../backfill/schedule.ts";
import type { Config } from "../config/config.ts";
import { Fault } from "../domain/faults.ts";
import type { ModelInForce, ReadOtherModels } from "../domain/other-models.ts";
import type { SpentToday } from "../limits/spending.ts";
import type { Pricing } from "../pipeline/estimate-cost.ts";
import type { Enrichment } from "../pipeline/open-enrichment.ts";
import type { LocalQuarantine } from "../pipeline/quarantine/local-quarantine.ts";
import { joinStore, type JoinedStore } from "../pipeline/joined-store.ts";
import type { Signer } from "../pipeline/signer.ts";
import { createToText, type ToText } from "../pipeline/text.ts";
import type { AlertChannel } from "../ports/alert-channel.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConsumerRole } from "../ports/consumer-events.ts";
import type { ErrorMemory } from "../ports/error-memory.ts";
import type { Embedder, TokenCounter } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { GroupCounts } from "../ports/group-counts.ts";
import type { RecordStatistics } from "../ports/record-statistics.ts";
import type { RecordStore } from "../ports/record-store.ts";
import type { Memory } from "../ports/memory.ts";
import type { ProcessTable } from "../ports/process-table.ts";
import type { StateStore } from "../ports/state-store.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { SchemaAdmin } from "../ports/schema-admin.ts";
import type { Tracer } from "../ports/tracer.ts";
import { readProcesses } from "../status/heartbeat.ts";
import type { ProcessHealth } from "../status/process-health.ts";
import type { Status } from "../status/status-shape.ts";
import type { Consumer, ConsumerDeps } from "../stream/consumer.ts";
import type { ReadMessage } from "../stream/reading.ts";
import type { FanOut } from "../telemetry/fan-out.ts";
import type { Logger, ServiceIdentity } from "../telemetry/logger.ts";
import { createTracer } from "../telemetry/tracer.ts";
import { openAlertChannels } from "./parts/alert-channels.ts";
import { openConsumerFor, openReader } from "./parts/consumer.ts";
import {
  openWatchedEmbedder,
  priceOf,
  openSharedEnrichment,
  openSigner,
  readHeldVectors,
  readKeyId,
} from "./parts/embedder.ts";
import { decideModel } from "./parts/model-in-force.ts";
import { connectOpenSearch } from "./parts/opensearch.ts";
import { openReadiness, type ReadinessParts } from "./parts/readiness.ts";
import { openErrorWatch, openGroups, openStatistics } from "./parts/groups.ts";
import {
  openSearch,
  openWordSearch,
  toShownBy,
  type Search,
  type WordSearch,
} from "./parts/search.ts";
import { openExplain, type Explain } from "./parts/explain.ts";
import { groupsOf, openStreams, type Streams } from "./parts/streams.ts";
import { openEvents, openTraces } from "./parts/telemetry.ts";

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
  store(): Promise<JoinedStore>;
  /** Counts records by the group in their stamps. */
  groupCounts(): Promise<GroupCounts>;
  /** `memory`: with the indices of the memory of errors. */
  setup(options: { memory: boolean }): Promise<SchemaAdmin>;
  /** Groups, episodes and notes. Throws a Fault where the store keeps none. */
  errorMemory(): Promise<ErrorMemory>;
  embedder(): Promise<Embedder>;
  tokens(): Promise<TokenCounter>;
  /** Read from the state directory. */
  localQuarantine(): Promise<LocalQuarantine>;
  backfill(): Promise<BackfillDeps>;
  schedule(): Promise<Schedule>;
  /** Undefined where no brokers are set. */
  streams(): Promise<Streams | undefined>;
  /** The groups of this configuration that read topics. */
  groups(): ReturnType<typeof groupsOf>;
  reader(): Promise<ReadMessage>;
  consumer(role: ConsumerRole): Promise<Consumer>;
  /** One try at documents that messages name. */
  attempt(): Promise<ConsumerDeps["attempt"]>;
  /**
   * Whose vectors count as coverage, and are compared by search. Where no setting names it the store is asked once. Throws a
   * Fault, as all parts do that need the model; the next call asks again.
   */
  inForce(): Promise<ModelInForce>;
  /** What a text costs; no embedder is needed for it. */
  pricing(): Promise<Pricing>;
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
  /** Lists errors by the groups in stamps, and their episodes; keeps what people decide about them. */
  errorGroups(): Promise<Groups>;
  /** Says what is known of an error, and with a language model why it may have happened. */
  explain(): Promise<Explain>;
  /** Compares counts of all records with what a sample tells of them. */
  compareStatistics: CompareStatistics;
  /** Keeps the memory of errors as records come, and tells of them. */
  errorWatch(tell: ErrorWatchDeps["tell"] | undefined): Promise<ErrorWatch>;
  /** Finds records by their vectors. */
  search(): Promise<Search>;
  /** Finds them by words alone, without an embedder. */
  wordSearch(): Promise<WordSearch>;
  /** What is embedded for a message. */
  toText: ToText;
  /** Signs stamps. Throws a ConfigError where the key that is kept is none. */
  signer(): Promise<Signer>;
  /** As stamps name the key that this process signs with; undefined where none was made yet. */
  stampKey(): Promise<string | undefined>;
  /** Shared by backfill, tail and search of this process, so that each text is paid for once. */
  enrichment(): Promise<Enrichment>;
};

/** Parts used instead of those that the settings name. The caller closes them. */
export type Given = {
  store?: RecordStore & VectorIndex & GroupCounts & RecordStatistics;
  memory?: ErrorMemory;
};

const NO_MEMORY = "Groups, episodes and notes are kept in OpenSearch only.";

/**
 * The composition root: configuration → adapters → features. Nothing is contacted yet. Each part is opened on first use and
 * released in reverse order, the others also where one release throws.
 */
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
  const tracer = createTracer();
  const opened = new AsyncDisposableStack();
  // Released after all others: their last requests are traced too.
  const openedForTraces = new AsyncDisposableStack();
  const connection = once(async () => {
    const connected = await connectOpenSearch(config, { tracer, events });
    opened.defer(() => connected.close());
    return connected;
  });
  const closing = new AbortController();
  opened.defer(() => closing.abort());
  const decided = once(async () => {
    if (!config.ofStoredVectors) return config;
    const asked = given.store ?? (await connection()).storeFor(config);
    return decideModel(config, { store: asked, state }, closing.signal);
  });
  const records = once(async () => {
    const chosen = await decided();
    const both = given.store ?? (await connection()).storeFor(chosen);
    return {
      ...joinStore({ store: both, vectors: both, signer }),
      groupCounts: both,
      statistics: both,
    };
  });
  const store = async () => (await records()).store;
  const watched = once(async () =>
    openWatchedEmbedder(await decided(), { tracer, clock, events }, opened),
  );
  const embedder = async () => (await watched()).embedder;
  const tokens = once(async () => {
    const { createTokenCounter } = await import("../adapters/tokens/token-counter.ts");
    return createTokenCounter();
  });
  const localQuarantine = once(async () => {
    const { createLocalQuarantine } = await import("../pipeline/quarantine/local-quarantine.ts");
    const quarantine = createLocalQuarantine({ state, clock, events });
    await quarantine.sync();
    return quarantine;
  });
  const toText = createToText(config.inForce.text);
  const signer = once(() => openSigner(config, logger));
  const enrichment = once(async () => {
    const parts = {
      ...(await records()),
      embedder: await embedder(),
      localQuarantine: await localQuarantine(),
      signer: await signer(),
    };
    const shared = { ...parts, tokens, state, processes, clock, events, tracer };
    return openSharedEnrichment(config, shared, opened);
  });
  const enrichmentFor = async (role: ConsumerRole | "search"): Promise<Enrichment> => {
    const shared = await enrichment();
    return { ...shared, admission: shared.embedderLimits.for(role) };
  };
  const streams = once(() => openStreams(config, tracer, opened));
  const pricing = once(async (): Promise<Pricing> => {
    const { maxTokensPerText } = config.inForce;
    return { tokens, toText, maxTokensPerText, pricePerMillionTokens: await priceOf(config) };
  });
  const otherModels = once(async (): Promise<ReadOtherModels> => {
    const { createOtherModels } = await import("../status/other-models.ts");
    const parts = { store: await store(), localQuarantine: await localQuarantine(), clock };
    return createOtherModels({ ...parts, ...(await pricing()) });
  });
  const search = once(async () => {
    const parts = { ...(await enrichmentFor("search")), otherModels: await otherModels() };
    return openSearch(config, { ...parts, events, state });
  });
  const errorMemory = async (): Promise<ErrorMemory> => {
    if (given.store && !given.memory) throw new Fault("configuration", NO_MEMORY);
    return given.memory ?? (await connection()).memory();
  };
  const inForce = async () => (await decided()).inForce;
  const groupParts = async () => {
    const { store: asked, groupCounts } = await records();
    const { quiet } = config.memory;
    const shown = { toText, toShown: toShownBy(config) };
    const model = async () => (await inForce()).model;
    return { store: asked, groupCounts, memory: errorMemory, clock, quiet, model, ...shown };
  };
  const errorGroups = once(async () => openGroups(await groupParts()));
  const statistics = once(async () => openStatistics(config, { ...(await records()), clock }));
  const wordSearch = once(async () => {
    const parts = { ...(await records()), signer: await signer(), toText, clock, events, tracer };
    return openWordSearch(await decided(), parts);
  });
  const explain = once(async () => {
    const finders = { hasEmbedder: config.embedding !== undefined, search, wordSearch };
    const parts = { ...(await groupParts()), ...finders, state, events, tracer };
    return openExplain(config, parts, opened);
  });
  const reader = once(() => openReader(config));
  const readiness = once(async () => {
    const [kafka, own] = [(await streams())?.setup, await watched()];
    const parts = { ...own, store: await store(), state, clock, listen };
    return openReadiness({ ...parts, ...(kafka && { kafka }) });
  });
  return {
    clock,
    events,
    listen,
    tracer,
    async startTracing(identity) {
      if (!config.tracing) return;
      const sink = await openTraces(config.tracing, identity, logger);
      openedForTraces.defer(() => sink.close());
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
    groupCounts: async () => (await records()).groupCounts,
    setup: async (options) => (await connection()).setupFor(await decided(), options),
    errorMemory,
    embedder,
    tokens,
    localQuarantine,
    enrichment,
    streams,
    reader,
    search,
    errorGroups,
    explain,
    compareStatistics: async (query, signal) => (await statistics())(query, signal),
    async errorWatch(tell) {
      const { vectors } = await records();
      const parts = { ...(await groupParts()), vectors, signer: await signer() };
      return openErrorWatch({
        ...parts,
        inForce,
        config: config.memory,
        ...(tell ? { tell } : {}),
      });
    },
    wordSearch,
    groups: () => groupsOf(config),
    async status(signal) {
      const { readStatus } = await import("../status/status.ts");
      const { usdPerDay } = config.limits;
      const parts = await streams();
      return readStatus(
        {
          store: await store(),
          state,
          localQuarantine: await localQuarantine(),
          processes,
          clock,
          inForce: await inForce(),
          heldVectors: () => readHeldVectors(config),
          otherModels: await otherModels(),
          ...(usdPerDay === undefined ? {} : { usdPerDay }),
          ...(parts && { streams: { stream: parts.stream, groups: groupsOf(config) } }),
        },
        signal,
      );
    },
    inForce,
    pricing,
    otherModels,
    readiness,
    toText,
    signer,
    stampKey: () => readKeyId(config),
    async spentToday() {
      const { readSpent } = await import("../limits/spending.ts");
      return readSpent(state, clock.now(), config.limits.usdPerDay);
    },
    alertChannels: () => openAlertChannels(config),
    async backfill() {
      const { createRecentRecords } = await import("../backfill/recent.ts");
      const { batchSize, patienceMs } = config.backfill;
      return {
        ...(await enrichment()),
        events,
        recent: createRecentRecords(clock),
        settings: { batchSize, levels: config.logs.levels, patienceMs },
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
      const parts = { ...(await enrichmentFor(role)), events, streams: await streams() };
      if (role === "tail") return openConsumerFor(role, config, { ...parts, read: await reader() });
      const { readReference } = await import("../stream/read-reference.ts");
      return openConsumerFor(role, config, { ...parts, read: readReference });
    },
    async attempt() {
      const { openAttempt } = await import("../stream/open-consumer.ts");
      return openAttempt({ ...(await enrichmentFor("worker")), events, role: "worker" });
    },
    async [Symbol.asyncDispose]() {
      await using _traces = openedForTraces;
      await using _parts = opened;
    },
  };
}

/** The part, opened by the first call; where that failed, by the next one. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opening: Promise<T> | undefined;
  return () =>
    (opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
}
