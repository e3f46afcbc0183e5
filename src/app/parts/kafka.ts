import type { KafkaConfig } from "../../config/groups/kafka.ts";
import type { LogSource } from "../../ports/log-source.ts";
import type { Publisher } from "../../ports/publisher.ts";
import type { Topics } from "../../ports/topics.ts";
import type { Tracer } from "../../ports/tracer.ts";
import { tracePublisher } from "../../telemetry/trace-publisher.ts";

export type Kafka = { source: LogSource; publisher: Publisher; topics: Topics };

/** Nothing is contacted; each part is closed with `stack`. */
export async function openKafkaParts(
  { connection }: KafkaConfig,
  tracer: Tracer,
  stack: AsyncDisposableStack,
): Promise<Kafka> {
  const { openKafka } = await import("../../adapters/kafka/kafka.ts");
  const parts = openKafka(connection);
  for (const part of [parts.topics, parts.publisher, parts.source]) {
    stack.defer(() => part.close());
  }
  return { ...parts, publisher: tracePublisher(parts.publisher, tracer) };
}
