import assert from "node:assert/strict";
import { test } from "node:test";
import { combinationProblems } from "../../../src/config/rules.ts";
import { MESSAGE_FIELDS } from "../../../src/domain/document.ts";
import { readerOf } from "./sources-of.ts";

function problemsOf(env: Record<string, string>, needsEmbedder = false): string[] {
  return combinationProblems(readerOf(env), { needsEmbedder }).map(({ name }) => name);
}

test("the usual fields of a text that a vector may not be written over are those that are looked for", () => {
  for (const field of MESSAGE_FIELDS) {
    const [outer = ""] = field.split(".");
    assert.deepEqual(problemsOf({ VECTOR_FIELD: outer }), ["VECTOR_FIELD"], outer);
  }
});

const USER = { OPENSEARCH_USER: "u" };
const LOGIN = { ...USER, OPENSEARCH_PASSWORD: "p" };
const REGION = { OPENSEARCH_AWS_REGION: "eu-central-1" };
const URL_LOGIN = { OPENSEARCH_URL: "http://u:p@a" };

const COMBINATIONS: [promise: string, env: Record<string, string>, names: string[]][] = [
  ["nothing at all is fine", {}, []],
  ["a user needs a password", USER, ["OPENSEARCH_PASSWORD"]],
  ["a password needs a user", { OPENSEARCH_PASSWORD: "p" }, ["OPENSEARCH_USER"]],
  ["a user with a password is fine", LOGIN, []],
  ["a certificate needs its key", { OPENSEARCH_CERT_FILE: "c" }, ["OPENSEARCH_KEY_FILE"]],
  ["a key needs its certificate", { OPENSEARCH_KEY_FILE: "k" }, ["OPENSEARCH_CERT_FILE"]],
  ["the user of the URL twice is fine", { ...LOGIN, ...URL_LOGIN }, []],
  [
    "another password than in the URL is refused",
    { ...URL_LOGIN, ...USER, OPENSEARCH_PASSWORD: "q" },
    ["OPENSEARCH_USER"],
  ],
  ["AWS signing alone is fine", REGION, []],
  ["AWS signing with a user is refused", { ...REGION, ...LOGIN }, ["OPENSEARCH_AWS_REGION"]],
  [
    "AWS signing with a user in the URL is refused",
    { ...REGION, ...URL_LOGIN },
    ["OPENSEARCH_AWS_REGION"],
  ],
  ["HTTP on loopback needs no token", { HTTP_HOST: "::1" }, []],
  ["HTTP on localhost by any of its names needs no token", { HTTP_HOST: "LOCALHOST." }, []],
  ["HTTP for other machines needs a token", { HTTP_HOST: "0.0.0.0" }, ["HTTP_TOKEN"]],
  [
    "a name that only begins like loopback needs a token",
    { HTTP_HOST: "127.evil.example" },
    ["HTTP_TOKEN"],
  ],
  [
    "HTTP for other machines with a token is fine",
    { HTTP_HOST: "::", HTTP_TOKEN: "0123456789abcdef" },
    [],
  ],
  [
    "HTTP for other machines with a token that is generated is fine",
    { HTTP_HOST: "0.0.0.0", HTTP_TOKEN_GENERATE: "true" },
    [],
  ],
  ["where HTTP is off no token is needed", { HTTP_HOST: "0.0.0.0", HTTP_PORT: "0" }, []],
  ["an interval alone wins over the default schedule", { BACKFILL_INTERVAL_MINUTES: "5" }, []],
  [
    "an interval and a schedule are refused, though the schedule be the default one",
    { BACKFILL_INTERVAL_MINUTES: "5", BACKFILL_SCHEDULE: "*/10 * * * *" },
    ["BACKFILL_INTERVAL_MINUTES"],
  ],
  ["a vector over the message is refused", { VECTOR_FIELD: "message" }, ["VECTOR_FIELD"]],
  [
    "a vector over the object that holds the level is refused",
    { VECTOR_FIELD: "log", LEVEL_FIELD: "log.level" },
    ["VECTOR_FIELD"],
  ],
  [
    "a stamp over the timestamp is refused",
    { VECTOR_FIELD: "a", TIMESTAMP_FIELD: "a_meta" },
    ["VECTOR_FIELD"],
  ],
  ["a vector over the id is refused", { VECTOR_FIELD: "log_id" }, ["VECTOR_FIELD"]],
];

