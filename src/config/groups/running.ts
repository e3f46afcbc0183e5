import { httpUrl, textSecrets, unescaped, userInfo } from "../addresses.ts";
import { boolean, decimal, matching, oneOf, parsedBy, path, secretOf } from "../kinds.ts";
import type { Parsed } from "../kinds.ts";
import { is, present } from "../setting.ts";
import type { Settings } from "../setting.ts";
import type { SettingReader } from "../settings.ts";

export const TRACES = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    description: "Collector to send traces to, by OTLP over HTTP; setting it turns tracing on.",
    otherwise: "no traces",
    kind: parsedBy(
      "a URL such as http://localhost:4318, without a user and without /v1/traces",
      parseEndpoint,
      { placeholder: "url", address: true },
    ),
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    description: "Headers for that collector, such as a key: name=value, comma-separated.",
    secret: true,
    kind: parsedBy(
      "a list of name=value pairs, comma-separated, with %-escapes in the values",
      (text) => parsePairs(text, /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/),
      { placeholder: "headers", secretsOf: headerSecrets },
    ),
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    description: "Protocol to the collector.",
    default: "http/protobuf",
    kind: parsedBy("http/protobuf", parseProtocol, { placeholder: "protocol" }),
  },
  OTEL_TRACES_SAMPLER: {
    description: "Which traces are sent; parentbased_ samplers follow the caller's decision.",
    default: "parentbased_always_on",
    kind: oneOf(
      [
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
      ],
      "sampler",
    ),
  },
  OTEL_TRACES_SAMPLER_ARG: {
    description: "Share of the traces that a traceidratio sampler sends.",
    default: "1",
    kind: decimal(0, 1, "0.1", "share"),
    usedWhen: [is("OTEL_TRACES_SAMPLER", "traceidratio", "parentbased_traceidratio")],
  },
  OTEL_TRACES_EXPORTER: {
    description: "none turns tracing off where everything else is set for it.",
    default: "otlp",
    kind: oneOf(["otlp", "none"]),
  },
  OTEL_SDK_DISABLED: {
    description: "true turns tracing off too.",
    default: "false",
    kind: boolean,
  },
} satisfies Settings;

export const RUNNING = {
  LOG_LEVEL: {
    description: "Log level of this program.",
    default: "info",
    kind: oneOf(["error", "warn", "info", "debug"], "level"),
  },
  LOG_FORMAT: {
    description: "human for people; json for one ECS event a line.",
    default: "human",
    kind: oneOf(["human", "json"]),
  },
  LOG_FILE: {
    description:
      "Log file beside the output of run, rotated; none where empty, nor by default with --quiet.",
    default: "periodic_enrichment.log",
    emptyMeans: "off",
    kind: path,
  },
  OTEL_SERVICE_NAME: {
    description: "Name of this service in traces and JSON logs.",
    otherwise: "service.name of OTEL_RESOURCE_ATTRIBUTES, else log-vectorizer",
    kind: matching(/^.{1,100}$/u, "a name of at most 100 characters", "name"),
  },
  SERVICE_ENVIRONMENT: {
    description: "Where this process runs, such as production: in JSON logs and traces.",
    otherwise: "deployment.environment.name of OTEL_RESOURCE_ATTRIBUTES, or none",
    kind: matching(/^.{1,100}$/u, "a name of at most 100 characters", "name"),
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    description: "Additional attributes of all traces: name=value, comma-separated.",
    kind: parsedBy(
      "a list of name=value pairs, comma-separated, with %-escapes in the values",
      (text) => parsePairs(text, /^[^\s=,]+$/),
      { placeholder: "attributes" },
    ),
  },
  STATE_DIR: {
    description: "Folder for what must outlive the process; by default systemd's STATE_DIRECTORY.",
    default: ".log-vectorizer",
    kind: path,
  },
  STAMP_KEY: {
    description:
      "Key that signs stamps, for processes that do not share STATE_DIR: the same for all of them.",
    otherwise: "made once and kept in STATE_DIR, in stamp.key",
    secret: true,
    kind: secretOf(32),
  },
} satisfies Settings;

function parseEndpoint(text: string): Parsed<string> {
  const parsed = httpUrl.schema.safeParse(text);
  if (!parsed.success) return { ok: false };
  if (userInfo(parsed.data) !== undefined) {
    return { ok: false, reason: "there is a user; a key goes into OTEL_EXPORTER_OTLP_HEADERS" };
  }
  if (parsed.data.endsWith("/v1/traces")) {
    return { ok: false, reason: "/v1/traces is added to it; leave that out" };
  }
  return { ok: true, value: parsed.data };
}

function parseProtocol(text: string): Parsed<"http/protobuf"> {
  const word = text.trim().toLowerCase();
  if (word === "http/protobuf") return { ok: true, value: word };
  const reason = "it is the only one here; collectors take it at port 4318 as a rule";
  return { ok: false, reason };
}

const MAX_PAIRS = 64;

function parsePairs(text: string, names: RegExp): Parsed<Record<string, string>> {
  const pairs: Record<string, string> = {};
  for (const part of text.split(",").map((item) => item.trim())) {
    if (part === "") continue;
    const [name, value] = divide(part);
    if (value === undefined || !names.test(name)) return { ok: false };
    pairs[name] = value;
  }
  const count = Object.keys(pairs).length;
  if (count > MAX_PAIRS) return { ok: false, reason: `there are more than ${MAX_PAIRS}` };
  return count === 0 ? { ok: false } : { ok: true, value: pairs };
}

/** Name and value; no value where it is missing or would break a header. */
function divide(pair: string): [name: string, value?: string] {
  const at = pair.indexOf("=");
  if (at === -1) return [pair];
  const name = pair.slice(0, at).trim();
  const value = unescaped(pair.slice(at + 1).trim());
  const isHeader = value !== undefined && /^[\x20-\x7e\u00a0-\u00ff]*$/.test(value);
  return isHeader ? [name, value] : [name];
}

/** Each value, also without a leading word such as Bearer. */
function headerSecrets(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => [
    ...textSecrets(value),
    value.replace(/^\S+ +/, ""),
  ]);
}

/** Undefined: off. */
export function tracingConfig({ read, need }: SettingReader) {
  const endpoint = read("OTEL_EXPORTER_OTLP_ENDPOINT");
  const off = need("OTEL_SDK_DISABLED") || need("OTEL_TRACES_EXPORTER") === "none";
  if (endpoint === undefined || off) return undefined;
  return {
    /** The full URL for traces. */
    url: `${endpoint}/v1/traces`,
    headers: read("OTEL_EXPORTER_OTLP_HEADERS") ?? {},
    sampler: need("OTEL_TRACES_SAMPLER"),
    /** For ratio samplers; 0 to 1. */
    ratio: need("OTEL_TRACES_SAMPLER_ARG"),
    /** Additional resource attributes. */
    attributes: read("OTEL_RESOURCE_ATTRIBUTES") ?? {},
  };
}

/** The service's identity in logs and traces. */
export function serviceConfig({ read }: SettingReader) {
  const attributes = read("OTEL_RESOURCE_ATTRIBUTES") ?? {};
  return {
    name: read("OTEL_SERVICE_NAME") ?? attributes["service.name"] ?? "log-vectorizer",
    ...present({
      environment: read("SERVICE_ENVIRONMENT") ?? attributes["deployment.environment.name"],
    }),
  };
}
