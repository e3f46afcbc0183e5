import type { SettingReader } from "./setting-reader.ts";
import type { SettingValue } from "./settings.ts";

export type ServiceConfig = {
  name: string;
  environment?: string;
};

export type TracingConfig = {
  /** The full URL for traces. */
  url: string;
  headers: Record<string, string>;
  sampler: SettingValue<"OTEL_TRACES_SAMPLER">;
  /** For ratio samplers; 0 to 1. */
  ratio: number;
  /** Additional resource attributes. */
  attributes: Record<string, string>;
};

const NAME = "log-vectorizer";

/** The service's identity in logs and traces. */
export function serviceConfig({ read }: SettingReader): ServiceConfig {
  const attributes = read("OTEL_RESOURCE_ATTRIBUTES") ?? {};
  const environment = read("SERVICE_ENVIRONMENT") ?? attributes["deployment.environment.name"];
  return {
    name: read("OTEL_SERVICE_NAME") ?? attributes["service.name"] ?? NAME,
    ...(environment !== undefined && { environment }),
  };
}

/** Undefined: off. */
export function tracingConfig({ read, need }: SettingReader): TracingConfig | undefined {
  const endpoint = read("OTEL_EXPORTER_OTLP_ENDPOINT");
  const off = need("OTEL_SDK_DISABLED") || need("OTEL_TRACES_EXPORTER") === "none";
  if (endpoint === undefined || off) return undefined;
  return {
    url: `${endpoint}/v1/traces`,
    headers: read("OTEL_EXPORTER_OTLP_HEADERS") ?? {},
    sampler: need("OTEL_TRACES_SAMPLER"),
    ratio: need("OTEL_TRACES_SAMPLER_ARG"),
    attributes: read("OTEL_RESOURCE_ATTRIBUTES") ?? {},
  };
}
