import { systemClock } from "../process/system-clock.ts";
import { createCalls } from "./calls.ts";
import type { KafkaSettings } from "./client-options.ts";
import { createGroups, type Groups } from "./groups.ts";
import { createLeaderElection, createMessageStream } from "./message-stream.ts";
import { createPublisher, type Publisher } from "./publisher.ts";
import { createSetup, type NeededTopic } from "./setup.ts";
import { createTopics, type Topics } from "./topics.ts";
import type { DeadLetters } from "../../ports/dead-letters.ts";
import type { WorkQueue } from "../../ports/work-queue.ts";

export type { KafkaSettings } from "./client-options.ts";

export type Kafka = ReturnType<typeof openKafka>;

/** Sends nothing and loads no library before one of them is used. */
export function openKafka(settings: KafkaSettings) {
  const { brokers, sasl } = settings;
  const calls = createCalls({
    at: `Kafka at ${brokers.join(",")}`,
    secrets: sasl ? [sasl.password] : [],
  });
  const groups = createGroups(settings, calls);
  const publisher = createPublisher(settings, calls);
  const topics = createTopics(settings, calls);
  const stream = createMessageStream({ groups, topics, clock: systemClock });
  const deps = { publisher, groups, topics };
  return {
    stream,
    deadLetters: (topic: string) => createDeadLetters(deps, topic),
    workQueue: (of: { topic: string; group: string }) => createWorkQueue(deps, of),
    election: (topic: string) => createLeaderElection(groups.join, topic),
    setup: (needed: readonly NeededTopic[]) => createSetup({ topics, brokers }, needed),
    publisher,
    topics,
    /** Closes all of them. */
    async close(): Promise<void> {
      // The last checkpoints are stored first.
      await stream.close();
      await Promise.all([publisher.close(), topics.close()]);
    },
  };
}

type Deps = {
  publisher: Pick<Publisher, "publish">;
  groups: Pick<Groups, "readAll">;
  topics: Pick<Topics, "lag">;
};

export function createDeadLetters({ publisher, groups }: Deps, topic: string): DeadLetters {
  return {
    name: topic,
    send: (messages, signal) =>
      publisher.publish(
        messages.map((message) => ({ ...message, topic })),
        signal,
      ),
    read: (signal) => groups.readAll(topic, signal),
  };
}

/** `group`: that of the workers; a reference from before the first worker counts too. */
export function createWorkQueue(
  { publisher, topics }: Deps,
  { topic, group }: { topic: string; group: string },
): WorkQueue {
  return {
    name: topic,
    offer: (references, signal) =>
      publisher.publish(
        references.map((reference) => ({ ...reference, topic })),
        signal,
      ),
    async waiting(signal) {
      const lanes = await topics.lag({ group, streams: [topic], from: "earliest" }, signal);
      return lanes.reduce((sum, { lag }) => sum + lag, 0);
    },
  };
}
