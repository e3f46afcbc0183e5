import assert from "node:assert/strict";
import { test } from "node:test";
import { describeSettings } from "../../../src/config/describe.ts";
import { SETTING_NAMES } from "../../../src/config/settings.ts";
import type { SettingName } from "../../../src/config/settings.ts";
import { sourcesOf } from "./sources-of.ts";

function rowsOf(env: Record<string, string>) {
  return describeSettings(sourcesOf(env).settings);
}

function rowOf(name: SettingName, env: Record<string, string>) {
  return rowsOf(env).find((row) => row.name === name);
}

function unused(env: Record<string, string>): string[] {
  const rows = rowsOf(env).filter(({ note }) => note?.startsWith("not used: "));
  return rows.map(({ name, note }) => `${name}: ${note?.slice("not used: ".length)}`);
}

test("every setting has its row, with value and origin", () => {
  const rows = rowsOf({ OPENSEARCH_PORT: "443" });
  assert.deepEqual(
    rows.map(({ name }) => name),
    SETTING_NAMES,
  );
  assert.deepEqual(rows[1], { name: "OPENSEARCH_PORT", value: "443", origin: "environment" });
});

test("a setting without a value says what happens instead, and one that is off says so", () => {
  const level = rowOf("LEVEL_FIELD", {});
  assert.equal(level?.value, undefined);
  assert.match(level?.note ?? "", /^found by itself/);
  const file = rowOf("LOG_FILE", { LOG_FILE: "" });
  assert.deepEqual(file, { name: "LOG_FILE", value: "", origin: "environment", note: "off" });
});

test("no secret is shown", () => {
  const rows = rowsOf({
    OPENSEARCH_PASSWORD: "hunter2",
    OPENAI_API_KEY: "sk-hunter2",
    OPENSEARCH_URL: "https://admin:hunter2@a,https://admin:hunter2@b",
    OPENAI_BASE_URL: "https://u:hunter2@c/v1",
    AI_SERVICE_URL: "https://u:hunter2@d",
    KAFKA_SASL_PASSWORD: "hunter2",
    KAFKA_BOOTSTRAP_SERVERS: "u:hunter2@e:9092",
  });
  assert.doesNotMatch(JSON.stringify(rows), /hunter2/);
  const shown = rows.find(({ name }) => name === "OPENSEARCH_URL")?.value;
  assert.equal(shown, "https://admin:***@a,https://admin:***@b");
});

const NO_TLS = "the connection is without TLS";
const SIGNING = { OPENSEARCH_AWS_REGION: "eu-west-1" };
const TLS = { OPENSEARCH_USE_SSL: "true" };
const KAFKA = { KAFKA_BOOTSTRAP_SERVERS: "localhost", BACKFILL_MODE: "kafka" };
const LOGIN = { KAFKA_SASL_USERNAME: "u", KAFKA_SASL_PASSWORD: "p" };

const TRACING = {
  OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
  OTEL_TRACES_SAMPLER: "traceidratio",
};

const noCollector = (name: string) => `${name}: OTEL_EXPORTER_OTLP_ENDPOINT is not set`;
const noBrokers = (name: string) => `${name}: KAFKA_BOOTSTRAP_SERVERS is not set`;
/** Where no language model is set. */
const UNASKED = [
  "LLM_TIMEOUT_SECONDS",
  "LLM_MAX_OUTPUT_TOKENS",
  "LLM_LANGUAGE",
  "EXPLAIN_SEND",
].map((name) => `${name}: LLM_MODEL is not set`);
const ALERTS = { ALERT_WEBHOOK_URL: "https://a.example/hook" };

