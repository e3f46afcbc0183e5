import assert from "node:assert/strict";
import { test } from "node:test";
import { readStreamStatus } from "../../../src/status/stream-status.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { createFakeKafka } from "../../support/fakes/fake-kafka.ts";

const { signal } = new AbortController();
const TAIL = { streams: ["logs"], group: "tail", from: "earliest" } as const;
const WORKERS = { streams: ["work"], group: "workers", from: "earliest" } as const;

function setUp() {
  const { broker, stream, join } = createFakeKafka();
  broker.createTopic("logs", 2);
  broker.produce("logs", [
    { partition: 0, value: "a" },
    { partition: 0, value: "b" },
    { partition: 1, value: "c" },
  ]);
  return { broker, stream, join };
}

test("the lag of each partition, and of all together", async () => {
  const { stream, join } = setUp();
  const member = await join({ topics: TAIL.streams, group: "tail", from: "earliest" }, signal);
  await member.next(signal);
  await member.commit([{ topic: "logs", partition: 0, offset: 1, leaderEpoch: -1 }], signal);
  assert.deepEqual(await readStreamStatus(stream, [TAIL], signal), {
    lag: 2,
    partitions: [
      { group: "tail", topic: "logs", partition: 0, end: 2, committed: 1, lag: 1 },
      { group: "tail", topic: "logs", partition: 1, end: 1, committed: null, lag: 1 },
    ],
    errors: [],
  });
});

test("a group that cannot be asked is a line; the lag as a whole is unknown then, not too small", async () => {
  const { stream } = setUp();
  const { lag, partitions, errors } = await readStreamStatus(stream, [WORKERS, TAIL], signal);
  assert.equal(lag, null);
  assert.equal(partitions.length, 2);
  assert.deepEqual(errors, ["Kafka at fake:9092: there is no topic work"]);
});

test("a broker that is down is a line for each group, not the end of the answer", async () => {
  const { broker, stream } = setUp();
  broker.down(new Fault("outage", "fake: down"));
  assert.deepEqual(await readStreamStatus(stream, [TAIL, WORKERS], signal), {
    lag: null,
    partitions: [],
    errors: ["fake: down", "fake: down"],
  });
});

test("a mistake of ours is not taken for a broker that is down", async () => {
  const bug = new TypeError("x is not a function");
  await assert.rejects(
    readStreamStatus({ backlog: () => Promise.reject(bug) }, [TAIL], signal),
    bug,
  );
});

test("of a stream that counts nothing the lag is unknown, and nothing is wrong", async () => {
  assert.deepEqual(await readStreamStatus({}, [TAIL], signal), {
    lag: null,
    partitions: [],
    errors: [],
  });
});

test("a lane that has a name and no number keeps it", async () => {
  const lanes = [{ stream: "logs", lane: "shard-a", written: 3, settled: null, lag: 3 }];
  const stream = { backlog: () => Promise.resolve(lanes) };
  const { partitions } = await readStreamStatus(stream, [TAIL], signal);
  assert.equal(partitions[0]?.partition, "shard-a");
});
