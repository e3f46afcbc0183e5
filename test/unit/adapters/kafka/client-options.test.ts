import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { clientOptions } from "../../../../src/adapters/kafka/client-options.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";

const PLAIN = { brokers: ["kafka:9092", "[::1]:9093"], clientId: "client" };

test("plain: no TLS, no user, no topics made by asking for them", async () => {
  const options = await clientOptions(PLAIN);
  assert.deepEqual(options.bootstrapBrokers, PLAIN.brokers);
  assert.equal(options.clientId, "client");
  assert.equal(options.autocreateTopics, false);
  assert.ok(!("tls" in options) && !("sasl" in options));
});

test("TLS by the authorities that Node trusts, or by a file", async (t) => {
  assert.deepEqual((await clientOptions({ ...PLAIN, tls: {} })).tls, {});
  const caFile = join(await temporaryFolder(t), "ca.crt");
  await writeFile(caFile, "PEM");
  const { tls } = await clientOptions({ ...PLAIN, tls: { caFile } });
  assert.deepEqual(tls, { ca: Buffer.from("PEM") });
});

test("a file that cannot be read is a setting's fault and names it", async () => {
  await assert.rejects(clientOptions({ ...PLAIN, tls: { caFile: "/nowhere.crt" } }), {
    name: "Fault",
    kind: "configuration",
    message: /\/nowhere\.crt cannot be read/,
    hint: /KAFKA_CA_FILE/,
  });
});

test("a broker's name is sent in the handshake, its address never", async () => {
  const nameSent = async (...brokers: string[]) =>
    (await clientOptions({ ...PLAIN, brokers, tls: {} })).tlsServerName;
  assert.equal(await nameSent("kafka:9092", "localhost"), true);
  assert.equal(await nameSent("kafka:9092", "10.0.0.1:9092"), false);
  assert.equal(await nameSent("[::1]:9092"), false);
});

test("the user goes to the library as it is set", async () => {
  const sasl = { mechanism: "SCRAM-SHA-256", username: "alice", password: "s3cret" } as const;
  assert.deepEqual((await clientOptions({ ...PLAIN, sasl })).sasl, sasl);
});
