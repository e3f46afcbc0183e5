import assert from "node:assert/strict";
import { copyFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { startKafka } from "../../../../scripts/local-servers/kafka.ts";
import { eventually } from "../../../support/asserts/eventually.ts";
import {
  newestOpenSearch,
  type OpenSearchFixture,
} from "../../../support/servers/open-search-fixture.ts";
import { openKafka } from "../../../../src/adapters/kafka/kafka.ts";
import {
  runVectorizer,
  startVectorizer,
  temporaryFolder,
} from "../../../support/commands/run-command.ts";
import { eventsOf, tallyOf } from "../../../support/asserts/printed-events.ts";
import { freshLogs, olderLogs, toMessage } from "../../../support/commands/tail-story.ts";
import { makeCertificates, writePem } from "../../../support/servers/tls-proxy.ts";

const USER = { name: "alice", password: "s3cret#Pass word" };
const TOPIC = "secured-logs";

test(
  "a broker with TLS and a login: a wrong authority or password is said clearly, the backfill goes on, and once it is right so does the tail",
  { timeout: 300_000 },
  async (t) => {
    const { files, kafka, publisher } = await securedBroker(t);
    const logs = await newestOpenSearch(t);
    const settings = {
      ...logs.env,
      KAFKA_BOOTSTRAP_SERVERS: kafka,
      KAFKA_TOPIC: TOPIC,
      KAFKA_DLQ_TOPIC: `${TOPIC}-dlq`,
      KAFKA_SSL: "true",
      KAFKA_CA_FILE: files.used,
      KAFKA_SASL_MECHANISM: "scram-sha-512",
      KAFKA_SASL_USERNAME: USER.name,
      KAFKA_SASL_PASSWORD: USER.password,
      ENRICHMENT_BATCH_TIMEOUT: "0.2",
      BACKFILL_SCHEDULE: "*/2 * * * * *",
      // The fresh ones are the tail's for as long as this takes.
      BACKFILL_MIN_AGE_SECONDS: "1800",
      LOG_FORMAT: "json",
    };
    const index = logs.name("app");
    await logs.create(index);
    const [old, fresh] = [olderLogs("old", 5), freshLogs("fresh", 5)];
    await logs.send("POST", "/_bulk", bulkOf(index, [...old, ...fresh]));
    await publisher(fresh.map(toMessage));

    await files.use(files.wrong);
    const daemon = await startVectorizer(t, [], { env: settings });
    await daemon.says(/tail-source-lost/);
    await untilVectors(t, logs, index, old.length);
    const [wrongAuthority] = eventsOf(daemon.printed(), "tail-source-lost");
    assert.match(
      wrongAuthority?.message ?? "",
      /certificate was not accepted.*KAFKA_CA_FILE.*then until it works$/,
    );

    await files.use(files.right);
    await daemon.says(/tail-source-back/);
    await untilVectors(t, logs, index, old.length + fresh.length);
    assert.equal(eventsOf(daemon.printed(), "tail-source-lost").length, 1, "said more than once");
    daemon.kill("SIGTERM");
    assert.equal(tallyOf(await daemon.ended).outcomes.updated, fresh.length);

    const password = "not the right one";
    const env = { ...settings, KAFKA_SASL_PASSWORD: password };
    const refused = await startVectorizer(t, ["tail"], { env });
    await refused.says(/tail-source-lost/);
    const [wrongPassword] = eventsOf(refused.printed(), "tail-source-lost");
    assert.match(wrongPassword?.message ?? "", /KAFKA_SASL_PASSWORD.*then until it works$/);
    assert.equal(wrongPassword?.["error.type"], "credentials");
    refused.kill("SIGTERM");
    const ended = await refused.ended;
    tallyOf(ended);
    assert.ok(!`${ended.stdout}${ended.stderr}`.includes(password), "the password is shown");

    const status = await runVectorizer(t, ["status"], { env: settings });
    assert.match(status.stdout, new RegExp(`${TOPIC} +0 +5 +5 +0`));
    const check = await runVectorizer(t, ["check"], { env });
    assert.equal(check.code, 3, check.stdout);
    assert.match(check.stdout, /✗ +kafka +Kafka at localhost:\d+: .*(refused|failed)/);
  },
);

async function securedBroker(t: TestContext) {
  const certificates = await makeCertificates();
  const folder = await temporaryFolder(t);
  const right = (await writePem(folder, "authority", certificates.authority)).certFile;
  const wrong = (await writePem(folder, "client", certificates.client)).certFile;
  const used = join(folder, "used.crt");
  /** At once, as somebody may be reading it. */
  const use = async (file: string) => {
    await copyFile(file, `${used}.new`);
    await rename(`${used}.new`, used);
  };
  const kafka = await startKafka({ tls: certificates.server, user: USER });
  t.after(() => kafka.stop());
  const { publisher, topics, close } = openKafka({
    brokers: [kafka.broker],
    clientId: "test",
    tls: { caFile: right },
    sasl: { mechanism: "PLAIN", username: USER.name, password: USER.password },
  });
  t.after(close);
  for (const topic of [TOPIC, `${TOPIC}-dlq`]) await topics.create(topic, 1, t.signal);
  return {
    kafka: kafka.broker,
    files: { right, wrong, used, use },
    async publisher(values: readonly string[]) {
      const messages = values.map((value) => ({
        topic: TOPIC,
        key: null,
        value: Buffer.from(value),
        headers: [],
      }));
      await publisher.publish(messages, t.signal);
    },
  };
}

function bulkOf(index: string, logs: readonly { log_id: string }[]): string {
  return logs
    .map((log) => {
      const action = { create: { _index: index, _id: log.log_id } };
      return `${JSON.stringify(action)}\n${JSON.stringify(log)}\n`;
    })
    .join("");
}

async function untilVectors(t: TestContext, logs: OpenSearchFixture, index: string, count: number) {
  await eventually(async () => {
    const documents = [...(await logs.documents(index)).values()];
    return documents.filter(({ source }) => source["log_vector"] !== undefined).length === count;
  }, t);
}
