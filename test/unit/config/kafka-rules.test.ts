import assert from "node:assert/strict";
import { test } from "node:test";
import { combinationProblems } from "../../../src/config/rules.ts";
import { readerOf } from "./sources-of.ts";

function problemsOf(env: Record<string, string>, needsKafka = false) {
  return combinationProblems(readerOf(env), { needsEmbedder: false, needsKafka });
}

const BROKERS = { KAFKA_BOOTSTRAP_SERVERS: "localhost" };
const MECHANISM = { KAFKA_SASL_MECHANISM: "plain" };
const USER = { KAFKA_SASL_USERNAME: "u" };
const PASSWORD = { KAFKA_SASL_PASSWORD: "p" };
const AUTHORITY = { KAFKA_CA_FILE: "ca.pem" };

const COMBINATIONS: [promise: string, env: Record<string, string>, names: string[]][] = [
  ["nothing at all is fine", {}, []],
  ["brokers alone are fine", BROKERS, []],
  ["a backfill by Kafka needs brokers", { BACKFILL_MODE: "kafka" }, ["KAFKA_BOOTSTRAP_SERVERS"]],
  ["a backfill by Kafka with brokers is fine", { ...BROKERS, BACKFILL_MODE: "Kafka" }, []],
  [
    "brokers that are none are a problem of their own",
    { BACKFILL_MODE: "kafka", KAFKA_BOOTSTRAP_SERVERS: "kafka://a" },
    [],
  ],
  [
    "dead letters into a topic of logs are refused",
    { KAFKA_TOPIC: "a,b", KAFKA_DLQ_TOPIC: "b" },
    ["KAFKA_DLQ_TOPIC"],
  ],
  [
    "logs from the default topic of dead letters are refused",
    { KAFKA_TOPIC: "application-logs-dlq" },
    ["KAFKA_DLQ_TOPIC"],
  ],
  [
    "work into a topic of logs is refused",
    { KAFKA_TOPIC: "a,b", KAFKA_BACKFILL_TOPIC: "a" },
    ["KAFKA_BACKFILL_TOPIC"],
  ],
  [
    "work into the topic of dead letters is refused",
    { KAFKA_DLQ_TOPIC: "a", KAFKA_BACKFILL_TOPIC: "a" },
    ["KAFKA_BACKFILL_TOPIC"],
  ],
  [
    "an election in a topic of logs is refused",
    { KAFKA_TOPIC: "work-leader", KAFKA_BACKFILL_TOPIC: "work" },
    ["KAFKA_BACKFILL_TOPIC"],
  ],
  [
    "an election in the topic of dead letters is refused",
    { KAFKA_DLQ_TOPIC: "log-vectorizer-backfill-leader" },
    ["KAFKA_BACKFILL_TOPIC"],
  ],
  ["topics that differ in case are two", { KAFKA_TOPIC: "a", KAFKA_DLQ_TOPIC: "A" }, []],
  ["an authority without TLS is refused", AUTHORITY, ["KAFKA_CA_FILE"]],
  ["an authority with TLS is fine", { ...AUTHORITY, KAFKA_SSL: "yes" }, []],
  ["an SSL that is no yes or no is a problem of its own", { ...AUTHORITY, KAFKA_SSL: "x" }, []],
  [
    "a mechanism needs user and password",
    MECHANISM,
    ["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"],
  ],
  ["a user needs a password", { ...MECHANISM, ...USER }, ["KAFKA_SASL_PASSWORD"]],
  ["a password needs a user", { ...MECHANISM, ...PASSWORD }, ["KAFKA_SASL_USERNAME"]],
  ["user and password need a mechanism", { ...USER, ...PASSWORD }, ["KAFKA_SASL_MECHANISM"]],
  ["a whole login is fine", { ...MECHANISM, ...USER, ...PASSWORD }, []],
  [
    "a mechanism that is none is a problem of its own",
    { ...USER, ...PASSWORD, KAFKA_SASL_MECHANISM: "gssapi" },
    [],
  ],
];

for (const [promise, env, names] of COMBINATIONS) {
  test(promise, () => {
    assert.deepEqual(
      problemsOf(env).map(({ name }) => name),
      names,
    );
  });
}

test("the setting or command that needs the brokers is named, once", () => {
  const sentences = (env: Record<string, string>) =>
    problemsOf(env, true).map(({ sentence }) => sentence.split(";")[0]);
  assert.deepEqual(sentences({}), ["not set, but this command needs it"]);
  const byMode = ["not set, but BACKFILL_MODE=kafka needs it"];
  assert.deepEqual(sentences({ BACKFILL_MODE: "kafka" }), byMode);
  assert.deepEqual(sentences(BROKERS), []);
});

test("a part of a login is told to become a whole one", () => {
  assert.deepEqual(problemsOf({ ...MECHANISM, ...USER }), [
    {
      name: "KAFKA_SASL_PASSWORD",
      sentence:
        "not set, but KAFKA_SASL_MECHANISM is; set mechanism, user and password, or none of them",
    },
  ]);
});

test("two uses of one topic are both named, with the topic", () => {
  const [problem] = problemsOf({ KAFKA_TOPIC: "x-leader", KAFKA_BACKFILL_TOPIC: "x" });
  const sentence =
    'uses the topic "x-leader", and so does KAFKA_TOPIC; give each a topic of its own';
  assert.equal(problem?.sentence, sentence);
});
