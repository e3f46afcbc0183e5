import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { Fault } from "../../src/domain/faults.ts";
import type {
  Delivery,
  LogSource,
  Partition,
  SourceMessage,
  SubscribeOptions,
  Subscription,
} from "../../src/ports/log-source.ts";
import type { Publisher } from "../../src/ports/publisher.ts";
import type { Topics } from "../../src/ports/topics.ts";

/** A message log and the hands of those who write into it. */
export type KafkaUnderTest = {
  source: LogSource;
  publisher: Publisher;
  topics: Topics;
  /** A name that nothing else has: of a topic that is not there yet, or of a group. */
  name(short: string): string;
  /** Appends messages with these texts to one partition. */
  produce(topic: string, partition: number, texts: readonly string[]): Promise<void>;
};

export type CreateKafka = (t: TestContext) => Promise<KafkaUnderTest>;

/** Longer than any group takes to settle, also on a busy machine. */
const PATIENCE_MS = 120_000;

/** What the tests of both contracts do with it. */
export type Subject = KafkaUnderTest & {
  signal: AbortSignal;
  createTopic(short: string, partitions: number): Promise<string>;
  /** Left at the end of the test, if not before. */
  subscribe(what: SubscribeOptions): Promise<Subscription>;
};

export async function subjectOf(t: TestContext, create: CreateKafka): Promise<Subject> {
  const kafka = await create(t);
  const signal = AbortSignal.any([t.signal, AbortSignal.timeout(PATIENCE_MS)]);
  return {
    ...kafka,
    signal,
    async createTopic(short, partitions) {
      const name = kafka.name(short);
      await kafka.topics.create(name, partitions, signal);
      return name;
    },
    async subscribe(what) {
      const subscription = await kafka.source.subscribe(what, signal);
      t.after(() => subscription[Symbol.asyncDispose]());
      return subscription;
    },
  };
}

/** Takes deliveries until it has been told what it holds; the messages before that are let go. */
export async function assignedTo(
  subscription: Subscription,
  signal: AbortSignal,
  fits: (partitions: readonly Partition[]) => boolean = () => true,
): Promise<readonly Partition[]> {
  for (;;) {
    const delivery = await deliveryOf(subscription, signal);
    if (delivery.kind === "assigned" && fits(delivery.partitions)) return delivery.partitions;
  }
}

/** Takes as many messages; what is assigned anew starts the count over. */
export async function messagesOf(
  subscription: Subscription,
  count: number,
  signal: AbortSignal,
): Promise<SourceMessage[]> {
  let messages: SourceMessage[] = [];
  while (messages.length < count) {
    const delivery = await deliveryOf(subscription, signal);
    if (delivery.kind === "assigned") messages = [];
    else {
      assert.notEqual(delivery.messages.length, 0);
      messages.push(...delivery.messages);
    }
  }
  return messages;
}

async function deliveryOf(subscription: Subscription, signal: AbortSignal): Promise<Delivery> {
  const delivery = await subscription.next(signal);
  assert.ok(delivery, "nothing more came");
  return delivery;
}

export async function readAllOf(
  source: LogSource,
  topic: string,
  signal: AbortSignal,
): Promise<SourceMessage[]> {
  const messages: SourceMessage[] = [];
  for await (const some of source.readAll(topic, signal)) messages.push(...some);
  return messages;
}

export function textsOf(messages: readonly SourceMessage[]): string[] {
  return messages.map(({ value }) => String(value));
}

export function namesOf(partitions: readonly Partition[]): string[] {
  return partitions.map(({ topic, partition }) => `${topic}/${partition}`).toSorted();
}

/** What is wrong with a topic that is not there: a setting, and it says which topic. */
export function blames(topic: string) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof Fault, String(error));
    assert.equal(error.kind, "configuration", error.message);
    assert.ok(error.message.includes(topic), error.message);
    assert.match(error.hint ?? "", /log-vectorizer init/);
    return true;
  };
}
