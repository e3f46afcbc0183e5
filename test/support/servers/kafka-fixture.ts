import { randomBytes } from "node:crypto";
import type { TestContext } from "node:test";
import { Admin, Producer } from "@platformatic/kafka";
import { openKafka, type Kafka, type KafkaSettings } from "../../../src/adapters/kafka/kafka.ts";
import { Fault } from "../../../src/domain/faults.ts";
import type { StoredMessage } from "../../../src/ports/message-stream.ts";
import { sharedKafka } from "./local-servers.ts";

type Cleanup = Pick<TestContext, "after">;

export type ProducedMessage = {
  /** Default: by turns. */
  partition?: number;
  key?: Buffer | string;
  /** null is a tombstone. */
  value: Buffer | string | null;
  headers?: Record<string, string>;
};

/** A real broker, with names on it that no other test uses. */
export type KafkaFixture = {
  /** host:port */
  broker: string;
  prefix: string;
  /** The prefix put before a name. */
  name(short: string): string;
  /** Creates a topic and says its whole name. */
  createTopic(
    short: string,
    partitions?: number,
    configs?: Record<string, string>,
  ): Promise<string>;
  /** Appends in order, all of a partition's messages in one batch of at most 1 MB. */
  produce(topic: string, messages: readonly (ProducedMessage | string)[]): Promise<void>;
  /** What the group has committed, by partition; null where nothing. */
  committed(group: string, topic: string): Promise<(number | null)[]>;
  readAll(topic: string): Promise<StoredMessage[]>;
  /** The library's own client for what the ports cannot do. */
  admin: Admin;
  /** The adapter, closed after the test. */
  open(settings?: Partial<KafkaSettings>): Kafka;
  /** Settings that make the command use this broker. */
  env: Record<string, string>;
};

/** Names of its own on the run's broker, or on the one given. */
export async function openKafkaFixture(t: Cleanup, own?: string): Promise<KafkaFixture> {
  const broker = own ?? (await sharedKafka());
  const prefix = `t${randomBytes(4).toString("hex")}-`;
  const client = { clientId: "test", bootstrapBrokers: [broker], retries: 5, retryDelay: 200 };
  const admin = new Admin(client);
  const producer = new Producer({ ...client, acks: -1 });
  t.after(async () => {
    await Promise.allSettled([admin.close(), producer.close(true)]);
  });
  const signal = new AbortController().signal;
  const open: KafkaFixture["open"] = (settings = {}) => {
    const opened = openKafka({ brokers: [broker], clientId: "test", ...settings });
    t.after(() => opened.close());
    return opened;
  };
  const { deadLetters, topics } = open();

  return {
    broker,
    prefix,
    name: (short) => `${prefix}${short}`,
    admin,
    open,
    async createTopic(short, partitions = 1, configs = {}) {
      const topic = `${prefix}${short}`;
      const of = Object.entries(configs).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ topics: [topic], partitions, configs: of });
      await patiently(() => topics.create(topic, partitions, signal));
      return topic;
    },
    async produce(topic, messages) {
      await producer.send({ messages: messages.map((message) => toProduce(topic, message)) });
    },
    async committed(group, topic) {
      const what = { group, streams: [topic], from: "earliest" } as const;
      const lags = await patiently(() => topics.lag(what, signal));
      return lags.map(({ settled }) => settled);
    },
    readAll: (topic) =>
      patiently(async () => {
        const messages: StoredMessage[] = [];
        for await (const some of deadLetters(topic).read(signal)) messages.push(...some);
        return messages;
      }),
    env: { KAFKA_BOOTSTRAP_SERVERS: broker },
  };
}

const TRIES = 5;

/** A process that stands still while it connects takes a broker that is there for one that does not answer. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === TRIES || !(error instanceof Fault && error.kind === "outage")) throw error;
    }
  }
}

function toProduce(topic: string, message: ProducedMessage | string) {
  const { partition, key, value, headers } =
    typeof message === "string" ? ({ value: message } satisfies ProducedMessage) : message;
  return {
    topic,
    ...(partition === undefined ? {} : { partition }),
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
    ...(value === null ? {} : { value: Buffer.from(value) }),
    headers: new Map(
      Object.entries(headers ?? {}).map(([name, of]) => [Buffer.from(name), Buffer.from(of)]),
    ),
  };
}
