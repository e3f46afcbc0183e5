import { Fault } from "../../../src/domain/faults.ts";
import type { JoinGroup } from "../../../src/adapters/kafka/group-member.ts";
import type { Groups } from "../../../src/adapters/kafka/groups.ts";
import {
  type Kafka,
  createDeadLetters,
  createWorkQueue,
} from "../../../src/adapters/kafka/kafka.ts";
import {
  createLeaderElection,
  createMessageStream,
} from "../../../src/adapters/kafka/message-stream.ts";
import { toStoredMessage, type KafkaMessage } from "../../../src/adapters/kafka/messages.ts";
import type { Publisher, TopicMessage } from "../../../src/adapters/kafka/publisher.ts";
import { createSetup } from "../../../src/adapters/kafka/setup.ts";
import type { Topics } from "../../../src/adapters/kafka/topics.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { createFakeGroups, type FakeGroups } from "./fake-kafka-groups.ts";
import { createManualClock } from "./manual-clock.ts";

type FakeMessage = {
  /** Default: by the key, or by turns. */
  partition?: number;
  key?: Buffer | string | null;
  value: Buffer | string | null;
  headers?: KafkaMessage["headers"];
  timestamp?: number;
  unread?: KafkaMessage["unread"];
};

/** The broker as a test's hands see it. */
type FakeBroker = {
  createTopic(name: string, partitions?: number): void;
  /** Deletes it with all that is in it and was committed of it; its readers are told so. */
  deleteTopic(name: string): void;
  /** Appends messages, making the topic where there is none. */
  produce(topic: string, messages: readonly FakeMessage[]): void;
  /** What a topic holds, partition by partition. */
  messages(topic: string): KafkaMessage[];
  /** What a group has committed, by "topic/partition". */
  committed(group: string): Record<string, number>;
  /** How many are in a group. */
  members(group: string): number;
  /** Balances a group anew, as when a member came and went. */
  rebalance(group: string): void;
  /** Ends all subscriptions with the fault; every call throws it, until `up`. */
  down(fault?: Fault): void;
  up(): void;
  /** Ends all subscriptions with the fault; they may subscribe anew at once. */
  breakStreams(fault?: Fault): void;
  /** Refuses what is published to a topic; `undefined` ends that. */
  failPublish(topic: string, fault: Fault | undefined): void;
  /** Refuses commits; `undefined` ends that. */
  failCommit(fault: Fault | undefined): void;
  /** Each publishing, in order, the refused ones left out. */
  readonly published: readonly (readonly TopicMessage[])[];
};

/** `join`: a member of a group, below the ports. */
export type FakeKafka = Kafka & { broker: FakeBroker; join: JoinGroup };

/** A log of each partition, and what is wrong with the broker at the moment. */
export type FakeLogs = {
  partitions(topic: string): readonly (readonly KafkaMessage[])[] | undefined;
  /** Throws where the broker is down, the signal has aborted, or a topic is missing. */
  enter(signal: AbortSignal, topics?: readonly string[]): void;
};

const OUTAGE = new Fault("outage", "Kafka at fake:9092: connection refused");

