import { Fault } from "../../../src/domain/faults.ts";
import type { LogSource, SourceMessage } from "../../../src/ports/log-source.ts";
import type { OutgoingMessage, Publisher } from "../../../src/ports/publisher.ts";
import type { Topics } from "../../../src/ports/topics.ts";
import { createFakeGroups, type FakeGroups } from "./fake-kafka-groups.ts";

type FakeMessage = {
  /** Default: by the key, or by turns. */
  partition?: number;
  key?: Buffer | string | null;
  value: Buffer | string | null;
  headers?: SourceMessage["headers"];
  timestamp?: number;
  unread?: SourceMessage["unread"];
};

/** The broker as a test's hands see it. */
type FakeBroker = {
  createTopic(name: string, partitions?: number): void;
  /** Deletes it with all that is in it and was committed of it; its readers are told so. */
  deleteTopic(name: string): void;
  /** Appends messages, making the topic where there is none. */
  produce(topic: string, messages: readonly FakeMessage[]): void;
  /** What a topic holds, partition by partition. */
  messages(topic: string): SourceMessage[];
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
  readonly published: readonly (readonly OutgoingMessage[])[];
};

export type FakeKafka = {
  broker: FakeBroker;
  source: LogSource;
  publisher: Publisher;
  topics: Topics;
};

/** A log of each partition, and what is wrong with the broker at the moment. */
export type FakeLogs = {
  partitions(topic: string): readonly (readonly SourceMessage[])[] | undefined;
  /** Throws where the broker is down, the signal has aborted, or a topic is missing. */
  enter(signal: AbortSignal, topics?: readonly string[]): void;
};

const OUTAGE = new Fault("outage", "Kafka at fake:9092: connection refused");
const EPOCH = Date.parse("2026-01-02T03:04:05Z");

/** Kafka in memory: no timers, no network, every group balanced at once. */
export function createFakeKafka({ now = () => EPOCH }: { now?: () => number } = {}): FakeKafka {
  const store = new Map<string, SourceMessage[][]>();
  const refused = new Map<string, Fault>();
  const published: (readonly OutgoingMessage[])[] = [];
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
      timestamp: message.timestamp ?? now(),
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
  return {
    broker,
    source: sourceOf(logs, groups),
    publisher,
    topics: topicsOf(logs, groups, createTopic),
  };
}

function sourceOf(logs: FakeLogs, groups: FakeGroups): LogSource {
  const { check, close } = closable();
  const own = new Set<AsyncDisposable>();
  return {
    name: "fake",
    async subscribe(what, signal) {
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
        if (messages.length > 0) yield messages;
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
    async lag({ group, topics, from }, signal) {
      check();
      logs.enter(signal, topics);
      const kept = groups.committed(group);
      return topics.flatMap((topic) =>
        (logs.partitions(topic) ?? []).map(({ length: end }, partition) => {
          const committed = kept[`${topic}/${partition}`] ?? null;
          const lag = end - (committed ?? (from === "latest" ? end : 0));
          return { topic, partition, end, committed, lag };
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
