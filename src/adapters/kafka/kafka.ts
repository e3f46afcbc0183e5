import type { LogSource } from "../../ports/log-source.ts";
import type { Publisher } from "../../ports/publisher.ts";
import type { Topics } from "../../ports/topics.ts";
import { createCalls } from "./calls.ts";
import type { KafkaSettings } from "./client-options.ts";
import { createLogSource } from "./log-source.ts";
import { createPublisher } from "./publisher.ts";
import { createTopics } from "./topics.ts";

export type { KafkaSettings } from "./client-options.ts";

/** Sends nothing and loads no library before one of the three is used; each is closed separately. */
export function openKafka(settings: KafkaSettings): {
  source: LogSource;
  publisher: Publisher;
  topics: Topics;
} {
  const calls = createCalls({
    at: `Kafka at ${settings.brokers.join(",")}`,
    secrets: settings.sasl ? [settings.sasl.password] : [],
  });
  return {
    source: createLogSource(settings, calls),
    publisher: createPublisher(settings, calls),
    topics: createTopics(settings, calls),
  };
}
