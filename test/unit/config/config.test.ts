import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../../src/config/problems.ts";
import { loadConfig } from "../../../src/config/config.ts";
import type { Config } from "../../../src/config/config.ts";
import { SETTING_NAMES, SETTINGS } from "../../../src/config/settings.ts";
import { gatherSources } from "../../../src/config/sources.ts";
import { sourcesOf } from "./sources-of.ts";

const MINILM = "all-minilm-l6-v2-int8@1";

function configOf(env: Record<string, string>): Config {
  return loadConfig(sourcesOf(env), { needsEmbedder: false, readFile: () => "{}" }).config;
}

function errorOf(env: Record<string, string>, text = ""): ConfigError {
  try {
    const sources = gatherSources({ flags: {}, env, envFile: { path: ".env", text } });
    loadConfig(sources, { needsEmbedder: true });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  return assert.fail("the settings were taken");
}

test("nothing set gives the documented defaults", () => {
  assert.deepEqual(configOf({}), {
    opensearch: {
      urls: ["http://localhost:9200"],
      tls: { verify: true },
      bulk: { max: 3, fullSpeed: false },
      timeoutMs: 30_000,
    },
    logs: { indexPattern: "*_*", levels: ["ERROR"], maxMessageBytes: 1_048_576 },
    vector: {
      field: "log_vector",
      metaField: "log_vector_meta",
      dimensions: 1536,
      engine: "lucene",
      spaceType: "cosinesimil",
      mapping: "auto",
    },
    backfill: {
      batchSize: 100,
      order: "newest",
      drain: false,
      patienceMs: 600_000,
      schedule: { kind: "cron", line: "*/10 * * * *" },
      minAgeMs: 0,
      mode: "direct",
    },
    sweep: { schedule: "30 3 * * *", windowMs: 7 * 86_400_000 },
    memory: {
      isWanted: false,
      maxGroups: 10_000,
      alertMaxAgeMs: 3_600_000,
      quiet: { leastMs: 21_600_000, factor: 10 },
    },
    kafka: undefined,
    tail: { batchSize: 50, batchTimeoutMs: 5000, idField: "log_id" },
    inForce: {
      provider: undefined,
      chosenBy: "default",
      model: "text-embedding-3-large",
      dimensions: 1536,
      maxTokensPerText: 8192,
      text: { form: "message", redaction: "secrets" },
    },
    embedding: undefined,
    modelDir: ".log-vectorizer/models",
    cache: { maxEntries: 1000, ttlMs: 3_600_000 },
    limits: { requestsAtOnce: 8 },
    explain: { language: "en", redaction: "secrets", model: undefined },
    mcp: { writesNotes: false, pageUrl: undefined },
    http: {
      host: "127.0.0.1",
      port: 9464,
      corsOrigins: [],
      trustedProxies: [],
      requestsPerMinute: 6000,
    },
    alerts: undefined,
    log: { level: "info", format: "human", file: "periodic_enrichment.log" },
    service: { name: "log-vectorizer" },
    tracing: undefined,
    stateDir: ".log-vectorizer",
    stampKey: undefined,
    secrets: [],
  });
});

test("everything set arrives in its place", () => {
  const config = configOf({
    OPENSEARCH_HOST: "os",
    OPENSEARCH_PORT: "443",
    OPENSEARCH_USE_SSL: "yes",
    OPENSEARCH_USER: "admin",
    OPENSEARCH_PASSWORD: "Admin123!@#",
    OPENSEARCH_CA_FILE: "ca.pem",
    OPENSEARCH_CERT_FILE: "cert.pem",
    OPENSEARCH_KEY_FILE: "key.pem",
    OPENSEARCH_TLS_VERIFY: "false",
    OPENSEARCH_TIMEOUT_SECONDS: "5",
    BULK_MAX_CONCURRENCY: "2",
    FULL_SPEED: "true",
    OPENSEARCH_INDEX_PATTERN: "logs-*",
    ENRICHMENT_LEVELS: "ERROR,fatal",
    MESSAGE_FIELD: "msg",
    TIMESTAMP_FIELD: "time",
    LEVEL_FIELD: "severity",
    SERVICE_FIELD: "app.name",
    PROJECT_FIELD: "tenant.id",
    HOST_FIELD: "node, machine.name",
    VERSION_FIELD: "build",
    MAX_MESSAGE_BYTES: "65536",
    VECTOR_FIELD: "v",
    VECTOR_ENGINE: "faiss",
    VECTOR_SPACE_TYPE: "l2",
    MAPPING: "strict",
    BACKFILL_BATCH_SIZE: "7",
    BACKFILL_INTERVAL_MINUTES: "3",
    BACKFILL_ORDER: "oldest",
    BACKFILL_MAX_AGE_DAYS: "30",
    BACKFILL_DRAIN: "true",
    DRAIN_PATIENCE_SECONDS: "30",
    BACKFILL_MIN_AGE_SECONDS: "90",
    BACKFILL_MODE: "kafka",
    SWEEP_SCHEDULE: "0 2 * * 0",
    SWEEP_WINDOW_DAYS: "30",
    MEMORY: "true",
    GROUPS_MAX: "500",
    EPISODE_QUIET_MINUTES: "3",
    EPISODE_QUIET_FACTOR: "0",
    KAFKA_BACKFILL_TOPIC: "work",
    KAFKA_BOOTSTRAP_SERVERS: "k1,k2:9093",
    KAFKA_TOPIC: "logs-a,logs-b",
    CONSUMER_GROUP_ID: "group",
    KAFKA_DLQ_TOPIC: "dead",
    KAFKA_SSL: "true",
    KAFKA_CA_FILE: "kafka-ca.pem",
    KAFKA_SASL_MECHANISM: "SCRAM-SHA-512",
    KAFKA_SASL_USERNAME: "tail",
    KAFKA_SASL_PASSWORD: "T4il!@#",
    KAFKA_FROM: "Latest",
    ENRICHMENT_BATCH_SIZE: "20",
    ENRICHMENT_BATCH_TIMEOUT: "0.5",
    TAIL_MESSAGE_SCHEMA: "schema.json",
    TAIL_ID_FIELD: "event.id",
    TAIL_INDEX: "{project_uuid}_{@timestamp:yyyy_MM}",
    EMBEDDING_DIMENSIONS: "64",
    CACHE_MAX_ENTRIES: "0",
    CACHE_TTL_SECONDS: "60",
    LLM_MODEL: "gpt",
    LLM_BASE_URL: "http://llm.example/v1",
    LLM_API_KEY: "llm-k3y",
    LLM_TIMEOUT_SECONDS: "30",
    LLM_MAX_OUTPUT_TOKENS: "800",
    LLM_PRICE_INPUT_PER_MILLION: "0.25",
    LLM_PRICE_OUTPUT_PER_MILLION: "2",
    LLM_LANGUAGE: "ko",
    EXPLAIN_SEND: "template",
    MCP_WRITE_NOTES: "true",
    EMBEDDING_MAX_CONCURRENCY: "1",
    RATE_LIMIT_REQUESTS_PER_MINUTE: "500",
    RATE_LIMIT_TOKENS_PER_MINUTE: "1000000",
    MAX_COST_USD_PER_DAY: "2.5",
    MAX_TOKENS_PER_CYCLE: "20000",
    HTTP_HOST: "0.0.0.0",
    HTTP_PORT: "80",
    HTTP_TOKEN: "0123456789abcdef",
    TRUSTED_PROXIES: "127.0.0.1, 10.0.0.0/8",
    HTTP_CORS_ORIGIN: "https://a.example, http://B.example:8080/",
    HTTP_REQUESTS_PER_MINUTE: "60",
    ALERT_SLACK_WEBHOOK_URL: "https://hooks.example/s",
    ALERT_WEBHOOK_URL: "https://a.example/w?x=1",
    ALERT_SMTP_URL: "smtps://me%40b.example:Pw%23!@mail.example",
    ALERT_EMAIL_TO: "a@b.example, c@d.example",
    ALERT_EMAIL_FROM: "e@f.example",
    ALERT_PAGE_URL: "https://logs.example/",
    ALERT_AFTER_SECONDS: "5",
    ALERT_REMINDER_HOURS: "2",
    ALERT_MAX_PER_HOUR: "30",
    ALERT_LOG_MAX_AGE_MINUTES: "30",
    ALERT_LOG_TEXT: "none",
    ALERT_LANGUAGE: "ko",
    ALERT_ROUTES_FILE: "routes.yaml",
    LOG_LEVEL: "DEBUG",
    LOG_FORMAT: "json",
    LOG_FILE: "/var/log/x.log",
    SERVICE_ENVIRONMENT: "production",
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector:4318/",
    OTEL_EXPORTER_OTLP_HEADERS: "x-key=k3y%2C!, Authorization=Bearer%20t0ken",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_SERVICE_NAME: "vectors",
    OTEL_RESOURCE_ATTRIBUTES: "k8s.pod.name=pod-1,service.name=other",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    STATE_DIR: "/var/lib/x",
    MODEL_DIR: "/models",
    STAMP_KEY: "0123456789abcdef0123456789abcdef",
  });
  assert.deepEqual(config, {
    opensearch: {
      urls: ["https://os:443"],
      auth: { username: "admin", password: "Admin123!@#" },
      tls: { caFile: "ca.pem", certFile: "cert.pem", keyFile: "key.pem", verify: false },
      timeoutMs: 5000,
      bulk: { max: 2, fullSpeed: true },
    },
    logs: {
      indexPattern: "logs-*",
      levels: ["ERROR", "fatal"],
      maxMessageBytes: 65_536,
      messageFields: ["msg"],
      timestampField: "time",
      levelFields: ["severity"],
      serviceField: "app.name",
      projectField: "tenant.id",
      hostFields: ["node", "machine.name"],
      versionFields: ["build"],
      maxAgeDays: 30,
    },
    vector: {
      field: "v",
      metaField: "v_meta",
      dimensions: 64,
      engine: "faiss",
      spaceType: "l2",
      mapping: "strict",
    },
    backfill: {
      batchSize: 7,
      order: "oldest",
      drain: true,
      patienceMs: 30_000,
      schedule: { kind: "interval", minutes: 3 },
      minAgeMs: 90_000,
      mode: "kafka",
    },
    sweep: { schedule: "0 2 * * 0", windowMs: 30 * 86_400_000 },
    memory: {
      isWanted: true,
      maxGroups: 500,
      alertMaxAgeMs: 1_800_000,
      quiet: { leastMs: 180_000, factor: 0 },
    },
    kafka: {
      connection: {
        brokers: ["k1:9092", "k2:9093"],
        clientId: "log-vectorizer",
        tls: { caFile: "kafka-ca.pem" },
        sasl: { mechanism: "SCRAM-SHA-512", username: "tail", password: "T4il!@#" },
      },
      topics: ["logs-a", "logs-b"],
      group: "group",
      deadLetterTopic: "dead",
      from: "latest",
      backfillTopic: "work",
    },
    tail: {
      batchSize: 20,
      batchTimeoutMs: 500,
      idField: "event.id",
      indexTemplate: [{ field: "project_uuid" }, "_", { field: "@timestamp", date: "yyyy_MM" }],
      messageSchemaFile: "schema.json",
    },
    inForce: {
      provider: undefined,
      chosenBy: "default",
      model: "text-embedding-3-large",
      dimensions: 64,
      maxTokensPerText: 8192,
      text: { form: "message", redaction: "secrets" },
    },
    embedding: undefined,
    modelDir: "/models",
    cache: { maxEntries: 0, ttlMs: 60_000 },
    explain: {
      language: "ko",
      redaction: "secrets",
      model: {
        name: "gpt",
        send: "template",
        timeoutMs: 30_000,
        maxOutputTokens: 800,
        price: { input: 0.25, output: 2 },
        apiKey: "llm-k3y",
        baseUrl: "http://llm.example/v1",
      },
    },
    mcp: { writesNotes: true, pageUrl: "https://logs.example" },
    limits: {
      requestsAtOnce: 1,
      requestsPerMinute: 500,
      tokensPerMinute: 1_000_000,
      usdPerDay: 2.5,
      tokensPerCycle: 20_000,
    },
    http: {
      host: "0.0.0.0",
      port: 80,
      token: "0123456789abcdef",
      corsOrigins: ["https://a.example", "http://b.example:8080"],
      trustedProxies: ["127.0.0.1", "10.0.0.0/8"],
      requestsPerMinute: 60,
    },
    alerts: {
      slackUrl: "https://hooks.example/s",
      webhookUrl: "https://a.example/w?x=1",
      email: {
        server: {
          host: "mail.example",
          port: 465,
          secure: true,
          requireTls: true,
          auth: { user: "me@b.example", pass: "Pw#!" },
        },
        from: "e@f.example",
        to: ["a@b.example", "c@d.example"],
      },
      pageUrl: "https://logs.example/",
      afterMs: 5000,
      reminderMs: 7_200_000,
      perHour: 30,
      errors: { language: "ko", text: "none", routesFile: "routes.yaml" },
    },
    log: { level: "debug", format: "json", file: "/var/log/x.log" },
    service: { name: "vectors", environment: "production" },
    tracing: {
      url: "https://collector:4318/v1/traces",
      headers: { "x-key": "k3y,!", Authorization: "Bearer t0ken" },
      sampler: "parentbased_traceidratio",
      ratio: 0.25,
      attributes: { "k8s.pod.name": "pod-1", "service.name": "other" },
    },
    stateDir: "/var/lib/x",
    stampKey: "0123456789abcdef0123456789abcdef",
    secrets: config.secrets,
  });
  assert.ok(config.secrets.includes("Admin123!@#"));
  assert.ok(config.secrets.includes("T4il!@#"));
  assert.ok(config.secrets.includes("0123456789abcdef"));
  assert.ok(config.secrets.includes("https://hooks.example/s"));
  assert.ok(config.secrets.includes("Pw#!"));
});

test("port 0 turns HTTP off", () => {
  assert.equal(configOf({ HTTP_PORT: "0" }).http, undefined);
});

test("a URL takes the place of host, port and SSL, and its user logs in", () => {
  const { opensearch } = configOf({
    OPENSEARCH_HOST: "elsewhere",
    OPENSEARCH_URL: "https://u:p%40ss@a:1,https://u:p%40ss@b:2/os",
  });
  assert.deepEqual(opensearch.urls, ["https://a:1", "https://b:2/os"]);
  assert.deepEqual(opensearch.auth, { username: "u", password: "p@ss" });
});

test("an IPv6 host gets its brackets", () => {
  assert.deepEqual(configOf({ OPENSEARCH_HOST: "::1" }).opensearch.urls, ["http://[::1]:9200"]);
});

test("a region turns on AWS signing for its service", () => {
  const region = { OPENSEARCH_AWS_REGION: "us-gov-west-1" };
  assert.deepEqual(configOf(region).opensearch.aws, { region: "us-gov-west-1", service: "es" });
  const { aws } = configOf({ ...region, OPENSEARCH_AWS_SERVICE: "aoss" }).opensearch;
  assert.equal(aws?.service, "aoss");
  assert.equal(configOf({ OPENSEARCH_AWS_SERVICE: "aoss" }).opensearch.aws, undefined);
});

test("an empty SWEEP_SCHEDULE means sweeps by hand only", () => {
  assert.equal(configOf({ SWEEP_SCHEDULE: "" }).sweep, undefined);
});

test("an empty LOG_FILE means no file; without one only the default is left out", () => {
  assert.equal(configOf({ LOG_FILE: "" }).log.file, undefined);
  const quiet = { needsEmbedder: false, logsToFile: false };
  assert.equal(loadConfig(sourcesOf({}), quiet).config.log.file, undefined);
  assert.equal(loadConfig(sourcesOf({ LOG_FILE: "x.log" }), quiet).config.log.file, "x.log");
});

test("an embedder that is not needed may be half set up", () => {
  assert.equal(configOf({ EMBEDDING_PROVIDER: "openai" }).embedding, undefined);
  assert.equal(configOf({ EMBEDDING_PROVIDER: "local" }).embedding?.model, MINILM);
});

test("beside a tail the backfill leaves the first minute to it, unless told otherwise", () => {
  const tail = { KAFKA_BOOTSTRAP_SERVERS: "localhost" };
  assert.equal(configOf(tail).backfill.minAgeMs, 60_000);
  assert.equal(configOf({ ...tail, BACKFILL_MIN_AGE_SECONDS: "0" }).backfill.minAgeMs, 0);
});

test("a command that needs Kafka is refused without it, and told what to set", () => {
  const options = { needsEmbedder: false, needsKafka: true };
  assert.throws(
    () => loadConfig(sourcesOf({}), options),
    /KAFKA_BOOTSTRAP_SERVERS: not set, but this command needs it; set it to .* localhost:9092$/,
  );
  const { config } = loadConfig(sourcesOf({ KAFKA_BOOTSTRAP_SERVERS: "k" }), options);
  assert.deepEqual(config.kafka?.connection.brokers, ["k:9092"]);
});

test("a mistyped name is a warning that names the right one", () => {
  const { warnings } = loadConfig(sourcesOf({ OPENSEARCH_HOSTNAME: "a", EMBEDDING_X: "b" }), {
    needsEmbedder: false,
  });
  assert.deepEqual(warnings, [
    "OPENSEARCH_HOSTNAME (environment) is not a setting and has no effect; is OPENSEARCH_HOST meant?",
    "EMBEDDING_X (environment) is not a setting and has no effect",
  ]);
});

test("a cycle's budget that is too small for the longest text is a warning", () => {
  const warningsOf = (env: Record<string, string>) =>
    loadConfig(sourcesOf({ EMBEDDING_PROVIDER: "local", ...env }), { needsEmbedder: false })
      .warnings;
  assert.deepEqual(warningsOf({ MAX_TOKENS_PER_CYCLE: "8192" }), []);
  assert.match(
    warningsOf({ MAX_TOKENS_PER_CYCLE: "8191" }).join(),
    /^MAX_TOKENS_PER_CYCLE is 8191: .* EMBEDDING_MAX_TOKENS_PER_TEXT \(8192\)/,
  );
});

test("an unchecked certificate is a warning, but only where there is TLS", () => {
  const env = { OPENSEARCH_TLS_VERIFY: "false" };
  const options = { needsEmbedder: false };
  assert.deepEqual(loadConfig(sourcesOf(env), options).warnings, []);
  const checked = sourcesOf({ OPENSEARCH_USE_SSL: "true" });
  assert.deepEqual(loadConfig(checked, options).warnings, []);
  const secure = sourcesOf({ ...env, OPENSEARCH_USE_SSL: "true" });
  assert.match(loadConfig(secure, options).warnings.join(), /^OPENSEARCH_TLS_VERIFY is false/);
});

test("everything wrong at once is told at once: each setting on one line, and no secret", () => {
  const wrong = Object.fromEntries(SETTING_NAMES.map((name) => [name, "hunter2:\n!"]));
  const error = errorOf({
    ...wrong,
    OPENSEARCH_URL: "https://admin:hunter2@a,https://admin:hunter2@b#hunter2",
    OPENAI_BASE_URL: "admin:hunter2@host",
    LLM_BASE_URL: "admin:hunter2@host",
    AI_SERVICE_URL: "https://host?key=hunter2",
    OPENSEARCH_HOST: "https://admin:hunter2@host",
    HTTP_HOST: "admin:hunter2@host",
    KAFKA_BOOTSTRAP_SERVERS: "kafka://admin:hunter2@host",
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://admin:hunter2@host",
  });
  const named = error.lines.map((line) => line.split(":")[0]);
  assert.deepEqual(named, SETTING_NAMES);
  for (const name of SETTING_NAMES) {
    const line = error.lines.find((text) => text.startsWith(`${name}: `)) ?? "";
    assert.ok(line.includes(`(environment), expected ${SETTINGS[name].kind.expected}`), line);
    if (SETTINGS[name].secret || SETTINGS[name].kind.address) assert.doesNotMatch(line, /hunter2/);
  }
  assert.equal(error.message.split("\n").length, 1 + SETTING_NAMES.length);
});

test("a malformed file, a wrong value and a missing one come in one message", () => {
  const { message } = errorOf({ OPENSEARCH_USER: "admin" }, "nonsense\nBACKFILL_BATCH_SIZE=0");
  assert.equal(
    message,
    [
      "Settings are wrong or missing:",
      "  .env, line 1: expected NAME=value, or a comment that begins with #",
      '  BACKFILL_BATCH_SIZE: "0" (.env), expected a whole number from 1 to 10000',
      "  OPENSEARCH_PASSWORD: not set, but OPENSEARCH_USER is; set both or none",
      "  EMBEDDING_PROVIDER: no embedding provider configured; set OPENAI_API_KEY (with OPENAI_BASE_URL for " +
        "another server than OpenAI's), or AI_SERVICE_URL, or EMBEDDING_PROVIDER=local, which needs neither",
    ].join("\n"),
  );
});

test("two problems of one setting share its line", () => {
  const { lines } = errorOf({
    EMBEDDING_PROVIDER: "local",
    BACKFILL_SCHEDULE: "* * * * *",
    BACKFILL_INTERVAL_MINUTES: "0",
  });
  assert.equal(lines.length, 1);
  assert.match(lines.join(), /^BACKFILL_INTERVAL_MINUTES: "0" .* 10080; also set together/);
});

test("without a name for the local model, hashing stands by with its own length, for a store that has its vectors", () => {
  const of = (env: Record<string, string>) => {
    const { inForce, ofStoredVectors: stored } = configOf({ EMBEDDING_PROVIDER: "local", ...env });
    const chosen = [inForce, stored?.inForce].map(
      (one) => one && [one.model, one.dimensions, one.chosenBy],
    );
    return { chosen, isAlike: stored?.embedding?.model === stored?.inForce.model };
  };
  assert.deepEqual(of({}), {
    chosen: [
      [MINILM, 384, "default"],
      ["local-hashing-v1", 1536, "stored_vectors"],
    ],
    isAlike: true,
  });
  assert.deepEqual(of({ EMBEDDING_DIMENSIONS: "384" }).chosen[1], [
    "local-hashing-v1",
    384,
    "stored_vectors",
  ]);
  const padded = { EMBEDDING_DIMENSIONS: "1536", LOCAL_PAD: "true" };
  assert.deepEqual(of(padded).chosen[0], [MINILM, 1536, "default"]);
  // Earlier versions took any length, so that one means hashing.
  for (const length of ["64", "1536"]) {
    const hashing = ["local-hashing-v1", Number(length), "dimensions"];
    assert.deepEqual(of({ EMBEDDING_DIMENSIONS: length }).chosen, [hashing, undefined]);
  }
  const named = of({ EMBEDDING_MODEL: "hashing", EMBEDDING_DIMENSIONS: "64" });
  assert.deepEqual(named.chosen, [["local-hashing-v1", 64, "settings"], undefined]);
  assert.equal(configOf({ OPENAI_API_KEY: "sk-1234" }).ofStoredVectors, undefined);
});

test("the model in force is known without the key or the URL of its embedder", () => {
  const modelOf = (env: Record<string, string>) => configOf(env).inForce.model;
  assert.equal(modelOf({}), "text-embedding-3-large");
  assert.equal(modelOf({ EMBEDDING_MODEL: "m" }), "m");
  assert.equal(modelOf({ EMBEDDING_PROVIDER: "openai", EMBEDDING_MODEL: "m" }), "m");
  assert.equal(modelOf({ EMBEDDING_PROVIDER: "ai-service" }), "ai-service");
  assert.equal(modelOf({ EMBEDDING_PROVIDER: "local" }), MINILM);
  const { inForce } = configOf({ EMBEDDING_PROVIDER: "local" });
  assert.equal(inForce.text.redaction, "off", "nothing leaves");
});
