import type { TestContext } from "node:test";
import type { KafkaUnderTest } from "../../contract/kafka-under-test.ts";
import { testLogSourceContract } from "../../contract/log-source-contract.ts";
import { testPublishingContract } from "../../contract/publishing-contract.ts";
import { openKafkaFixture } from "../../support/servers/kafka-fixture.ts";

testLogSourceContract("Kafka", create);
testPublishingContract("Kafka", create);

async function create(t: TestContext): Promise<KafkaUnderTest> {
  const fixture = await openKafkaFixture(t);
  return {
    ...fixture.open(),
    name: fixture.name,
    produce: (topic, partition, texts) =>
      fixture.produce(
        topic,
        texts.map((value) => ({ partition, value })),
      ),
  };
}