for (const [promise, env, names] of COMBINATIONS) {
  test(promise, () => assert.deepEqual(problemsOf(env), names));
}

const PRICE = { EMBEDDING_PRICE_PER_MILLION_TOKENS: "0.1" };
const LIMIT = { MAX_COST_USD_PER_DAY: "5" };

for (const [promise, env, names] of [
  ["a limit in money needs no price of OpenAI's own", { OPENAI_API_KEY: "k" }, []],
  ["it needs one of another server", { OPENAI_BASE_URL: "http://vllm/v1" }, Object.keys(LIMIT)],
  ["a price will do", { OPENAI_BASE_URL: "http://vllm/v1", ...PRICE }, []],
  ["it needs one of an AI service", { AI_SERVICE_URL: "http://ai" }, Object.keys(LIMIT)],
  ["what is local is free", { EMBEDDING_PROVIDER: "local" }, []],
] as const) {
  test(promise, () => assert.deepEqual(problemsOf({ ...LIMIT, ...env }, true), names));
}

test("a limit in money concerns no command that embeds nothing", () => {
  assert.deepEqual(problemsOf({ ...LIMIT, AI_SERVICE_URL: "http://ai" }), []);
});

const OPENAI = { EMBEDDING_PROVIDER: "openai" };

const EMBEDDERS: [promise: string, env: Record<string, string>, names: string[]][] = [
  ["no embedder at all is a problem", {}, ["EMBEDDING_PROVIDER"]],
  ["a key is enough", { OPENAI_API_KEY: "k" }, []],
  ["another server is enough", { OPENAI_BASE_URL: "http://localhost/v1" }, []],
  ["an AI service is enough", { AI_SERVICE_URL: "http://ai" }, []],
  ["local is enough", { EMBEDDING_PROVIDER: "local" }, []],
  ["openai by name needs a key", OPENAI, ["OPENAI_API_KEY"]],
  [
    "OpenAI's own base URL needs a key",
    { OPENAI_BASE_URL: "https://api.openai.com/v1" },
    ["OPENAI_API_KEY"],
  ],
  ["ai-service by name needs a URL", { EMBEDDING_PROVIDER: "ai-service" }, ["AI_SERVICE_URL"]],
  ["a provider that is none is a problem of its own", { EMBEDDING_PROVIDER: "x" }, []],
  ["a base URL that is none is a problem of its own", { OPENAI_BASE_URL: "x" }, []],
];

for (const [promise, env, names] of EMBEDDERS) {
  test(`where vectors are made, ${promise}`, () => assert.deepEqual(problemsOf(env, true), names));
  test(`where none are made, it does not matter that ${promise}`, () => {
    assert.deepEqual(problemsOf(env, false), []);
  });
}

test("the missing embedder is explained by the three ways to get one", () => {
  const [problem] = combinationProblems(readerOf({}), { needsEmbedder: true });
  for (const way of ["OPENAI_API_KEY", "AI_SERVICE_URL", "EMBEDDING_PROVIDER=local"]) {
    assert.ok(problem?.sentence.includes(way), way);
  }
});

test("Kafka is missing only where it is needed", () => {
  const options = { needsEmbedder: false };
  assert.deepEqual(combinationProblems(readerOf({}), options), []);
  const [problem] = combinationProblems(readerOf({}), { ...options, needsKafka: true });
  assert.equal(problem?.name, "KAFKA_BOOTSTRAP_SERVERS");
});
