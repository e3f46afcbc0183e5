import { systemClock } from "../process/system-clock.ts";
import { createCalls } from "./calls.ts";
import type { KafkaSettings } from "./client-options.ts";
import { createGroups } from "./groups.ts";
import { createLeaderElection, createMessageStream } from "./message-stream.ts";
import { createPublisher } from "./publisher.ts";
import { createDeadLetters, createWorkQueue } from "./queues.ts";
import { createSetup, type NeededTopic } from "./setup.ts";
import { createTopics } from "./topics.ts";

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
