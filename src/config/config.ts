import { isIPv6 } from "node:net";
import { alertConfig } from "./alert-config.ts";
import type { AlertConfig } from "./alert-config.ts";
import { combinationProblems } from "./combination-problems.ts";
import { ConfigError } from "./config-error.ts";
import { embeddingConfig, modelConfig } from "./embedding-config.ts";
import type { EmbeddingConfig, ModelConfig } from "./embedding-config.ts";
import { httpWarnings } from "./http-warnings.ts";
import { httpConfig } from "./http-config.ts";
import type { HttpConfig } from "./http-config.ts";
import { kafkaConfig, tailConfig } from "./kafka-config.ts";
import type { KafkaConfig, TailConfig } from "./kafka-config.ts";
import { secretsIn } from "./secrets.ts";
import { settingReader } from "./setting-reader.ts";
import type { SettingReader } from "./setting-reader.ts";
import type { SettingValue } from "./settings.ts";
import type { ResolvedSetting, Sources } from "./sources.ts";
import { serviceConfig, tracingConfig } from "./tracing-config.ts";
import type { ServiceConfig, TracingConfig } from "./tracing-config.ts";
import { textProblems } from "./text-problems.ts";
import type { ReadFile } from "./text-problems.ts";

export type Config = {
  opensearch: {
    /** Without user info. */
    urls: string[];
    auth?: { username: string; password: string };
    tls: { caFile?: string; certFile?: string; keyFile?: string; verify: boolean };
    aws?: { region: string; service: SettingValue<"OPENSEARCH_AWS_SERVICE"> };
    timeoutMs: number;
    bulk: { max: number; fullSpeed: boolean };
  };
  logs: {
    indexPattern: string;
    levels: string[];
    messageFields?: string[];
    timestampField?: string;
    levelFields?: string[];
    serviceField?: string;
    maxMessageBytes: number;
    maxAgeDays?: number;
  };
  vector: {
    field: string;
    /** Field of the stamp. */
    metaField: string;
    dimensions: number;
    engine: SettingValue<"VECTOR_ENGINE">;
    spaceType: SettingValue<"VECTOR_SPACE_TYPE">;
    mapping: SettingValue<"MAPPING">;
  };
  backfill: {
    batchSize: number;
    order: SettingValue<"BACKFILL_ORDER">;
    drain: boolean;
    schedule: { kind: "cron"; line: string } | { kind: "interval"; minutes: number };
    minAgeMs: number;
    mode: SettingValue<"BACKFILL_MODE">;
  };
  /** Undefined without a tail. */
  kafka: KafkaConfig | undefined;
  tail: TailConfig;
  /** The model whose vectors count as coverage. */
  inForce: ModelConfig;
  /** Undefined only where no embedder is needed or configured. */
  embedding: EmbeddingConfig | undefined;
  cache: { maxEntries: number; ttlMs: number };
  /** Absent: no such limit. */
  limits: {
    requestsAtOnce: number;
    requestsPerMinute?: number;
    tokensPerMinute?: number;
    usdPerDay?: number;
    tokensPerCycle?: number;
  };
  /** Undefined: off. */
  http: HttpConfig | undefined;
  /** Undefined: no alerts. */
  alerts: AlertConfig | undefined;
  log: {
    level: SettingValue<"LOG_LEVEL">;
    format: SettingValue<"LOG_FORMAT">;
    file: string | undefined;
  };
  service: ServiceConfig;
  /** Undefined: off. */
  tracing: TracingConfig | undefined;
  stateDir: string;
  /** Undefined: the key in the state directory. */
  stampKey: string | undefined;
  /** Texts that no log may show. */
  secrets: string[];
};

export type LoadOptions = {
  /** A missing embedder is a problem. */
  needsEmbedder: boolean;
  /** A missing Kafka is a problem. Default: false. */
  needsKafka?: boolean;
  /** Logs go to the default file where LOG_FILE is not set. Default: true. */
  logsToFile?: boolean;
  /** The command serves HTTP, so warnings about its reachability are shown. Default: false. */
  serves?: boolean;
  /** Reads the files that settings name. */
  readFile?: ReadFile;
};

