import assert from "node:assert/strict";
import { test } from "node:test";
import { readKafkaStatus } from "../../../src/status/kafka-status.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { createFakeKafka } from "../../support/fakes/fake-kafka.ts";

const { signal } = new AbortController();
const TAIL = { topics: ["logs"], group: "tail", from: "earliest" } as const;
const WORKERS = { topics: ["work"], group: "workers", from: "earliest" } as const;

function setUp() {
  const { broker, topics, source } = createFakeKafka();
  broker.createTopic("logs", 2);
  broker.produce("logs", [
    { partition: 0, value: "a" },
    { partition: 0, value: "b" },
    { partition: 1, value: "c" },
  ]);
  return { broker, topics, source };
}

test("the lag of each partition, and of all together", async () => {
  const { topics, source } = setUp();
  const member = await source.subscribe(TAIL, signal);
  await member.next(signal);
  await member.commit([{ topic: "logs", partition: 0, offset: 1 }], signal);
  assert.deepEqual(await readKafkaStatus(topics, [TAIL], signal), {
    lag: 2,
    partitions: [
      { group: "tail", topic: "logs", partition: 0, end: 2, committed: 1, lag: 1 },
      { group: "tail", topic: "logs", partition: 1, end: 1, committed: null, lag: 1 },
    ],
    errors: [],
  });
});

test("a group that cannot be asked is a line; the lag as a whole is unknown then, not too small", async () => {
  const { topics } = setUp();
  const { lag, partitions, errors } = await readKafkaStatus(topics, [WORKERS, TAIL], signal);
  assert.equal(lag, null);
  assert.equal(partitions.length, 2);
  assert.deepEqual(errors, ["Kafka at fake:9092: there is no topic work"]);
});

test("a broker that is down is a line for each group, not the end of the answer", async () => {
  const { broker, topics } = setUp();
  broker.down(new Fault("outage", "fake: down"));
  assert.deepEqual(await readKafkaStatus(topics, [TAIL, WORKERS], signal), {
    lag: null,
    partitions: [],
    errors: ["fake: down", "fake: down"],
  });
});

test("a mistake of ours is not taken for a broker that is down", async () => {
  const bug = new TypeError("x is not a function");
  await assert.rejects(readKafkaStatus({ lag: () => Promise.reject(bug) }, [TAIL], signal), bug);
});
