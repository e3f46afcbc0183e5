import type { MessageToProduce } from "@platformatic/kafka";
import type { OutgoingMessage } from "../../ports/dead-letters.ts";
import type { Calls } from "./calls.ts";
import { clientOptions, type KafkaSettings } from "./client-options.ts";
import { lazyClient } from "./clients.ts";

export type TopicMessage = OutgoingMessage & { topic: string };

export type Publisher = {
  /** Resolves once all in-sync replicas have acknowledged every message; creates no topic. Throws a Fault. */
  publish(messages: readonly TopicMessage[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/** Half of a topic's default limit. */
const CHUNK_MAX_BYTES = 512 * 1024;

/**
 * Publishes each topic's messages in order, in chunks. After a Fault earlier chunks are written and the failed one may
 * be. Retrying a chunk that one partition refused writes the rest of it twice.
 */
export function createPublisher(settings: KafkaSettings, calls: Calls): Publisher {
  const client = lazyClient(async () => {
    const { Producer, ProduceAcks, compatibilityPartitioner } = await import("@platformatic/kafka");
    let turn = 0;
    return new Producer<Buffer, Buffer, Buffer, Buffer>({
      ...(await clientOptions(settings)),
      acks: ProduceAcks.ALL,
      // A key goes to the partition that Kafka's own clients choose; without one, round robin.
      partitioner: (message, key) => (key ? compatibilityPartitioner(message, key) : turn++),
    });
  }, calls);

  return {
    async publish(messages, signal) {
      if (messages.length === 0) return;
      const producer = await client.get(signal);
      // Topic by topic, because for several the library may name the wrong one as missing.
      for (const ofTopic of Map.groupBy(messages, ({ topic }) => topic).values()) {
        for (const chunk of chunksOf(ofTopic, CHUNK_MAX_BYTES)) {
          const sent = () => producer.send({ messages: chunk.map(toProduce), acks: -1 });
          await calls.call(sent, { signal });
        }
      }
    },
    close: () => client.close(),
  };
}

type Produced = MessageToProduce;

function toProduce({ topic, key, value, headers }: TopicMessage): Produced {
  return {
    topic,
    ...(key && { key }),
    ...(value && { value }),
    // The map compares keys by identity, so a name may occur twice.
    headers: new Map(headers.map(([name, of]) => [Buffer.from(name), of])),
  };
}

/** Per message: lengths, offset and timestamp. */
const OVERHEAD_BYTES = 70;

/** An upper estimate of a message's bytes on the wire. */
function sizeOf({ key, value, headers }: TopicMessage): number {
  const inHeaders = headers.map(([name, of]) => Buffer.byteLength(name) + of.length + 10);
  const own = (key?.length ?? 0) + (value?.length ?? 0) + OVERHEAD_BYTES;
  return inHeaders.reduce((sum, size) => sum + size, own);
}

/**
 * Divides messages into chunks of at most `maxBytes`; a larger message is alone. A partition's messages in a chunk form
 * one batch, whose size the broker limits.
 */
export function chunksOf(messages: readonly TopicMessage[], maxBytes: number) {
  const chunks: TopicMessage[][] = [];
  let room = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    const chunk = chunks.at(-1);
    if (chunk && size <= room) chunk.push(message);
    else {
      chunks.push([message]);
      room = maxBytes;
    }
    room -= size;
  }
  return chunks;
}