export type LoadedConfig = {
  config: Config;
  resolved: readonly ResolvedSetting[];
  warnings: string[];
};

/** Reads the settings. Throws one ConfigError with all problems. */
export function loadConfig(sources: Sources, options: LoadOptions): LoadedConfig {
  const { settings } = sources;
  const reader = settingReader(settings);
  const problems = [
    ...textProblems(settings, reader, options.readFile),
    ...combinationProblems(reader, options),
  ];
  if (problems.length + sources.problems.length > 0) {
    throw new ConfigError(problems, sources.problems);
  }
  const config = build(reader, options.logsToFile ?? true);
  const warnings = [
    ...unknownNames(sources),
    ...unsafe(config),
    ...guessable(config),
    ...unaffordable(config),
    ...(options.serves ? httpWarnings(config.http) : []),
  ];
  return { config, resolved: settings, warnings };
}

function build(reader: SettingReader, logsToFile: boolean): Config {
  const { read, need, given } = reader;
  return {
    opensearch: opensearch(reader),
    logs: logs(reader),
    vector: {
      field: need("VECTOR_FIELD"),
      metaField: `${need("VECTOR_FIELD")}_meta`,
      dimensions: need("EMBEDDING_DIMENSIONS"),
      engine: need("VECTOR_ENGINE"),
      spaceType: need("VECTOR_SPACE_TYPE"),
      mapping: need("MAPPING"),
    },
    backfill: {
      batchSize: need("BACKFILL_BATCH_SIZE"),
      order: need("BACKFILL_ORDER"),
      drain: need("BACKFILL_DRAIN"),
      schedule: schedule(reader),
      minAgeMs: minAgeMs(reader),
      mode: need("BACKFILL_MODE"),
    },
    kafka: kafkaConfig(reader),
    tail: tailConfig(reader),
    inForce: modelConfig(reader),
    embedding: embeddingConfig(reader),
    cache: { maxEntries: need("CACHE_MAX_ENTRIES"), ttlMs: need("CACHE_TTL_SECONDS") * 1000 },
    limits: limits(reader),
    http: httpConfig(reader),
    alerts: alertConfig(reader),
    log: {
      level: need("LOG_LEVEL"),
      format: need("LOG_FORMAT"),
      file: logsToFile || given("LOG_FILE") ? read("LOG_FILE") : undefined,
    },
    service: serviceConfig(reader),
    tracing: tracingConfig(reader),
    stateDir: need("STATE_DIR"),
    stampKey: read("STAMP_KEY"),
    secrets: secretsIn(reader),
  };
}

function opensearch(reader: SettingReader): Config["opensearch"] {
  const { read, need } = reader;
  const addresses = read("OPENSEARCH_URL");
  const [username, password] = [read("OPENSEARCH_USER"), read("OPENSEARCH_PASSWORD")];
  const auth =
    username !== undefined && password !== undefined ? { username, password } : addresses?.auth;
  const caFile = read("OPENSEARCH_CA_FILE");
  const certFile = read("OPENSEARCH_CERT_FILE");
  const keyFile = read("OPENSEARCH_KEY_FILE");
  const region = read("OPENSEARCH_AWS_REGION");
  return {
    urls: addresses?.urls ?? [addressOfHost(reader)],
    ...(auth !== undefined && { auth }),
    tls: {
      ...(caFile !== undefined && { caFile }),
      ...(certFile !== undefined && { certFile }),
      ...(keyFile !== undefined && { keyFile }),
      verify: need("OPENSEARCH_TLS_VERIFY"),
    },
    ...(region !== undefined && { aws: { region, service: need("OPENSEARCH_AWS_SERVICE") } }),
    timeoutMs: need("OPENSEARCH_TIMEOUT_SECONDS") * 1000,
    bulk: { max: need("BULK_MAX_CONCURRENCY"), fullSpeed: need("FULL_SPEED") },
  };
}

