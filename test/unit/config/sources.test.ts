import assert from "node:assert/strict";
import { test } from "node:test";
import type { SettingName } from "../../../src/config/settings.ts";
import { SETTING_NAMES } from "../../../src/config/settings.ts";
import { gatherSources } from "../../../src/config/sources.ts";

type Given = { flag?: string; env?: string; file?: string };

function resolved(name: SettingName, { flag, env, file }: Given) {
  const { settings } = gatherSources({
    flags: flag === undefined ? {} : { [name]: flag },
    env: { [name]: env },
    envFile: file === undefined ? undefined : { path: ".env", text: `${name}=${file}` },
  });
  const found = settings.find((setting) => setting.name === name);
  return [found?.text, found?.origin];
}

const PRECEDENCE: [name: SettingName, given: Given, text: string | undefined, origin: string][] = [
  ["OPENSEARCH_HOST", { flag: "f", env: "e", file: "d" }, "f", "flag"],
  ["OPENSEARCH_HOST", { env: "e", file: "d" }, "e", "environment"],
  ["OPENSEARCH_HOST", { file: "d" }, "d", ".env"],
  ["OPENSEARCH_HOST", {}, "localhost", "default"],
  ["OPENSEARCH_HOST", { flag: "", env: "", file: "d" }, "d", ".env"],
  ["OPENSEARCH_HOST", { flag: "", env: "", file: "" }, "localhost", "default"],
  ["OPENSEARCH_URL", {}, undefined, "default"],
  ["OPENSEARCH_URL", { env: "" }, undefined, "default"],
  ["LOG_FILE", {}, "periodic_enrichment.log", "default"],
  ["LOG_FILE", { env: "", file: "d" }, "", "environment"],
  ["LOG_FILE", { flag: "", env: "e" }, "", "flag"],
  ["LOG_FILE", { file: "" }, "", ".env"],
];

for (const [name, given, text, origin] of PRECEDENCE) {
  test(`${name} given as ${JSON.stringify(given)} is ${JSON.stringify(text)} (${origin})`, () => {
    assert.deepEqual(resolved(name, given), [text, origin]);
  });
}

function stateDir(env: Record<string, string>, text = "") {
  const from = { flags: {}, env, envFile: { path: ".env", text } };
  return gatherSources(from).settings.find(({ name }) => name === "STATE_DIR")?.text;
}

test("the state directory is systemd's first one, unless somebody sets it", () => {
  const systemd = { STATE_DIRECTORY: "/var/lib/a:/var/lib/b" };
  assert.equal(stateDir({}), ".log-vectorizer");
  assert.equal(stateDir({ STATE_DIRECTORY: "" }), ".log-vectorizer");
  assert.equal(stateDir(systemd), "/var/lib/a");
  assert.equal(stateDir(systemd, "STATE_DIR=/mine"), "/mine");
  assert.equal(stateDir({ ...systemd, STATE_DIR: "/mine" }), "/mine");
});

test("every setting comes out once, in the order of the table", () => {
  const { settings } = gatherSources({ flags: {}, env: {}, envFile: undefined });
  assert.deepEqual(
    settings.map(({ name }) => name),
    SETTING_NAMES,
  );
});

test("a name that looks like a setting and is none is pointed out, with its origin", () => {
  const { unknown } = gatherSources({
    flags: {},
    env: {
      OPENSEARCH_HOSTNAME: "a",
      VECTOR_HOME: "/opt/vector",
      PATH: "/bin",
      BACKFILL_X: undefined,
    },
    envFile: { path: ".env", text: "CACHE_SIZE=1\nEMBEDDING_MODELL=m\nOPENSEARCH_HOST=a" },
  });
  assert.deepEqual(unknown, [
    { name: "OPENSEARCH_HOSTNAME", origin: "environment", nearest: "OPENSEARCH_HOST" },
    { name: "CACHE_SIZE", origin: ".env", nearest: undefined },
    { name: "EMBEDDING_MODELL", origin: ".env", nearest: "EMBEDDING_MODEL" },
  ]);
});

test("a slip in a name of Kafka's is pointed out, in .env any name of it", () => {
  const { unknown } = gatherSources({
    flags: {},
    env: { KAFKA_BOOTSTRAP_SERVER: "a", KAFKA_SSL_KEYSTORE: "b", TAIL_ID_FEILD: "c" },
    envFile: { path: ".env", text: "KAFKA_BROKERS=a\nTAIL_X=b\nCONSUMER_GROUP=c" },
  });
  assert.deepEqual(unknown, [
    { name: "KAFKA_BOOTSTRAP_SERVER", origin: "environment", nearest: "KAFKA_BOOTSTRAP_SERVERS" },
    { name: "TAIL_ID_FEILD", origin: "environment", nearest: "TAIL_ID_FIELD" },
    { name: "KAFKA_BROKERS", origin: ".env", nearest: undefined },
    { name: "TAIL_X", origin: ".env", nearest: undefined },
    { name: "CONSUMER_GROUP", origin: ".env", nearest: "CONSUMER_GROUP_ID" },
  ]);
});

test("variables of other tools are let be", () => {
  const others = [
    "OPENAI_ORG_ID",
    "KAFKA_HEAP_OPTS",
    "KAFKA_HOME",
    "KAFKA_PORT",
    "KAFKA_SERVICE_HOST",
    "KAFKA_TOPIC_PREFIX",
    "CACHE_HOME",
    "OPENSEARCH_JAVA_OPTS",
    "OPENSEARCH_INITIAL_ADMIN_PASSWORD",
    "OPENSEARCH_SERVICE_HOST",
    "OPENSEARCH_PORT_9200_TCP_ADDR",
  ];
  const env = Object.fromEntries(others.map((name) => [name, "x"]));
  assert.deepEqual(gatherSources({ flags: {}, env, envFile: undefined }).unknown, []);
});

test("a malformed line of the file is passed on", () => {
  const envFile = { path: "my.env", text: "nonsense" };
  const { problems } = gatherSources({ flags: {}, env: {}, envFile });
  assert.equal(problems.length, 1);
  assert.match(problems.join(), /^my\.env, line 1: /);
});

test("a setting named like something that every object has is not found by accident", () => {
  const { unknown } = gatherSources({
    flags: {},
    env: {},
    envFile: { path: ".env", text: "__proto__=x\nconstructor=y\nOPENSEARCH_toString=z" },
  });
  assert.deepEqual(
    unknown.map(({ name }) => name),
    ["OPENSEARCH_toString"],
  );
});
