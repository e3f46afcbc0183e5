import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTopics, type NeededTopic } from "../../../src/status/needed-topics.ts";
import { createFakeKafka } from "../../support/fakes/fake-kafka.ts";

const { signal } = new AbortController();
const NEEDED: NeededTopic[] = [
  { name: "logs", setting: "KAFKA_TOPIC" },
  { name: "dlq", setting: "KAFKA_DLQ_TOPIC", partitions: 1 },
  { name: "lead", setting: "KAFKA_BACKFILL_TOPIC", partitions: 1, exactly: true },
];
const GROUP = { topics: ["logs"], group: "tail", from: "earliest" } as const;

function setUp(topics: Record<string, number>) {
  const { broker, topics: asked } = createFakeKafka();
  for (const [name, partitions] of Object.entries(topics)) broker.createTopic(name, partitions);
  return { broker, check: () => checkTopics(asked, NEEDED, [GROUP], signal) };
}

test("topics with their partitions, and how far the groups are behind", async () => {
  const { broker, check } = setUp({ logs: 3, dlq: 2, lead: 1 });
  broker.produce("logs", [{ value: "a" }, { value: "b" }]);
  assert.deepEqual(await check(), {
    result: "ok",
    detail: "topics and their partitions: logs (3), dlq (2), lead (1); lag 2",
  });
});

test("a missing topic is named with its setting, and what creates it", async () => {
  const { result, detail, hint } = await setUp({ logs: 1 }).check();
  assert.equal(result, "failed");
  assert.equal(detail, "no topic dlq (KAFKA_DLQ_TOPIC); no topic lead (KAFKA_BACKFILL_TOPIC)");
  assert.match(hint ?? "", /log-vectorizer init/);
});

test("a missing topic of the log pipeline is not ours to create", async () => {
  const { detail, hint } = await setUp({ dlq: 1, lead: 1 }).check();
  assert.equal(detail, "no topic logs (KAFKA_TOPIC)");
  assert.match(hint ?? "", /KAFKA_TOPIC/);
  assert.doesNotMatch(hint ?? "", /init/);
});

test("a topic of too many partitions where one is needed fails the check", async () => {
  const { result, detail, hint } = await setUp({ logs: 1, dlq: 1, lead: 12 }).check();
  assert.equal(result, "failed");
  assert.equal(detail, "topic lead has 12 partitions and must have 1");
  assert.match(hint ?? "", /^Delete that topic/);
});
