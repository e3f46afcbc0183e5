import type { MessageToProduce } from "@platformatic/kafka";
import type { OutgoingMessage, Publisher } from "../../ports/publisher.ts";
import type { Calls } from "./calls.ts";
import { chunksOf } from "./chunks.ts";
import { clientOptions, type KafkaSettings } from "./client-options.ts";
import { lazyClient } from "./clients.ts";

/** Half of what a topic takes by default. */
const CHUNK_MAX_BYTES = 512 * 1024;

/**
 * Publishes a topic's messages in order, run by run; at a Fault the runs before it are written, and its own may be. Where
 * a run is tried again because one partition refused it, what the others took is there twice.
 */
export function createPublisher(settings: KafkaSettings, calls: Calls): Publisher {
  const client = lazyClient(async () => {
    const { Producer, ProduceAcks, compatibilityPartitioner } = await import("@platformatic/kafka");
    let turn = 0;
    return new Producer<Buffer, Buffer, Buffer, Buffer>({
      ...(await clientOptions(settings)),
      acks: ProduceAcks.ALL,
      // A key goes where Kafka's own clients put it; without one, to the partitions by turns.
      partitioner: (message, key) => (key ? compatibilityPartitioner(message, key) : turn++),
    });
  }, calls);

  return {
    async publish(messages, signal) {
      if (messages.length === 0) return;
      const producer = await client.get(signal);
      // Topic by topic: of several, the library may name the wrong one as missing.
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

function toProduce({ topic, key, value, headers }: OutgoingMessage): Produced {
  return {
    topic,
    ...(key && { key }),
    ...(value && { value }),
    // Keys of the map are compared by identity, so a name may come twice.
    headers: new Map(headers.map(([name, of]) => [Buffer.from(name), of])),
  };
}
