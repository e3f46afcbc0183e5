import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { freePorts } from "./free-port.ts";
import { KAFKA_SET } from "./jar-sets.mjs";
import { howToInstall, provideJars } from "./jars.ts";
import { launchJava } from "./java-server.ts";
import { chooseJdk, findJdks, OLDEST_JDK } from "./jdk.mjs";
import type { Jdk } from "./jdk.mjs";

const SOURCES = join(import.meta.dirname, "kafka");

export type LocalKafka = AsyncDisposable & {
  /** host:port of its one broker. */
  broker: string;
  pid: number;
  /** Ends the broker and removes its data, unless the folder of those was given. */
  stop(): Promise<void>;
};

export type KafkaOptions = {
  port?: number;
  /** Where the data are kept, and found again by the next broker on the same port; default: in a temporary folder. */
  data?: string;
  /** TLS on the port, with this certificate for localhost and its key, as PEM; the broker calls itself localhost then. */
  tls?: { cert: string; key: string };
  /** Nobody comes in but this user, by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
  user?: { name: string; password: string };
  /** It goes on when this process has ended. */
  alone?: boolean;
  signal?: AbortSignal;
};

/** Fetches what the broker needs (about 54 MB) unless it is there already. */
async function prepareKafka(signal?: AbortSignal): Promise<{ jdk: Jdk; folder: string }> {
  const jdk = chooseJdk(await findJdks(), OLDEST_JDK);
  if (!jdk) {
    const how = howToInstall("default-jdk-headless", "a JDK from https://adoptium.net");
    throw new Error(`Kafka needs a JDK ${OLDEST_JDK} or later, and there is none here. ${how}`);
  }
  const set = { ...KAFKA_SET, mavenArgs: [], jdk };
  const folder = await provideJars({ ...set, ...(signal ? { signal } : {}) });
  return { jdk, folder };
}

/**
 * Starts one Kafka broker (KRaft) on 127.0.0.1, its data in a temporary folder, and waits until it serves.
 * It ends with this process unless it is `alone`. KAFKA_HEAP sets its heap (512m). Throws as startOpenSearch does.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<LocalKafka> {
  const { signal, alone = false } = options;
  const { jdk, folder } = await prepareKafka(signal);
  const [free = 0, controllerPort = 0, ownPort = 0] = await freePorts(3);
  const port = options.port ?? free;
  const ports = { port, controllerPort, ownPort };
  const server = await launchJava({
    name: "Kafka 4.1.1",
    jdk,
    heap: process.env["KAFKA_HEAP"] || "512m",
    classPath: join(folder, "lib/*"),
    source: join(SOURCES, "Launch.java"),
    port,
    alone,
    prepare: (data) => writeFiles(data, ports, options),
    ...(signal ? { signal } : {}),
  });
  return {
    broker: `${hostOf(options)}:${server.port}`,
    pid: server.pid,
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  };
}

type Ports = { port: number; controllerPort: number; ownPort: number };

function hostOf({ tls }: KafkaOptions): string {
  return tls ? "localhost" : "127.0.0.1";
}

async function writeFiles(folder: string, ports: Ports, options: KafkaOptions): Promise<void> {
  const { tls, user } = options;
  if (tls) await writeFile(join(folder, "server.pem"), `${tls.key}\n${tls.cert}`);
  const properties = {
    ...ownProperties(folder, ports, options),
    ...(tls ? tlsProperties(folder) : {}),
    ...(user ? userProperties(user) : {}),
  };
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder, "server.properties"), lines.join(""));
  await writeFile(join(folder, "format.args"), formatArguments(user).join("\n"));
}

function ownProperties(folder: string, ports: Ports, options: KafkaOptions) {
  const { port, controllerPort, ownPort } = ports;
  const protocol = `${options.user ? "SASL_" : ""}${options.tls ? "SSL" : "PLAINTEXT"}`;
  return {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: `CLIENT://127.0.0.1:${port},OWN://127.0.0.1:${ownPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `CLIENT://${hostOf(options)}:${port},OWN://127.0.0.1:${ownPort}`,
    "listener.security.protocol.map": `CLIENT:${protocol},OWN:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    "inter.broker.listener.name": "OWN",
    "controller.listener.names": "CONTROLLER",
    "log.dirs": options.data ?? join(folder, "data"),
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    // A broker that was killed is let in anew only when this is over.
    ...(options.data ? { "broker.session.timeout.ms": "4000" } : {}),
  };
}

function tlsProperties(folder: string) {
  return {
    "listener.name.client.ssl.keystore.type": "PEM",
    "listener.name.client.ssl.keystore.location": join(folder, "server.pem"),
  };
}

type User = NonNullable<KafkaOptions["user"]>;

function userProperties({ name, password }: User) {
  const module = "org.apache.kafka.common.security";
  return {
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    "listener.name.client.plain.sasl.jaas.config": `${module}.plain.PlainLoginModule required user_${name}="${password}";`,
    "listener.name.client.scram-sha-256.sasl.jaas.config": `${module}.scram.ScramLoginModule required;`,
    "listener.name.client.scram-sha-512.sasl.jaas.config": `${module}.scram.ScramLoginModule required;`,
  };
}

/** SCRAM users are part of the storage. */
function formatArguments(user: User | undefined): string[] {
  if (!user) return [];
  return ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
    "--add-scram",
    `${mechanism}=[name=${user.name},password=${user.password}]`,
  ]);
}
