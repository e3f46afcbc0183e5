import { httpUrl, userInfo } from "./addresses.ts";
import * as kinds from "./kinds.ts";
import type { Parsed } from "./kinds.ts";
import type { Setting } from "./setting.ts";

const group = "Traces";

/** OpenTelemetry's own names. All but the service's names have no effect without the first. */
export const TRACING_SETTINGS = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    group,
    description: "Collector to send traces to, by OTLP over HTTP; setting it turns tracing on.",
    otherwise: "no traces",
    placeholder: "<url>",
    address: true,
    kind: kinds.parsedBy(
      "a URL such as http://localhost:4318, without a user and without /v1/traces",
      parseEndpoint,
    ),
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    group,
    description: "Headers for that collector, such as a key: name=value, comma-separated.",
    placeholder: "<headers>",
    secret: true,
    kind: kinds.parsedBy(
      "a list of name=value pairs, comma-separated, with %-escapes in the values",
      (text) => parsePairs(text, /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/),
    ),
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    group,
    description: "Protocol to the collector.",
    default: "http/protobuf",
    placeholder: "<protocol>",
    kind: kinds.parsedBy("http/protobuf", parseProtocol),
  },
  OTEL_TRACES_SAMPLER: {
    group,
    description: "Which traces are sent; parentbased_ samplers follow the caller's decision.",
    default: "parentbased_always_on",
    placeholder: "<sampler>",
    kind: kinds.oneOf([
      "always_on",
      "always_off",
      "traceidratio",
      "parentbased_always_on",
      "parentbased_always_off",
      "parentbased_traceidratio",
    ]),
  },
  OTEL_TRACES_SAMPLER_ARG: {
    group,
    description: "Share of the traces that a traceidratio sampler sends.",
    default: "1",
    placeholder: "<share>",
    kind: kinds.decimal(0, 1, "0.1"),
  },
  OTEL_TRACES_EXPORTER: {
    group,
    description: "none turns tracing off where everything else is set for it.",
    default: "otlp",
    placeholder: "<otlp|none>",
    kind: kinds.oneOf(["otlp", "none"]),
  },
  OTEL_SDK_DISABLED: {
    group,
    description: "true turns tracing off too.",
    default: "false",
    placeholder: "<true|false>",
    kind: kinds.boolean,
  },
  OTEL_SERVICE_NAME: {
    group,
    description: "Name of this service in traces and JSON logs.",
    otherwise: "service.name of OTEL_RESOURCE_ATTRIBUTES, else log-vectorizer",
    placeholder: "<name>",
    kind: kinds.matching(/^.{1,100}$/u, "a name of at most 100 characters"),
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    group,
    description: "Additional attributes of all traces: name=value, comma-separated.",
    placeholder: "<attributes>",
    kind: kinds.parsedBy(
      "a list of name=value pairs, comma-separated, with %-escapes in the values",
      (text) => parsePairs(text, /^[^\s=,]+$/),
    ),
  },
} satisfies Record<string, Setting>;

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
  try {
    const value = decodeURIComponent(pair.slice(at + 1).trim());
    return /^[\x20-\x7e\u00a0-\u00ff]*$/.test(value) ? [name, value] : [name];
  } catch {
    return [name];
  }
}
