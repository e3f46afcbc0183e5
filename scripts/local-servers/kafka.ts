import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { freePorts } from "./free-port.ts";
import { howToInstall, provideJars } from "./jars.ts";
import { launchJava } from "./java-server.ts";
import { chooseJdk, findJdks } from "./jdk.ts";
import type { Jdk } from "./jdk.ts";

const MINIMUM_JDK = 17;
const SOURCES = join(import.meta.dirname, "kafka");

export type LocalKafka = AsyncDisposable & {
  /** host:port of its one broker. */
  broker: string;
  pid: number;
  /** Ends the broker and removes its data. */
  stop(): Promise<void>;
};

type Options = { port?: number; signal?: AbortSignal };

/** Fetches what the broker needs (about 54 MB) unless it is there already. */
async function prepareKafka(signal?: AbortSignal): Promise<{ jdk: Jdk; folder: string }> {
  const jdk = chooseJdk(await findJdks(), MINIMUM_JDK);
  if (!jdk) {
    const how = howToInstall("default-jdk-headless", "a JDK from https://adoptium.net");
    throw new Error(`Kafka needs a JDK ${MINIMUM_JDK} or later, and there is none here. ${how}`);
  }
  const set = { name: "kafka-4.1.1", pom: join(SOURCES, "pom.xml"), mavenArgs: [], jdk };
  const folder = await provideJars({ ...set, ...(signal ? { signal } : {}) });
  return { jdk, folder };
}

/**
 * Starts one Kafka broker (KRaft) on 127.0.0.1, its data in a temporary folder, and waits until it serves.
 * It ends with this process. KAFKA_HEAP sets its heap (512m). Throws as startOpenSearch does.
 */
export async function startKafka(options: Options = {}): Promise<LocalKafka> {
  const { signal } = options;
  const { jdk, folder } = await prepareKafka(signal);
  const [free = 0, controllerPort = 0] = await freePorts(2);
  const port = options.port ?? free;
  const server = await launchJava({
    name: "Kafka 4.1.1",
    jdk,
    heap: process.env["KAFKA_HEAP"] || "512m",
    classPath: join(folder, "lib/*"),
    source: join(SOURCES, "Launch.java"),
    port,
    prepare: (data) => writeProperties(data, port, controllerPort),
    ...(signal ? { signal } : {}),
  });
  return {
    broker: `127.0.0.1:${server.port}`,
    pid: server.pid,
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  };
}

async function writeProperties(folder: string, port: number, controllerPort: number) {
  const properties = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port}`,
    "controller.listener.names": "CONTROLLER",
    "log.dirs": join(folder, "data"),
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
  };
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder, "server.properties"), lines.join(""));
}
