import type { DeadLetters } from "../../ports/dead-letters.ts";
import type { LeaderElection } from "../../ports/leader-election.ts";
import type { MessageStream } from "../../ports/message-stream.ts";
import type { StreamSetup } from "../../ports/stream-setup.ts";
import type { WorkQueue } from "../../ports/work-queue.ts";
import { systemClock } from "../process/system-clock.ts";
import { createCalls } from "./calls.ts";
import type { KafkaSettings } from "./client-options.ts";
import { createGroups } from "./groups.ts";
import { createLeaderElection, createMessageStream } from "./message-stream.ts";
import { createPublisher, type Publisher } from "./publisher.ts";
import { createDeadLetters, createWorkQueue } from "./queues.ts";
import { createSetup, type NeededTopic } from "./setup.ts";
import { createTopics, type Topics } from "./topics.ts";

export type { KafkaSettings } from "./client-options.ts";

export type Kafka = {
  stream: MessageStream;
  deadLetters(topic: string): DeadLetters;
  workQueue(of: { topic: string; group: string }): WorkQueue;
  election(topic: string): LeaderElection;
  setup(needed: readonly NeededTopic[]): StreamSetup;
  publisher: Publisher;
  topics: Topics;
  /** Closes all of them. */
  close(): Promise<void>;
};

/** Sends nothing and loads no library before one of them is used. */
export function openKafka(settings: KafkaSettings): Kafka {
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
    deadLetters: (topic) => createDeadLetters(deps, topic),
    workQueue: (of) => createWorkQueue(deps, of),
    election: (topic) => createLeaderElection(groups.join, topic),
    setup: (needed) => createSetup({ topics, brokers }, needed),
    publisher,
    topics,
    async close() {
      // The last checkpoints are stored first.
      await stream.close();
      await Promise.all([publisher.close(), topics.close()]);
    },
  };
}
