import assert from "node:assert/strict";
import { test } from "node:test";
import { secretsIn } from "../../../src/config/config.ts";
import { readerOf } from "./sources-of.ts";

const token = (text: string) => Buffer.from(text).toString("base64");

test("keys and passwords are secrets, wherever they stand and in every form they are sent in", () => {
  const secrets = secretsIn(
    readerOf({
      OPENSEARCH_USER: "admin",
      OPENSEARCH_PASSWORD: "Admin123!@#",
      OPENSEARCH_URL: "https://other:p%40ssw0rd@a",
      OPENAI_API_KEY: "sk-1234",
      OPENAI_BASE_URL: "https://proxy:b%2Fase@b/v1",
      AI_SERVICE_URL: "https://ai:s3rvice@c",
      KAFKA_SASL_USERNAME: "tail",
      KAFKA_SASL_PASSWORD: "k4fka#",
    }),
  );
  const expected = [
    "p@ssw0rd",
    "p%40ssw0rd",
    token("other:p@ssw0rd"),
    "Admin123!@#",
    "Admin123!%40%23",
    token("admin:Admin123!@#"),
    "b/ase",
    "b%2Fase",
    token("proxy:b/ase"),
    "s3rvice",
    token("ai:s3rvice"),
    "k4fka#",
    "k4fka%23",
    "sk-1234",
  ];
  assert.deepEqual(secrets.toSorted(), expected.toSorted());
});

test("the address of a webhook is a secret, and so is each part that makes it hard to guess", () => {
  const secrets = secretsIn(
    readerOf({
      ALERT_SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T0001/B0001/a1b2c3d4e5f6",
      ALERT_WEBHOOK_URL: "https://me:p%40ss@a.example/alerts?key=0123456789ab&v=1",
      ALERT_SMTP_URL: "smtp://me:m4il@mail.example",
    }),
  );
  const expected = [
    "https://hooks.slack.com/services/T0001/B0001/a1b2c3d4e5f6",
    "hooks.slack.com/services/T0001/B0001/a1b2c3d4e5f6",
    "a1b2c3d4e5f6",
    "https://me:p%40ss@a.example/alerts?key=0123456789ab&v=1",
    "a.example/alerts?key=0123456789ab&v=1",
    "0123456789ab",
    "p@ss",
    "p%40ss",
    token("me:p@ss"),
    "m4il",
    token("me:m4il"),
  ];
  assert.deepEqual(secrets.toSorted(), expected.toSorted());
});

test("an address that is no secret masks nothing that is in every log", () => {
  const secrets = secretsIn(readerOf({ ALERT_WEBHOOK_URL: "http://alertmanager:9093/" }));
  assert.deepEqual(secrets, []);
});

test("a secret too short to be masked without harm is left out", () => {
  const secrets = secretsIn(readerOf({ OPENSEARCH_USER: "a", OPENSEARCH_PASSWORD: "abc" }));
  assert.deepEqual(secrets, [token("a:abc")]);
});

test("without secrets there are none", () => assert.deepEqual(secretsIn(readerOf({})), []));