/** Kafka in memory, under the adapter's own ports: no network, every group balanced at once. */
export function createFakeKafka(clock: Clock = createManualClock()): FakeKafka {
  const store = new Map<string, KafkaMessage[][]>();
  const refused = new Map<string, Fault>();
  const published: (readonly TopicMessage[])[] = [];
  let down: Fault | undefined;
  let turn = 0;

  const logs: FakeLogs = {
    partitions: (topic) => store.get(topic),
    enter(signal, topics = []) {
      if (signal.aborted) throw new Fault("outage", "Kafka at fake:9092: stopped");
      if (down) throw down;
      for (const topic of topics) if (!store.has(topic)) throw missing(topic);
    },
  };
  const groups = createFakeGroups(logs);

  const createTopic = (name: string, count = 1) => {
    if (!store.has(name))
      store.set(
        name,
        Array.from({ length: count }, () => []),
      );
  };
  const append = (topic: string, message: FakeMessage) => {
    const of = store.get(topic) ?? [];
    const key = bytesOf(message.key ?? null);
    const partition = message.partition ?? (key ? hashOf(key) : turn++) % of.length;
    of[partition]?.push({
      topic,
      partition,
      offset: of[partition].length,
      leaderEpoch: -1,
      timestamp: message.timestamp ?? clock.now(),
      key,
      value: bytesOf(message.value),
      headers: message.headers ?? [],
      ...(message.unread && { unread: message.unread }),
    });
  };

  const broker: FakeBroker = {
    createTopic,
    produce(topic, messages) {
      createTopic(topic);
      for (const message of messages) append(topic, message);
      groups.wake();
    },
    deleteTopic(name) {
      store.delete(name);
      groups.forget(name);
      groups.breakAll(missing(name));
    },
    messages: (topic) => (store.get(topic) ?? []).flat(),
    committed: groups.committed,
    members: groups.members,
    rebalance: groups.rebalance,
    down(fault = OUTAGE) {
      down = fault;
      groups.breakAll(fault);
    },
    up() {
      down = undefined;
    },
    breakStreams: (fault = OUTAGE) => groups.breakAll(fault),
    failPublish: (topic, fault) => void (fault ? refused.set(topic, fault) : refused.delete(topic)),
    failCommit: groups.failCommit,
    published,
  };

  const publishing = closable();
  const publisher: Publisher = {
    async publish(messages, signal) {
      publishing.check();
      if (messages.length === 0) return;
      logs.enter(
        signal,
        messages.map(({ topic }) => topic),
      );
      for (const { topic } of messages) {
        const fault = refused.get(topic);
        if (fault) throw fault;
      }
      for (const message of messages) append(message.topic, message);
      published.push([...messages]);
      groups.wake();
    },
    close: publishing.close,
  };
  const topics = topicsOf(logs, groups, createTopic);
  const deps = { groups: groupsOf(logs, groups), publisher, topics };
  const stream = createMessageStream({ ...deps, clock });
  return {
    broker,
    join: deps.groups.join,
    stream,
    deadLetters: (topic) => createDeadLetters(deps, topic),
    workQueue: (of) => createWorkQueue(deps, of),
    election: (topic) => createLeaderElection(deps.groups.join, topic),
    setup: (needed) => createSetup({ topics, brokers: ["fake:9092"] }, needed),
    publisher,
    topics,
    async close() {
      await stream.close();
      await Promise.all([publisher.close(), topics.close()]);
    },
  };
}

function groupsOf(logs: FakeLogs, groups: FakeGroups): Groups {
  const { check, close } = closable();
  const own = new Set<AsyncDisposable>();
  return {
    async join(what, signal) {
      check();
      logs.enter(signal, what.topics);
      const member = groups.join(what);
      own.add(member);
      return member;
    },
    async *readAll(topic, signal) {
      check();
      logs.enter(signal, [topic]);
      const all = (logs.partitions(topic) ?? []).map((messages) => [...messages]);
      for (const messages of all) {
        logs.enter(signal);
        if (messages.length > 0) yield messages.map(toStoredMessage);
      }
    },
    async close() {
      await close();
      for (const member of own) await member[Symbol.asyncDispose]();
    },
  };
}

function topicsOf(
  logs: FakeLogs,
  groups: FakeGroups,
  createTopic: (name: string, partitions: number) => void,
): Topics {
  const { check, close } = closable();
  return {
    async describe(names, signal) {
      check();
      logs.enter(signal);
      return new Map(
        names.flatMap((name) => {
          const partitions = logs.partitions(name);
          return partitions ? [[name, partitions.length] as const] : [];
        }),
      );
    },
    async create(name, partitions, signal) {
      check();
      logs.enter(signal);
      createTopic(name, partitions);
    },
    async lag({ group, streams, from }, signal) {
      check();
      logs.enter(signal, streams);
      const kept = groups.committed(group);
      return streams.flatMap((stream) =>
        (logs.partitions(stream) ?? []).map(({ length: written }, partition) => {
          const settled = kept[`${stream}/${partition}`] ?? null;
          const lag = written - (settled ?? (from === "latest" ? written : 0));
          return { stream, lane: String(partition), written, settled, lag };
        }),
      );
    },
    close,
  };
}

function closable() {
  let closed = false;
  return {
    check() {
      if (closed) throw new Fault("outage", "Kafka at fake:9092: closed already");
    },
    async close() {
      closed = true;
    },
  };
}

function missing(topic: string): Fault {
  return new Fault("configuration", `Kafka at fake:9092: there is no topic ${topic}`, {
    hint: "`log-vectorizer init` creates it.",
  });
}

function bytesOf(text: Buffer | string | null): Buffer | null {
  return typeof text === "string" ? Buffer.from(text) : text;
}

function hashOf(key: Buffer): number {
  return key.reduce((hash, byte) => (hash * 31 + byte) % 65_521, 7);
}
