import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { startKafka, type LocalKafka } from "../../../../scripts/local-servers/kafka.ts";
import { openKafka, type KafkaSettings } from "../../../../src/adapters/kafka/kafka.ts";
import { Fault, type FaultKind } from "../../../../src/domain/faults.ts";
import { readAllOf, readOn, textsOf } from "../../../contract/stream-under-test.ts";
import { openKafkaFixture } from "../../../support/servers/kafka-fixture.ts";
import { makeCertificates, writePem } from "../../../support/servers/tls-proxy.ts";

const USER = { name: "alice", password: "s3cret#Pass word" };
const MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const;
const MAX_MS = 5 * 60_000;

type Extra = Pick<KafkaSettings, "tls" | "sasl">;

suite("a broker that demands TLS and a user", { timeout: 3 * MAX_MS }, () => {
  let kafka: LocalKafka;
  let folder: string;
  let files: { right: string; wrong: string };

  before(async () => {
    const certificates = await makeCertificates();
    folder = await mkdtemp(join(tmpdir(), "kafka-tls-"));
    const right = await writePem(folder, "authority", certificates.authority);
    const wrong = await writePem(folder, "client", certificates.client);
    files = { right: right.certFile, wrong: wrong.certFile };
    kafka = await startKafka({ tls: certificates.server, user: USER });
  });

  after(async () => {
    await kafka.stop();
    await rm(folder, { recursive: true });
  });

  const sasl = (mechanism: (typeof MECHANISMS)[number], password = USER.password) => ({
    sasl: { mechanism, username: USER.name, password },
  });
  const trusted = () => ({ tls: { caFile: files.right } });

  for (const mechanism of MECHANISMS) {
    test(`lets the right user in by ${mechanism}, and passes messages`, async (t) => {
      const settings = { brokers: [kafka.broker], clientId: "test" };
      const { stream, publisher, topics, close } = openKafka({
        ...settings,
        ...trusted(),
        ...sasl(mechanism),
      });
      t.after(close);
      const topic = `by-${mechanism}`;
      await topics.create(topic, 1, t.signal);
      const message = { topic, key: null, value: Buffer.from("hello"), headers: [] };
      await publisher.publish([message], t.signal);
      const what = { streams: [topic], group: topic, from: "earliest" } as const;
      const reading = readOn(stream, what, t.signal);
      assert.deepEqual(textsOf(await reading.take(1)), ["hello"]);
      await reading.close();
    });

    test(`refuses a wrong password by ${mechanism}: credentials`, async (t) => {
      const extra = { ...trusted(), ...sasl(mechanism, `not ${USER.password}`) };
      const [fault] = await refusals(t.signal, kafka.broker, extra, "credentials");
      assert.match(fault?.hint ?? "", /KAFKA_SASL_PASSWORD/);
    });
  }

  test("a certificate of an unknown authority is a setting's fault", async (t) => {
    for (const tls of [{}, { caFile: files.wrong }]) {
      const extra = { tls, ...sasl("PLAIN") };
      const [fault] = await refusals(t.signal, kafka.broker, extra, "configuration");
      assert.match(fault?.hint ?? "", /KAFKA_CA_FILE/);
    }
  });

  test("a certificate of another name is a setting's fault", async (t) => {
    const broker = kafka.broker.replace("localhost", "127.0.0.1");
    const extra = { ...trusted(), ...sasl("PLAIN") };
    const [fault] = await refusals(t.signal, broker, extra, "configuration");
    assert.match(fault?.hint ?? "", /name as in its certificate/);
  });

  test("plain where TLS is wanted says to switch it on", async (t) => {
    const [fault] = await refusals(t.signal, kafka.broker, {}, "configuration");
    assert.match(fault?.hint ?? "", /KAFKA_SSL=true/);
  });

  // The broker hangs up before it says anything: that alone does not tell what is wrong.
  test("a user sent in plain where TLS is wanted is not called a wrong password", async (t) => {
    for (const mechanism of MECHANISMS) {
      const [fault] = await refusals(t.signal, kafka.broker, sasl(mechanism), "outage");
      assert.match(fault?.hint ?? "", /KAFKA_SSL/);
    }
  });

  test("no user where one is wanted says which setting that may be", async (t) => {
    const [fault] = await refusals(t.signal, kafka.broker, trusted(), "outage");
    assert.match(fault?.hint ?? "", /KAFKA_SASL_MECHANISM/);
  });

  test("a CA file that is not there is a setting's fault", async (t) => {
    const tls = { caFile: join(folder, "nowhere.crt") };
    const [fault] = await refusals(t.signal, kafka.broker, { tls }, "configuration");
    assert.match(fault?.message ?? "", /nowhere\.crt cannot be read/);
  });
});

test("TLS where plain is spoken says to switch it off", { timeout: MAX_MS }, async (t) => {
  const { broker } = await openKafkaFixture(t);
  const [fault] = await refusals(t.signal, broker, { tls: {} }, "configuration");
  assert.match(fault?.hint ?? "", /KAFKA_SSL=false/);
});

test("a user where none is wanted says so", { timeout: MAX_MS }, async (t) => {
  const { broker } = await openKafkaFixture(t);
  const sasl = { mechanism: "PLAIN", username: USER.name, password: USER.password } as const;
  const [fault] = await refusals(t.signal, broker, { sasl }, "configuration");
  assert.match(fault?.hint ?? "", /Unset KAFKA_SASL_MECHANISM/);
});

test("nobody listening is an outage, said at once", { timeout: MAX_MS }, async (t) => {
  const took: number[] = [];
  for (let tries = 0; tries < 3; tries++) {
    const startedAt = performance.now();
    const [fault] = await refusals(t.signal, "127.0.0.1:1", {}, "outage");
    took.push(performance.now() - startedAt);
    assert.equal(fault?.message, "Kafka at 127.0.0.1:1: connection refused");
  }
  // The best of them: whatever else the machine does only makes them slower.
  assert.ok(Math.min(...took) < 1000, `waited for retries: ${took.join(", ")} ms`);
});

/** What stream, dead letters, publisher and topics all say to those settings: the same kind of fault, and no secret. */
async function refusals(signal: AbortSignal, broker: string, extra: Extra, kind: FaultKind) {
  const { stream, deadLetters, publisher, topics, close } = openKafka({
    brokers: [broker],
    clientId: "test",
    ...extra,
  });
  const what = { streams: ["logs"], group: "group", from: "earliest" } as const;
  const message = { topic: "logs", key: null, value: null, headers: [] };
  const tries = await Promise.allSettled([
    topics.describe(["logs"], signal),
    publisher.publish([message], signal),
    readOn(stream, what, signal).take(1),
    readAllOf(deadLetters("logs"), signal),
  ]);
  await close();
  return tries.map((tried) => {
    const reason: unknown = tried.status === "rejected" ? tried.reason : undefined;
    assert.ok(reason instanceof Fault, `no fault: ${String(reason)}`);
    assert.equal(reason.kind, kind, reason.message);
    assert.ok(!`${reason.message} ${reason.hint}`.includes(USER.password), "the password is shown");
    return reason;
  });
}
