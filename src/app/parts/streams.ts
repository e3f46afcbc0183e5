import type { Config } from "../../config/config.ts";
import type { KafkaConfig } from "../../config/groups/kafka.ts";
import { LEADER_TOPIC_SUFFIX } from "../../config/groups/logs.ts";
import type { ConsumerRole } from "../../ports/consumer-events.ts";
import type { DeadLetters } from "../../ports/dead-letters.ts";
import type { LeaderElection } from "../../ports/leader-election.ts";
import type { MessageStream, ReadOptions } from "../../ports/message-stream.ts";
import type { StreamSetup } from "../../ports/stream-setup.ts";
import type { Tracer } from "../../ports/tracer.ts";
import type { WorkQueue } from "../../ports/work-queue.ts";
import { traceSending } from "../../telemetry/tracer.ts";

export type Streams = {
  stream: MessageStream;
  deadLetters: DeadLetters;
  /** References for workers, and which scheduler publishes them. */
  workQueue: WorkQueue;
  election: LeaderElection;
  setup: StreamSetup;
};

/** Enough for a dozen workers side by side. */
const BACKFILL_PARTITIONS = 12;

/** Nothing is contacted; all of it is closed with `stack`. Undefined where no brokers are set. */
export async function openStreams(
  config: Config,
  tracer: Tracer,
  stack: AsyncDisposableStack,
): Promise<Streams | undefined> {
  if (!config.kafka) return undefined;
  const { backfillTopic, connection, deadLetterTopic } = config.kafka;
  const { openKafka } = await import("../../adapters/kafka/kafka.ts");
  const kafka = openKafka(connection);
  stack.defer(() => kafka.close());
  const { group } = workerReading(config.kafka);
  const workQueue = kafka.workQueue({ topic: backfillTopic, group });
  const deadLetters = kafka.deadLetters(deadLetterTopic);
  const traced = { system: kafka.stream.name };
  return {
    stream: kafka.stream,
    deadLetters: {
      ...deadLetters,
      send: traceSending(deadLetters.send, { ...traced, destination: deadLetters.name }, tracer),
    },
    workQueue: {
      ...workQueue,
      offer: traceSending(workQueue.offer, { ...traced, destination: workQueue.name }, tracer),
    },
    election: kafka.election(leaderTopic(config.kafka)),
    setup: kafka.setup(neededTopics(config.kafka, config.backfill)),
  };
}

/** What the consumers of a configuration read. */
export function groupsOf({ kafka, backfill }: Config): (ReadOptions & { role: ConsumerRole })[] {
  if (!kafka) return [];
  const tail = { role: "tail" as const, ...tailReading(kafka) };
  const worker = { role: "worker" as const, ...workerReading(kafka) };
  return backfill.mode === "kafka" ? [tail, worker] : [tail];
}

export function tailReading({ topics, group, from }: KafkaConfig): ReadOptions {
  return { streams: topics, group, from };
}

/** Workers share the references among them; a reference from before the first worker counts too. */
export function workerReading({ backfillTopic, group }: KafkaConfig): ReadOptions {
  return { streams: [backfillTopic], group: `${group}-backfill`, from: "earliest" };
}

/** The process that is assigned its one partition publishes. */
function leaderTopic({ backfillTopic }: KafkaConfig): string {
  return `${backfillTopic}${LEADER_TOPIC_SUFFIX}`;
}

/** The topics that a configuration reads or writes. */
function neededTopics(kafka: KafkaConfig, { mode }: Config["backfill"]) {
  const { topics, deadLetterTopic, backfillTopic } = kafka;
  const setting = "KAFKA_BACKFILL_TOPIC";
  return [
    ...topics.map((name) => ({ name, setting: "KAFKA_TOPIC" })),
    { name: deadLetterTopic, setting: "KAFKA_DLQ_TOPIC", partitions: 1 },
    ...(mode === "kafka"
      ? [
          { name: backfillTopic, setting, partitions: BACKFILL_PARTITIONS },
          { name: leaderTopic(kafka), setting, partitions: 1, exactly: true },
        ]
      : []),
  ];
}