function addressOfHost({ need }: SettingReader): string {
  const host = need("OPENSEARCH_HOST");
  const scheme = need("OPENSEARCH_USE_SSL") ? "https" : "http";
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${need("OPENSEARCH_PORT")}`;
}

function logs({ read, need }: SettingReader): Config["logs"] {
  const timestampField = read("TIMESTAMP_FIELD");
  const messageFields = read("MESSAGE_FIELD");
  const levelFields = read("LEVEL_FIELD");
  const serviceField = read("SERVICE_FIELD");
  const maxAgeDays = read("BACKFILL_MAX_AGE_DAYS");
  return {
    indexPattern: need("OPENSEARCH_INDEX_PATTERN"),
    levels: need("ENRICHMENT_LEVELS"),
    maxMessageBytes: need("MAX_MESSAGE_BYTES"),
    ...(messageFields !== undefined && { messageFields }),
    ...(timestampField !== undefined && { timestampField }),
    ...(levelFields !== undefined && { levelFields }),
    ...(serviceField !== undefined && { serviceField }),
    ...(maxAgeDays !== undefined && { maxAgeDays }),
  };
}

function schedule({ read, need }: SettingReader): Config["backfill"]["schedule"] {
  const minutes = read("BACKFILL_INTERVAL_MINUTES");
  if (minutes !== undefined) return { kind: "interval", minutes };
  return { kind: "cron", line: need("BACKFILL_SCHEDULE") };
}

/** With a tail, fresh records are the tail's. */
function minAgeMs({ read, given }: SettingReader): number {
  const unset = given("KAFKA_BOOTSTRAP_SERVERS") ? 60 : 0;
  return 1000 * (read("BACKFILL_MIN_AGE_SECONDS") ?? unset);
}

function limits({ read, need }: SettingReader): Config["limits"] {
  const requestsPerMinute = read("RATE_LIMIT_REQUESTS_PER_MINUTE");
  const tokensPerMinute = read("RATE_LIMIT_TOKENS_PER_MINUTE");
  const usdPerDay = read("MAX_COST_USD_PER_DAY");
  const tokensPerCycle = read("MAX_TOKENS_PER_CYCLE");
  return {
    requestsAtOnce: need("EMBEDDING_MAX_CONCURRENCY"),
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
    ...(tokensPerMinute !== undefined && { tokensPerMinute }),
    ...(usdPerDay !== undefined && { usdPerDay }),
    ...(tokensPerCycle !== undefined && { tokensPerCycle }),
  };
}

function unknownNames({ unknown }: Sources): string[] {
  return unknown.map(({ name, origin, nearest }) => {
    const guess = nearest === undefined ? "" : `; is ${nearest} meant?`;
    return `${name} (${origin}) is not a setting and has no effect${guess}`;
  });
}

function unsafe({ opensearch: { urls, tls } }: Config): string[] {
  if (tls.verify || urls.every((url) => url.startsWith("http:"))) return [];
  return ["OPENSEARCH_TLS_VERIFY is false: the server's certificate is not checked"];
}

function guessable({ stampKey }: Config): string[] {
  if (!stampKey || !/change-?me|(.)\1{15}/i.test(stampKey)) return [];
  return [
    "STAMP_KEY is an example value: anyone who may index documents can forge stamps and give texts vectors of their choice. " +
      "Make one by openssl rand -hex 32",
  ];
}

function unaffordable({ limits: { tokensPerCycle }, embedding }: Config): string[] {
  const longest = embedding?.maxTokensPerText;
  if (!tokensPerCycle || !longest || longest <= tokensPerCycle) return [];
  return [
    `MAX_TOKENS_PER_CYCLE is ${tokensPerCycle}: a text that is longer never gets its vector by a cycle; ` +
      `EMBEDDING_MAX_TOKENS_PER_TEXT (${longest}) may be lowered to that`,
  ];
}
