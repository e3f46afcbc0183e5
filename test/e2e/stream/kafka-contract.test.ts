import { testDeadLettersContract } from "../../contract/dead-letters-contract.ts";
import { testKafkaContract, type CreateKafka } from "../../contract/kafka-contract.ts";
import { testMessageStreamContract } from "../../contract/message-stream-contract.ts";
import { openKafkaFixture } from "../../support/servers/kafka-fixture.ts";

testMessageStreamContract("Kafka", create, { groups: true, counts: true });
testDeadLettersContract("Kafka", create);
testKafkaContract("Kafka", create);

async function create(t: Parameters<CreateKafka>[0]): ReturnType<CreateKafka> {
  const fixture = await openKafkaFixture(t);
  const kafka = fixture.open();
  return {
    kafka,
    ...kafka,
    name: fixture.name,
    createStream: (name, lanes, signal) => kafka.topics.create(name, lanes, signal),
    produce: (topic, partition, texts) =>
      fixture.produce(
        topic,
        texts.map((value) => ({ partition, value })),
      ),
  };
}
