import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../../../src/config/problems.ts";
import { loadConfig } from "../../../../src/config/config.ts";
import { sourcesOf } from "../sources-of.ts";

const COLLECTOR = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318" };

function load(env: Record<string, string>) {
  return loadConfig(sourcesOf(env), { needsEmbedder: false });
}

function messageOf(env: Record<string, string>): string {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return assert.fail("the settings were taken");
}

test("a collector alone is enough: every trace is sent that no caller has decided on", () => {
  assert.deepEqual(load(COLLECTOR).config.tracing, {
    url: "http://localhost:4318/v1/traces",
    headers: {},
    sampler: "parentbased_always_on",
    ratio: 1,
    attributes: {},
  });
});

for (const off of [{ OTEL_SDK_DISABLED: "true" }, { OTEL_TRACES_EXPORTER: "none" }]) {
  test(`${JSON.stringify(off)} turns it off`, () => {
    assert.equal(load({ ...COLLECTOR, ...off }).config.tracing, undefined);
  });
}

test("the platform may name the service and where it runs; our own settings win", () => {
  const platform = "service.name=logs,deployment.environment.name=test%20bed";
  const given = { OTEL_RESOURCE_ATTRIBUTES: platform };
  assert.deepEqual(load(given).config.service, { name: "logs", environment: "test bed" });
  const own = { OTEL_SERVICE_NAME: "vectors", SERVICE_ENVIRONMENT: "production" };
  assert.deepEqual(load({ ...given, ...own }).config.service, {
    name: "vectors",
    environment: "production",
  });
});

for (const [what, env, says] of [
  [
    "gRPC",
    { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    /OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" .*expected http\/protobuf, but it is the only one here; .*4318/,
  ],
  ["a sampler of another vendor", { OTEL_TRACES_SAMPLER: "xray" }, /expected one of always_on/],
  ["a share above one", { OTEL_TRACES_SAMPLER_ARG: "1.5" }, /a number from 0 to 1/],
  ["another exporter", { OTEL_TRACES_EXPORTER: "zipkin" }, /one of otlp, none/],
  [
    "the path of the signal",
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318/v1/traces" },
    /\/v1\/traces is added to it/,
  ],
  [
    "a user in the address",
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://u:hunter2@c:4318" },
    /a key goes into OTEL_EXPORTER_OTLP_HEADERS/,
  ],
  [
    "a header without a value",
    { OTEL_EXPORTER_OTLP_HEADERS: "hunter2" },
    /OTEL_EXPORTER_OTLP_HEADERS: .*name=value pairs/,
  ],
  [
    "a header that would begin another",
    { OTEL_EXPORTER_OTLP_HEADERS: "a=b%0Ahunter2" },
    /name=value pairs/,
  ],
] satisfies [string, Record<string, string>, RegExp][]) {
  test(`${what} is refused in one line`, () => {
    const message = messageOf({ ...COLLECTOR, ...env });
    assert.match(message, says);
    assert.equal(message.split("\n").length, 2);
    assert.doesNotMatch(message, /hunter2/);
  });
}

test("the values of headers are secrets, also behind a word such as Bearer", () => {
  const { secrets } = load({ OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20t0ken-1" }).config;
  for (const secret of ["Bearer t0ken-1", "t0ken-1"]) assert.ok(secrets.includes(secret), secret);
});

test("a standard variable that is not read is named, those about metrics and logs are not", () => {
  const { warnings } = load({
    ...COLLECTOR,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://x",
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://x",
    OTEL_LOG_LEVEL: "debug",
  });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /OTEL_EXPORTER_OTLP_TRACES_ENDPOINT .*has no effect/);
});
