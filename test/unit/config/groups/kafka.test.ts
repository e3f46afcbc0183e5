import assert from "node:assert/strict";
import { test } from "node:test";
import { kafkaConfig, tailConfig } from "../../../../src/config/groups/kafka.ts";
import { readerOf } from "../sources-of.ts";

const BROKERS = { KAFKA_BOOTSTRAP_SERVERS: "localhost:19092" };
const LOGIN = { KAFKA_SASL_USERNAME: "u", KAFKA_SASL_PASSWORD: "p" };

function connectionOf(env: Record<string, string>) {
  return kafkaConfig(readerOf({ ...BROKERS, ...env }))?.connection;
}

const plain = { brokers: ["localhost:19092"], clientId: "log-vectorizer" };

test("without brokers there is no Kafka, whatever else is set", () => {
  assert.equal(kafkaConfig(readerOf({ ...LOGIN, KAFKA_TOPIC: "a", KAFKA_SSL: "true" })), undefined);
});

test("brokers alone are reached plainly, with the documented defaults", () => {
  assert.deepEqual(kafkaConfig(readerOf(BROKERS)), {
    connection: plain,
    topics: ["application-logs"],
    group: "ai-enrichment-consumer",
    deadLetterTopic: "application-logs-dlq",
    from: "earliest",
    backfillTopic: "log-vectorizer-backfill",
  });
});

test("TLS goes by Node's authorities or by one of our own", () => {
  assert.deepEqual(connectionOf({ KAFKA_SSL: "true" }), { ...plain, tls: {} });
  const own = { KAFKA_SSL: "true", KAFKA_CA_FILE: "ca.pem" };
  assert.deepEqual(connectionOf(own), { ...plain, tls: { caFile: "ca.pem" } });
});

const MECHANISMS: [text: string, mechanism: string][] = [
  ["plain", "PLAIN"],
  ["Plain", "PLAIN"],
  ["SCRAM-SHA-256", "SCRAM-SHA-256"],
  ["scram-sha-512", "SCRAM-SHA-512"],
];

for (const [text, mechanism] of MECHANISMS) {
  test(`${text} logs in by ${mechanism}`, () => {
    const sasl = { mechanism, username: "u", password: "p" };
    assert.deepEqual(connectionOf({ ...LOGIN, KAFKA_SASL_MECHANISM: text }), { ...plain, sasl });
  });
}

test("a batch's time is in whole milliseconds, however it is written", () => {
  const timeoutOf = (text: string) =>
    tailConfig(readerOf({ ENRICHMENT_BATCH_TIMEOUT: text })).batchTimeoutMs;
  assert.deepEqual(["0.05", "1.1", "2.0004", "300"].map(timeoutOf), [50, 1100, 2000, 300_000]);
});