test("by default only what belongs to TLS, AWS, Kafka, a language model, alerts and tracing has no effect", () => {
  assert.deepEqual(unused({}), [
    `OPENSEARCH_TLS_VERIFY: ${NO_TLS}`,
    "OPENSEARCH_AWS_SERVICE: OPENSEARCH_AWS_REGION is not set",
    "KAFKA_BACKFILL_TOPIC: BACKFILL_MODE is direct",
    ...["KAFKA_TOPIC", "CONSUMER_GROUP_ID", "KAFKA_DLQ_TOPIC", "KAFKA_SSL"].map(noBrokers),
    ...["KAFKA_FROM", "ENRICHMENT_BATCH_SIZE", "ENRICHMENT_BATCH_TIMEOUT"].map(noBrokers),
    noBrokers("TAIL_ID_FIELD"),
    ...UNASKED,
    ...["PROTOCOL", "SAMPLER", "SAMPLER_ARG", "EXPORTER"].map((name) =>
      noCollector(name === "PROTOCOL" ? `OTEL_EXPORTER_OTLP_${name}` : `OTEL_TRACES_${name}`),
    ),
    noCollector("OTEL_SDK_DISABLED"),
    ...[
      "AFTER_SECONDS",
      "REMINDER_HOURS",
      "MAX_PER_HOUR",
      "LOG_MAX_AGE_MINUTES",
      "LOG_TEXT",
      "LANGUAGE",
    ].map((name) => `ALERT_${name}: no alert channel is set`),
  ]);
  const llm = { LLM_MODEL: "gpt" };
  assert.deepEqual(unused({ ...TLS, ...SIGNING, ...KAFKA, ...ALERTS, ...TRACING, ...llm }), []);
});

