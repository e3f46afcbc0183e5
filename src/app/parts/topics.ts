import type { Config } from "../../config/config.ts";
import type { KafkaConfig } from "../../config/groups/kafka.ts";
import { LEADER_TOPIC_SUFFIX } from "../../config/groups/logs.ts";
import type { NeededTopic } from "../../status/needed-topics.ts";
import type { ConsumerRole } from "../../ports/consumer-events.ts";
import type { SubscribeOptions } from "../../ports/log-source.ts";

/** Enough for a dozen workers side by side. */
const BACKFILL_PARTITIONS = 12;

/** The groups of a configuration that read topics. */
export function groupsOf({
  kafka,
  backfill,
}: Config): (SubscribeOptions & { role: ConsumerRole })[] {
  if (!kafka) return [];
  const tail = { role: "tail" as const, ...tailGroup(kafka) };
  const worker = { role: "worker" as const, ...workerGroup(kafka) };
  return backfill.mode === "kafka" ? [tail, worker] : [tail];
}

export function tailGroup({ topics, group, from }: KafkaConfig): SubscribeOptions {
  return { topics, group, from };
}

/** Workers share the references among them; a reference from before the first worker counts too. */
export function workerGroup({ backfillTopic, group }: KafkaConfig): SubscribeOptions {
  return { topics: [backfillTopic], group: `${group}-backfill`, from: "earliest" };
}

/** The process that is assigned its one partition publishes. */
export function leaderTopic({ backfillTopic }: Pick<KafkaConfig, "backfillTopic">): string {
  return `${backfillTopic}${LEADER_TOPIC_SUFFIX}`;
}

/** The topics that a configuration reads or writes. */
export function neededTopics({ kafka, backfill }: Config): NeededTopic[] {
  if (!kafka) return [];
  const { topics, deadLetterTopic, backfillTopic } = kafka;
  const setting = "KAFKA_BACKFILL_TOPIC";
  return [
    ...topics.map((name) => ({ name, setting: "KAFKA_TOPIC" })),
    { name: deadLetterTopic, setting: "KAFKA_DLQ_TOPIC", partitions: 1 },
    ...(backfill.mode === "kafka"
      ? [
          { name: backfillTopic, setting, partitions: BACKFILL_PARTITIONS },
          { name: leaderTopic(kafka), setting, partitions: 1, exactly: true },
        ]
      : []),
  ];
}
