import { ALERT_SETTINGS } from "./alert-settings.ts";
import { chooseProvider } from "./embedding-config.ts";
import type { Provider } from "./embedding-config.ts";
import { HTTP_SETTINGS } from "./http-settings.ts";
import { KAFKA_TAIL_SETTINGS } from "./kafka-settings.ts";
import { settingReader } from "./setting-reader.ts";
import type { SettingReader } from "./setting-reader.ts";
import { SETTINGS } from "./settings.ts";
import type { SettingName } from "./settings.ts";
import { showSetting } from "./show-setting.ts";
import { TRACING_SETTINGS } from "./tracing-settings.ts";
import type { Origin, ResolvedSetting } from "./sources.ts";

export type SettingRow = {
  name: SettingName;
  /** Secrets masked; undefined where unset, "" where switched off. */
  value: string | undefined;
  origin: Origin;
  /** What applies instead, or why the value has no effect. */
  note?: string;
};

/** One row per setting in the table's order. */
export function describeSettings(resolved: readonly ResolvedSetting[]): SettingRow[] {
  const reader = settingReader(resolved);
  return resolved.map(({ name, text, origin }) => {
    const value = text === undefined ? undefined : showSetting(name, text);
    const note = noteOn(name, text, reader);
    return { name, value, origin, ...(note !== undefined && { note }) };
  });
}

function noteOn(name: SettingName, text: string | undefined, reader: SettingReader) {
  if (text === undefined) return SETTINGS[name].otherwise;
  if (text === "") return "off";
  const reason = whyUnused(name, reader);
  return reason === undefined ? undefined : `not used: ${reason}`;
}

const HOST_SETTINGS: ReadonlySet<SettingName> = new Set([
  "OPENSEARCH_HOST",
  "OPENSEARCH_PORT",
  "OPENSEARCH_USE_SSL",
]);

const TLS_SETTINGS: ReadonlySet<SettingName> = new Set([
  "OPENSEARCH_CA_FILE",
  "OPENSEARCH_CERT_FILE",
  "OPENSEARCH_KEY_FILE",
  "OPENSEARCH_TLS_VERIFY",
]);

function whyUnused(name: SettingName, reader: SettingReader): string | undefined {
  const { read, given } = reader;
  if (HOST_SETTINGS.has(name) && given("OPENSEARCH_URL")) return "OPENSEARCH_URL is set";
  if (TLS_SETTINGS.has(name) && !connectsByTls(reader)) return "the connection is without TLS";
  if (name === "OPENSEARCH_AWS_SERVICE" && !given("OPENSEARCH_AWS_REGION")) {
    return "OPENSEARCH_AWS_REGION is not set";
  }
  if (name === "BACKFILL_SCHEDULE" && given("BACKFILL_INTERVAL_MINUTES")) {
    return "BACKFILL_INTERVAL_MINUTES is set";
  }
  if (name === "CACHE_TTL_SECONDS" && read("CACHE_MAX_ENTRIES") === 0) {
    return "CACHE_MAX_ENTRIES is 0";
  }
  if (Object.hasOwn(HTTP_SETTINGS, name) && name !== "HTTP_PORT" && read("HTTP_PORT") === 0) {
    return "HTTP_PORT is 0";
  }
  if (Object.hasOwn(ALERT_SETTINGS, name) && !sendsAlerts(reader)) {
    return "no alert channel is set";
  }
  if (name === "ALERT_EMAIL_FROM" && !given("ALERT_SMTP_URL")) return "ALERT_SMTP_URL is not set";
  return (
    whyUnusedByTracing(name, reader) ??
    whyUnusedByKafka(name, reader) ??
    whyUnusedByProvider(name, reader)
  );
}

function sendsAlerts({ given }: SettingReader): boolean {
  return given("ALERT_SLACK_WEBHOOK_URL") || given("ALERT_WEBHOOK_URL") || given("ALERT_SMTP_URL");
}

function connectsByTls({ read }: SettingReader): boolean {
  const urls = read("OPENSEARCH_URL")?.urls;
  if (urls === undefined) return read("OPENSEARCH_USE_SSL") === true;
  return urls.some((url) => url.startsWith("https:"));
}

const LOGIN_SETTINGS: ReadonlySet<SettingName> = new Set([
  "KAFKA_SASL_USERNAME",
  "KAFKA_SASL_PASSWORD",
]);

/** Also used for the service's name in logs. */
const NAMING_SETTINGS: ReadonlySet<SettingName> = new Set([
  "OTEL_SERVICE_NAME",
  "OTEL_RESOURCE_ATTRIBUTES",
]);

function whyUnusedByTracing(name: SettingName, { read, given }: SettingReader): string | undefined {
  if (!Object.hasOwn(TRACING_SETTINGS, name) || NAMING_SETTINGS.has(name)) return undefined;
  if (name !== "OTEL_EXPORTER_OTLP_ENDPOINT" && !given("OTEL_EXPORTER_OTLP_ENDPOINT")) {
    return "OTEL_EXPORTER_OTLP_ENDPOINT is not set";
  }
  if (name !== "OTEL_SDK_DISABLED" && read("OTEL_SDK_DISABLED") === true) {
    return "OTEL_SDK_DISABLED is true";
  }
  if (name !== "OTEL_TRACES_EXPORTER" && read("OTEL_TRACES_EXPORTER") === "none") {
    return "OTEL_TRACES_EXPORTER is none";
  }
  const takesShare = read("OTEL_TRACES_SAMPLER")?.endsWith("traceidratio") === true;
  if (name !== "OTEL_TRACES_SAMPLER_ARG" || takesShare) return undefined;
  return "OTEL_TRACES_SAMPLER takes no share";
}

function whyUnusedByKafka(name: SettingName, { read, given }: SettingReader): string | undefined {
  if (name === "KAFKA_BACKFILL_TOPIC" && read("BACKFILL_MODE") === "direct") {
    return "BACKFILL_MODE is direct";
  }
  if (!Object.hasOwn(KAFKA_TAIL_SETTINGS, name)) return undefined;
  if (!given("KAFKA_BOOTSTRAP_SERVERS")) return "KAFKA_BOOTSTRAP_SERVERS is not set";
  if (name === "KAFKA_CA_FILE" && read("KAFKA_SSL") === false) return "KAFKA_SSL is false";
  if (LOGIN_SETTINGS.has(name) && !given("KAFKA_SASL_MECHANISM")) {
    return "KAFKA_SASL_MECHANISM is not set";
  }
  return undefined;
}

/** Settings that a provider does not use. */
const UNUSED: Readonly<Record<Provider, readonly SettingName[]>> = {
  openai: ["AI_SERVICE_URL"],
  "ai-service": ["OPENAI_API_KEY", "OPENAI_BASE_URL", "EMBEDDING_ENCODING"],
  local: [
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "AI_SERVICE_URL",
    "EMBEDDING_MODEL",
    "EMBEDDING_MAX_TOKENS_PER_TEXT",
    "EMBEDDING_ENCODING",
    "EMBEDDING_TIMEOUT_SECONDS",
    "EMBEDDING_PRICE_PER_MILLION_TOKENS",
    "MAX_COST_USD_PER_DAY",
  ],
};

function whyUnusedByProvider(name: SettingName, reader: SettingReader): string | undefined {
  const provider = chooseProvider(reader);
  if (provider === undefined) return undefined;
  const defaultModel = name === "EMBEDDING_MODEL" && !reader.given("EMBEDDING_MODEL");
  if (!UNUSED[provider].includes(name) && !(provider === "ai-service" && defaultModel)) {
    return undefined;
  }
  return `the provider is ${provider}`;
}