test("without brokers all of the tail has no effect, its login too", () => {
  const notes = unused({ ...LOGIN, KAFKA_CA_FILE: "ca.pem", TAIL_INDEX: "logs" });
  const names = ["KAFKA_CA_FILE", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD", "TAIL_INDEX"];
  for (const name of names) assert.ok(notes.includes(noBrokers(name)), name);
});

test("without a tail nothing of the backfill says that it is not used, save the topic of the work", () => {
  const notes = unused({ BACKFILL_MIN_AGE_SECONDS: "5" });
  const backfill = notes.filter((note) => note.includes("BACKFILL"));
  assert.deepEqual(backfill, ["KAFKA_BACKFILL_TOPIC: BACKFILL_MODE is direct"]);
});

test("the URL of the page is used by alerts and beside a generated token", () => {
  const page = { ALERT_PAGE_URL: "https://logs.example" };
  const noteWith = (env: Record<string, string>) =>
    rowOf("ALERT_PAGE_URL", { ...page, ...env })?.note;
  assert.equal(noteWith({}), "not used: no alert channel is set");
  assert.equal(noteWith(ALERTS), undefined);
  assert.equal(noteWith({ HTTP_TOKEN_GENERATE: "true" }), undefined);
});

const UNUSED_LOCALLY = [
  "EMBEDDING_MAX_TOKENS_PER_TEXT",
  "EMBEDDING_ENCODING",
  "REDACT",
  "EMBEDDING_TIMEOUT_SECONDS",
].map((name) => `${name}: the provider is local`);

const WITHOUT_EFFECT: [env: Record<string, string>, notes: string[]][] = [
  [
    { OPENSEARCH_URL: "https://a" },
    ["HOST", "PORT", "USE_SSL"].map((name) => `OPENSEARCH_${name}: OPENSEARCH_URL is set`),
  ],
  [
    { ...TLS, OPENSEARCH_URL: "http://a", OPENSEARCH_CA_FILE: "ca.pem" },
    [
      ...["HOST", "PORT", "USE_SSL"].map((name) => `OPENSEARCH_${name}: OPENSEARCH_URL is set`),
      `OPENSEARCH_CA_FILE: ${NO_TLS}`,
      `OPENSEARCH_TLS_VERIFY: ${NO_TLS}`,
    ],
  ],
  [{ ...TLS, ALERT_EMAIL_FROM: "a@b.example" }, ["ALERT_EMAIL_FROM: ALERT_SMTP_URL is not set"]],
  [
    { ...TLS, BACKFILL_INTERVAL_MINUTES: "5" },
    ["BACKFILL_SCHEDULE: BACKFILL_INTERVAL_MINUTES is set"],
  ],
  [
    { ...TLS, BACKFILL_MODE: "direct", KAFKA_BACKFILL_TOPIC: "work" },
    ["KAFKA_BACKFILL_TOPIC: BACKFILL_MODE is direct"],
  ],
  [{ ...TLS, KAFKA_CA_FILE: "ca.pem" }, ["KAFKA_CA_FILE: KAFKA_SSL is false"]],
  [{ ...TLS, KAFKA_CA_FILE: "ca.pem", KAFKA_SSL: "true" }, []],
  [
    { ...TLS, ...LOGIN },
    ["USERNAME", "PASSWORD"].map((name) => `KAFKA_SASL_${name}: KAFKA_SASL_MECHANISM is not set`),
  ],
  [{ ...TLS, ...LOGIN, KAFKA_SASL_MECHANISM: "plain" }, []],
  [
    { ...TLS, OTEL_TRACES_SAMPLER: "always_on" },
    ["OTEL_TRACES_SAMPLER_ARG: OTEL_TRACES_SAMPLER is always_on"],
  ],
  [
    { ...TLS, OTEL_TRACES_EXPORTER: "none" },
    ["ENDPOINT", "PROTOCOL"]
      .map((name) => `OTEL_EXPORTER_OTLP_${name}: OTEL_TRACES_EXPORTER is none`)
      .concat(
        ["OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_SDK_DISABLED"].map(
          (name) => `${name}: OTEL_TRACES_EXPORTER is none`,
        ),
      ),
  ],
  [{ ...TLS, HTTP_TOKEN: "0123456789abcdef" }, ["HTTP_TOKEN_GENERATE: HTTP_TOKEN is set"]],
  [
    { ...TLS, HTTP_PORT: "0" },
    ["HOST", "TOKEN_GENERATE", "REQUESTS_PER_MINUTE"].map((name) => `HTTP_${name}: HTTP_PORT is 0`),
  ],
  [{ ...TLS, CACHE_MAX_ENTRIES: "0" }, ["CACHE_TTL_SECONDS: CACHE_MAX_ENTRIES is 0"]],
  [
    { ...TLS, AI_SERVICE_URL: "http://ai", OPENAI_API_KEY: "k" },
    ["OPENAI_API_KEY", "EMBEDDING_MODEL", "LOCAL_PAD", "EMBEDDING_ENCODING"].map(
      (name) => `${name}: the provider is ai-service`,
    ),
  ],
  [
    { ...TLS, AI_SERVICE_URL: "http://ai", EMBEDDING_MODEL: "m" },
    ["LOCAL_PAD: the provider is ai-service", "EMBEDDING_ENCODING: the provider is ai-service"],
  ],
  [
    { ...TLS, AI_SERVICE_URL: "http://ai", OPENAI_API_KEY: "k", EMBEDDING_PROVIDER: "openai" },
    ["LOCAL_PAD: the provider is openai", "AI_SERVICE_URL: the provider is openai"],
  ],
  [
    { ...TLS, AI_SERVICE_URL: "http://ai", MAX_COST_USD_PER_DAY: "5", EMBEDDING_MODEL: "m" },
    ["LOCAL_PAD: the provider is ai-service", "EMBEDDING_ENCODING: the provider is ai-service"],
  ],
  [
    { ...TLS, EMBEDDING_PROVIDER: "local" },
    ["EMBEDDING_MODEL: the provider is local", ...UNUSED_LOCALLY],
  ],
  [
    { ...TLS, EMBEDDING_PROVIDER: "local", EMBEDDING_DIMENSIONS: "64" },
    [
      "EMBEDDING_MODEL: the provider is local",
      "LOCAL_PAD: the model is hashing",
      ...UNUSED_LOCALLY,
    ],
  ],
  [{ ...TLS, EMBEDDING_PROVIDER: "local", EMBEDDING_MODEL: "all-minilm-l6-v2" }, UNUSED_LOCALLY],
];

for (const [env, notes] of WITHOUT_EFFECT) {
  test(`${JSON.stringify(env)} leaves without effect what it replaces`, () => {
    const found = unused({ ...SIGNING, ...KAFKA, ...ALERTS, ...TRACING, ...env });
    assert.deepEqual(
      found.filter((note) => !UNASKED.includes(note)),
      notes,
    );
  });
}
