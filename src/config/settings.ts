import type { z } from "zod";
import { httpUrl, httpUrls } from "./addresses.ts";
import { ALERT_SETTINGS } from "./alert-settings.ts";
import { HTTP_SETTINGS } from "./http-settings.ts";
import { KAFKA_TAIL_SETTINGS, LEADER_TOPIC_SUFFIX } from "./kafka-settings.ts";
import * as kinds from "./kinds.ts";
import type { Setting } from "./setting.ts";
import { TRACING_SETTINGS } from "./tracing-settings.ts";

const path = kinds.text("a path");
const pemFile = kinds.text("the path of a readable file");
const yesOrNo = "<true|false>";

/** All settings, in the order of help and the docs. */
const TABLE = {
  OPENSEARCH_HOST: {
    group: "OpenSearch",
    description: "Host of OpenSearch.",
    default: "localhost",
    placeholder: "<host>",
    address: true,
    kind: kinds.hostName,
  },
  OPENSEARCH_PORT: {
    group: "OpenSearch",
    description: "Port of OpenSearch.",
    default: "9200",
    placeholder: "<port>",
    kind: kinds.integer(1, 65_535),
  },
  OPENSEARCH_USE_SSL: {
    group: "OpenSearch",
    description: "Connect by https instead of http.",
    default: "false",
    placeholder: yesOrNo,
    kind: kinds.boolean,
  },
  OPENSEARCH_URL: {
    group: "OpenSearch",
    description: "Instead of host, port and SSL: one URL, or several separated by commas.",
    otherwise: "made of host, port and SSL",
    placeholder: "<urls>",
    address: true,
    kind: httpUrls,
  },
  OPENSEARCH_USER: {
    group: "OpenSearch",
    description: "User name for basic authentication.",
    otherwise: "none, save one that OPENSEARCH_URL names",
    placeholder: "<name>",
    kind: kinds.matching(/^[^:]+$/, "a user name without a colon"),
  },
  OPENSEARCH_PASSWORD: {
    group: "OpenSearch",
    description: "Password of that user.",
    placeholder: "<password>",
    secret: true,
    kind: kinds.text("a password of one line"),
  },
  OPENSEARCH_CA_FILE: {
    group: "OpenSearch",
    description: "Certificate authority to trust, a PEM file.",
    otherwise: "the authorities that Node.js trusts",
    placeholder: "<path>",
    file: true,
    kind: pemFile,
  },
  OPENSEARCH_CERT_FILE: {
    group: "OpenSearch",
    description: "Client certificate for mutual TLS, a PEM file.",
    otherwise: "no client certificate",
    placeholder: "<path>",
    file: true,
    kind: pemFile,
  },
  OPENSEARCH_KEY_FILE: {
    group: "OpenSearch",
    description: "Key of the client certificate, a PEM file.",
    placeholder: "<path>",
    file: true,
    kind: pemFile,
  },
  OPENSEARCH_TLS_VERIFY: {
    group: "OpenSearch",
    description: "Check the server's certificate.",
    default: "true",
    placeholder: yesOrNo,
    kind: kinds.boolean,
  },
  OPENSEARCH_AWS_REGION: {
    group: "OpenSearch",
    description: "Sign requests for AWS (SigV4) with this region.",
    otherwise: "requests are not signed",
    placeholder: "<region>",
    kind: kinds.matching(/^[a-z]{2,}(-[a-z]+)+-\d+$/, "an AWS region, such as eu-central-1"),
  },
  OPENSEARCH_AWS_SERVICE: {
    group: "OpenSearch",
    description: "AWS service to sign for: es for a domain, aoss for Serverless.",
    default: "es",
    placeholder: "<es|aoss>",
    kind: kinds.oneOf(["es", "aoss"]),
  },
  OPENSEARCH_TIMEOUT_SECONDS: {
    group: "OpenSearch",
    description: "How long one request to OpenSearch may take.",
    default: "30",
    placeholder: "<seconds>",
    kind: kinds.integer(1, 3600),
  },
  BULK_MAX_CONCURRENCY: {
    group: "OpenSearch",
    description: "Most bulk requests in flight at once; fewer while OpenSearch is slow.",
    default: "3",
    placeholder: "<requests>",
    kind: kinds.integer(1, 32),
  },
  FULL_SPEED: {
    group: "OpenSearch",
    description: "Do not slow down when OpenSearch does; for a cluster without other work.",
    default: "false",
    placeholder: "[true|false]",
    kind: kinds.boolean,
  },
  OPENSEARCH_INDEX_PATTERN: {
    group: "Logs",
    description: "Indices, aliases and data streams with logs; comma-separated, * and -name work.",
    default: "*_*",
    placeholder: "<pattern>",
    kind: kinds.indexPattern,
  },
  ENRICHMENT_LEVELS: {
    group: "Logs",
    description: "Levels whose logs get a vector, comma-separated, in any case.",
    default: "ERROR",
    placeholder: "<levels>",
    kind: kinds.list(
      'levels, comma-separated, such as ERROR,FATAL; blanks count in quotes: "ERROR "',
    ),
  },
  MESSAGE_FIELD: {
    group: "Logs",
    description: "Field with the text to embed; of several, the first that is not blank in a log.",
    otherwise: "found by itself: message, else body, msg and others",
    placeholder: "<fields>",
    kind: kinds.fieldPaths,
  },
  TIMESTAMP_FIELD: {
    group: "Logs",
    description: "Field with the time of a log; an index where it is no date is read unsorted.",
    otherwise: "@timestamp, else timestamp",
    placeholder: "<field>",
    kind: kinds.fieldPath,
  },
  LEVEL_FIELD: {
    group: "Logs",
    description: "Field with the level of a log; of several, the first that is not blank in a log.",
    otherwise: "found by itself: level, log.level, severity and others",
    placeholder: "<fields>",
    kind: kinds.fieldPaths,
  },
  SERVICE_FIELD: {
    group: "Logs",
    description: "Field with the service that wrote a log; a search shows it and filters by it.",
    otherwise: "found by itself: service.name, service or app",
    placeholder: "<field>",
    kind: kinds.fieldPath,
  },
  VECTOR_FIELD: {
    group: "Vectors",
    description: "Field for the vector; its stamp is in a second field that ends in _meta.",
    default: "log_vector",
    placeholder: "<field>",
    kind: kinds.matching(
      /^[A-Za-z][A-Za-z0-9_-]*$/,
      "a plain field name of letters, digits, _ and -, without dots",
    ),
  },
  VECTOR_ENGINE: {
    group: "Vectors",
    description: "k-NN engine of the mappings that are created.",
    default: "lucene",
    placeholder: "<engine>",
    kind: kinds.oneOf(["lucene", "faiss", "nmslib"]),
  },
  VECTOR_SPACE_TYPE: {
    group: "Vectors",
    description: "Distance of the mappings that are created.",
    default: "cosinesimil",
    placeholder: "<space>",
    kind: kinds.oneOf(["cosinesimil", "innerproduct", "l2"]),
  },
  MAPPING: {
    group: "Vectors",
    description: "auto adds a vector mapping to indices without one; strict skips them.",
    default: "auto",
    placeholder: "<auto|strict>",
    kind: kinds.oneOf(["auto", "strict"]),
  },
  BACKFILL_BATCH_SIZE: {
    group: "Backfill",
    description: "Logs that one cycle takes at most.",
    default: "100",
    placeholder: "<logs>",
    kind: kinds.integer(1, 10_000),
  },
  BACKFILL_SCHEDULE: {
    group: "Backfill",
    description: "When cycles start: a cron line of five or six fields, in UTC.",
    default: "*/10 * * * *",
    placeholder: "<cron line>",
    kind: kinds.cronLine,
  },
  BACKFILL_INTERVAL_MINUTES: {
    group: "Backfill",
    description: "Instead of a schedule: minutes from one cycle to the next.",
    otherwise: "by the schedule",
    placeholder: "<minutes>",
    kind: kinds.integer(1, 7 * 24 * 60),
  },
  BACKFILL_ORDER: {
    group: "Backfill",
    description: "Which logs come first.",
    default: "newest",
    placeholder: "<newest|oldest>",
    kind: kinds.oneOf(["newest", "oldest"]),
  },
  BACKFILL_MAX_AGE_DAYS: {
    group: "Backfill",
    description: "Skip older logs.",
    otherwise: "of any age",
    placeholder: "<days>",
    kind: kinds.integer(1, 36_500),
  },
  BACKFILL_DRAIN: {
    group: "Backfill",
    description: "Each scheduled run continues until nothing is pending.",
    default: "false",
    placeholder: yesOrNo,
    kind: kinds.boolean,
  },
  BACKFILL_MIN_AGE_SECONDS: {
    group: "Backfill",
    description: "Leave younger logs to the tail.",
    otherwise: "60 where KAFKA_BOOTSTRAP_SERVERS is set, else 0",
    placeholder: "<seconds>",
    kind: kinds.integer(0, 24 * 3600),
  },
  BACKFILL_MODE: {
    group: "Backfill",
    description: "direct makes the vectors in this process; kafka hands the work to workers.",
    default: "direct",
    placeholder: "<direct|kafka>",
    kind: kinds.oneOf(["direct", "kafka"]),
  },
  KAFKA_BACKFILL_TOPIC: {
    group: "Backfill",
    description: "Topic with the work for workers; a second one has -leader at its end.",
    default: "log-vectorizer-backfill",
    placeholder: "<topic>",
    kind: kinds.topicName(LEADER_TOPIC_SUFFIX),
  },
  ...KAFKA_TAIL_SETTINGS,
  EMBEDDING_PROVIDER: {
    group: "Embedding",
    description: "What makes the vectors; local compares wording, not meaning, and needs no model.",
    otherwise: "ai-service where AI_SERVICE_URL is set, else openai where a key or a base URL is",
    placeholder: "<provider>",
    kind: kinds.oneOf(["openai", "ai-service", "local"]),
  },
  OPENAI_API_KEY: {
    group: "Embedding",
    description: "Key for OpenAI; another server at OPENAI_BASE_URL may do without.",
    placeholder: "<key>",
    secret: true,
    kind: kinds.matching(/^[\x21-\x7e]+$/, "a key without blanks"),
  },
  OPENAI_BASE_URL: {
    group: "Embedding",
    description: "Base URL of a server that speaks OpenAI's API, mostly with /v1 at its end.",
    otherwise: "OpenAI's own",
    placeholder: "<url>",
    address: true,
    kind: httpUrl,
  },
  EMBEDDING_MODEL: {
    group: "Embedding",
    description: "Model that makes the vectors; for ai-service only the name to write beside them.",
    default: "text-embedding-3-large",
    placeholder: "<model>",
    kind: kinds.text("the name of a model"),
  },
  EMBEDDING_DIMENSIONS: {
    group: "Embedding",
    description: "Length of a vector.",
    default: "1536",
    placeholder: "<number>",
    kind: kinds.integer(2, 16_000),
  },
  EMBEDDING_MAX_TEXTS_PER_REQUEST: {
    group: "Embedding",
    description: "Texts that one request carries at most.",
    otherwise: "2048 for openai, 100 for ai-service, 1000 for local",
    placeholder: "<texts>",
    kind: kinds.integer(1, 10_000),
  },
  EMBEDDING_MAX_TOKENS_PER_TEXT: {
    group: "Embedding",
    description: "A longer text is cut there.",
    default: "8192",
    placeholder: "<tokens>",
    kind: kinds.integer(1, 300_000),
  },
  EMBEDDING_ENCODING: {
    group: "Embedding",
    description: "How openai sends vectors; base64 falls back to float where the server cannot.",
    default: "base64",
    placeholder: "<base64|float>",
    kind: kinds.oneOf(["base64", "float"]),
  },
  EMBEDDING_TEXT: {
    group: "Embedding",
    description: "template masks what varies in a message, so that like errors share a vector.",
    default: "message",
    placeholder: "<message|template>",
    kind: kinds.oneOf(["message", "template"]),
  },
  REDACT: {
    group: "Embedding",
    description:
      "What is masked in a text before it is sent; pii: e-mail addresses, card, phone and bank numbers as well.",
    default: "secrets",
    placeholder: "<secrets|pii|off>",
    kind: kinds.oneOf(["secrets", "pii", "off"]),
  },
  MAX_MESSAGE_BYTES: {
    group: "Embedding",
    description:
      "A longer message is cut to so many bytes where it is read, and its vector marked.",
    default: "1048576",
    placeholder: "<bytes>",
    kind: kinds.integer(1024, 64 * 1024 * 1024),
  },
  EMBEDDING_TIMEOUT_SECONDS: {
    group: "Embedding",
    description: "How long one request for vectors may take.",
    default: "60",
    placeholder: "<seconds>",
    kind: kinds.integer(1, 3600),
  },
  EMBEDDING_PRICE_PER_MILLION_TOKENS: {
    group: "Embedding",
    description: "Price in USD, used to compute costs.",
    otherwise: "known for OpenAI's models, else the cost is not shown",
    placeholder: "<usd>",
    kind: kinds.price,
  },
  AI_SERVICE_URL: {
    group: "Embedding",
    description: "URL of an AI service that answers at /api/v1/embedding/batch.",
    placeholder: "<url>",
    address: true,
    kind: httpUrl,
  },
  EMBEDDING_MAX_CONCURRENCY: {
    group: "Limits",
    description: "Most requests to the embedder in flight at once; fewer while it is slow.",
    default: "8",
    placeholder: "<requests>",
    kind: kinds.integer(1, 64),
  },
  RATE_LIMIT_REQUESTS_PER_MINUTE: {
    group: "Limits",
    description: "Requests to the embedder that any minute may hold, backfill and tail together.",
    otherwise: "as many as the embedder takes",
    placeholder: "<requests>",
    kind: kinds.integer(1, 1_000_000),
  },
  RATE_LIMIT_TOKENS_PER_MINUTE: {
    group: "Limits",
    description: "Tokens that any minute may hold, backfill and tail together.",
    otherwise: "as many as the embedder takes",
    placeholder: "<tokens>",
    kind: kinds.integer(1, 1_000_000_000),
  },
  MAX_COST_USD_PER_DAY: {
    group: "Limits",
    description: "What embedding may cost a day (UTC), over all that share STATE_DIR.",
    otherwise: "no limit",
    placeholder: "<usd>",
    kind: kinds.decimal(0.000001, 1_000_000, "5"),
  },
  MAX_TOKENS_PER_CYCLE: {
    group: "Limits",
    description:
      "Tokens that one cycle, or one whole drain, may embed; the tail is not limited by it.",
    otherwise: "no limit",
    placeholder: "<tokens>",
    kind: kinds.integer(1, 1_000_000_000),
  },
  CACHE_MAX_ENTRIES: {
    group: "Cache",
    description: "Vectors kept in memory for equal texts; 0 keeps none.",
    default: "1000",
    placeholder: "<vectors>",
    kind: kinds.integer(0, 1_000_000),
  },
  CACHE_TTL_SECONDS: {
    group: "Cache",
    description: "How long a vector is kept there.",
    default: "3600",
    placeholder: "<seconds>",
    kind: kinds.integer(1, 30 * 24 * 3600),
  },
  ...HTTP_SETTINGS,
  ...TRACING_SETTINGS,
  ...ALERT_SETTINGS,
  LOG_LEVEL: {
    group: "Running",
    description: "Log level of this program.",
    default: "info",
    placeholder: "<level>",
    kind: kinds.oneOf(["error", "warn", "info", "debug"]),
  },
  LOG_FORMAT: {
    group: "Running",
    description: "human for people; json for one ECS event a line.",
    default: "human",
    placeholder: "<human|json>",
    kind: kinds.oneOf(["human", "json"]),
  },
  LOG_FILE: {
    group: "Running",
    description:
      "Log file beside the output of run, rotated; none where empty, nor by default with --quiet.",
    default: "periodic_enrichment.log",
    placeholder: "<path>",
    emptyMeans: "off",
    kind: path,
  },
  SERVICE_ENVIRONMENT: {
    group: "Running",
    description: "Where this process runs, such as production: in JSON logs and traces.",
    otherwise: "deployment.environment.name of OTEL_RESOURCE_ATTRIBUTES, or none",
    placeholder: "<name>",
    kind: kinds.matching(/^.{1,100}$/u, "a name of at most 100 characters"),
  },
  STATE_DIR: {
    group: "Running",
    description: "Folder for what must outlive the process; by default systemd's STATE_DIRECTORY.",
    default: ".log-vectorizer",
    placeholder: "<path>",
    kind: path,
  },
  STAMP_KEY: {
    group: "Running",
    description:
      "Key that signs stamps, for processes that do not share STATE_DIR: the same for all of them.",
    otherwise: "made once and kept in STATE_DIR, in stamp.key",
    placeholder: "<key>",
    secret: true,
    kind: kinds.secretOf(32),
  },
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof TABLE;

type SettingValues = {
  [Name in SettingName]: z.output<(typeof TABLE)[Name]["kind"]["schema"]>;
};

export type SettingValue<Name extends SettingName> = SettingValues[Name];

type SettingsByName = { readonly [Name in SettingName]: Setting<SettingValues[Name]> };

export const SETTINGS: SettingsByName = TABLE;

export const SETTING_NAMES: readonly SettingName[] = Object.keys(TABLE).filter(isSettingName);

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(TABLE, name);
}
