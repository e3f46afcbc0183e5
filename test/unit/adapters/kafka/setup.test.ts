import assert from "node:assert/strict";
import { test } from "node:test";
import type { NeededTopic } from "../../../../src/adapters/kafka/setup.ts";
import { checkStreams } from "../../../../src/status/check.ts";
import { createFakeKafka } from "../../../support/fakes/fake-kafka.ts";

const { signal } = new AbortController();
const NEEDED: NeededTopic[] = [
  { name: "logs", setting: "KAFKA_TOPIC" },
  { name: "dlq", setting: "KAFKA_DLQ_TOPIC", partitions: 1 },
  { name: "lead", setting: "KAFKA_BACKFILL_TOPIC", partitions: 1, exactly: true },
];
const GROUP = { streams: ["logs"], group: "tail", from: "earliest" } as const;

function setUp(topics: Record<string, number>) {
  const kafka = createFakeKafka();
  const { broker, stream } = kafka;
  const setup = kafka.setup(NEEDED);
  for (const [name, partitions] of Object.entries(topics)) broker.createTopic(name, partitions);
  return { broker, setup, check: () => checkStreams({ stream, setup, groups: [GROUP] }, signal) };
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

test("init makes what is missing and its own, each with the command that does the same", async () => {
  const { setup, check } = setUp({ dlq: 1 });
  const { steps, notes, warnings } = await setup.plan(signal);
  assert.deepEqual(notes, ["topic dlq is there already"]);
  assert.deepEqual(warnings, [
    "no topic logs, which KAFKA_TOPIC names: the log pipeline creates it",
  ]);
  assert.deepEqual(
    steps.map(({ description, preview }) => [description, preview]),
    [
      [
        "create topic lead of 1 partition",
        "kafka-topics.sh --bootstrap-server fake:9092 --create --topic lead --partitions 1",
      ],
    ],
  );
  for (const step of steps) await step.apply(signal);
  assert.equal((await check()).detail, "no topic logs (KAFKA_TOPIC)");
});
