import assert from "node:assert/strict";
import { test } from "node:test";
import type { GroupPosition, JoinGroup } from "../../../../src/adapters/kafka/group-member.ts";
import { createMessageStream } from "../../../../src/adapters/kafka/message-stream.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import type { StreamMessage } from "../../../../src/ports/message-stream.ts";
import { createFakeKafka } from "../../../support/fakes/fake-kafka.ts";
import { createManualClock, settled } from "../../../support/fakes/manual-clock.ts";

const OPTIONS = { streams: ["logs"], group: "group", from: "earliest" } as const;
const never = new AbortController().signal;
const OUTAGE = new Fault("outage", "fake: gone");

function setUp(join?: JoinGroup) {
  const clock = createManualClock();
  const { broker, topics, ...kafka } = createFakeKafka(clock);
  const groups = { join: join ?? kafka.join, close: () => Promise.resolve() };
  const stream = createMessageStream({ groups, topics, clock });
  const told = { assigned: [] as string[][], repeated: 0, failed: [] as unknown[] };
  const reader = stream.open(
    OPTIONS,
    {
      assigned: (lanes) => told.assigned.push(lanes.map((one) => `${one.stream}/${one.lane}`)),
      repeated: (messages) => (told.repeated += messages),
      checkpointFailed: (error) => told.failed.push(error),
    },
    never,
  );
  const read = async () => (await reader.read(never)) ?? assert.fail("nothing more came");
  return { clock, broker, stream, reader, read, told };
}

const positions = (messages: readonly StreamMessage[]) =>
  messages.map(({ source }) => source.position);

test("it tells its lanes before their messages, of one membership", async () => {
  const { broker, read, reader, told } = setUp();
  broker.produce("logs", [{ value: "a" }, { value: "b" }]);
  assert.deepEqual(positions(await read()), ["0", "1"]);
  assert.deepEqual(told.assigned, [["logs/0"]]);
  assert.equal(broker.members("group"), 1);
  await reader[Symbol.asyncDispose]();
  assert.equal(broker.members("group"), 0);
});

test("a settled message is committed within a second, as the offset of the next message", async () => {
  const { clock, broker, read } = setUp();
  broker.produce("logs", [{ value: "a" }, { value: "b" }]);
  const [first] = await read();
  first?.settle();
  await clock.advance(1000);
  assert.deepEqual(broker.committed("group"), { "logs/0": 1 });
});

test("the commit bears the epoch of the last settled message", async () => {
  const commits: (readonly GroupPosition[])[] = [];
  const message = { topic: "logs", partition: 0, timestamp: 0, key: null, value: null };
  const { clock, read } = setUp(async () => {
    const deliveries = [
      { kind: "assigned", partitions: [{ topic: "logs", partition: 0 }] } as const,
      {
        kind: "messages",
        messages: [7, 8].map((leaderEpoch, i) => ({
          ...message,
          headers: [],
          offset: 10 * (i + 1),
          leaderEpoch,
        })),
      } as const,
    ];
    return {
      next: async () => deliveries.shift(),
      commit: async (sent) => void commits.push(sent),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  });
  const [first, second] = await read();
  first?.settle();
  await clock.advance(1000);
  second?.settle();
  await clock.advance(1000);
  const of = { topic: "logs", partition: 0 };
  assert.deepEqual(commits, [
    [{ ...of, offset: 11, leaderEpoch: 7 }],
    [{ ...of, offset: 21, leaderEpoch: 8 }],
  ]);
});

test("it leaves the group when the connection is lost, and joins again at the next call", async () => {
  const { broker, read } = setUp();
  broker.createTopic("logs", 2);
  const reading = read();
  await settled();
  broker.breakStreams(OUTAGE);
  await assert.rejects(reading, OUTAGE);
  assert.equal(broker.members("group"), 0);
  broker.produce("logs", [{ value: "a" }]);
  assert.equal((await read()).length, 1);
  assert.equal(broker.members("group"), 1);
});

test("messages that are delivered again while they are worked on are left out and counted", async () => {
  const { broker, read, told, clock } = setUp();
  broker.produce("logs", [{ value: "a" }, { value: "b" }, { value: "c" }]);
  const [first, second] = await read();
  second?.settle();
  broker.breakStreams();
  await assert.rejects(read(), Fault);
  broker.produce("logs", [{ value: "d" }]);
  assert.deepEqual(positions(await read()), ["3"]);
  assert.equal(told.repeated, 3);
  first?.settle();
  await clock.advance(1000);
  assert.deepEqual(broker.committed("group"), { "logs/0": 2 });
});

test("a partition that is revoked aborts its messages and commits nothing of them; one that stays keeps its own", async () => {
  const { broker, read, stream, clock } = setUp();
  broker.createTopic("logs", 2);
  for (const partition of [0, 1]) broker.produce("logs", [{ partition, value: "a" }]);
  const [kept, taken] = await read();
  const other = stream.open(
    OPTIONS,
    {
      assigned: () => undefined,
      repeated: () => undefined,
      checkpointFailed: () => undefined,
    },
    never,
  );
  const [again] = (await other.read(never)) ?? [];
  const reading = read();
  await settled();
  assert.deepEqual([kept?.source.lane, taken?.source.lane, again?.source.lane], ["0", "1", "1"]);
  assert.deepEqual([kept?.signal.aborted, taken?.signal.aborted], [false, true]);
  kept?.settle();
  taken?.settle();
  await clock.advance(1000);
  assert.deepEqual(broker.committed("group"), { "logs/0": 1 });
  broker.produce("logs", [{ partition: 0, value: "b" }]);
  assert.equal((await reading).length, 1);
});

test("positions of an older membership are not committed by a new one before its assignment", async () => {
  const commits: unknown[] = [];
  const joins = { times: 0 };
  const kafka = createFakeKafka();
  kafka.broker.produce("logs", [{ value: "a" }]);
  const { clock, read } = setUp(async (what, signal) => {
    if (joins.times++ === 0) return kafka.join(what, signal);
    return {
      next: () => new Promise(() => undefined),
      commit: async (sent) => void commits.push(sent),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  });
  const [first] = await read();
  kafka.broker.breakStreams();
  await assert.rejects(read(), Fault);
  void read();
  await settled();
  first?.settle();
  await clock.advance(5000);
  assert.deepEqual(commits, []);
});

test("a commit that fails is told, and the reading goes on", async () => {
  const { broker, read, told, clock } = setUp();
  broker.produce("logs", [{ value: "a" }]);
  broker.failCommit(OUTAGE);
  const [first] = await read();
  first?.settle();
  await clock.advance(3000);
  assert.deepEqual(told.failed, [OUTAGE]);
  broker.produce("logs", [{ value: "b" }]);
  assert.equal((await read()).length, 1);
});

test("a batch that could not be unpacked stands at its last offset and says its first", async () => {
  const { broker, read } = setUp();
  const unread = { firstOffset: 0, lastOffset: 9, reason: "it holds 300000 records" };
  broker.produce("logs", [{ value: null, unread }]);
  const [message] = await read();
  assert.deepEqual(message?.unread, {
    firstPosition: "0",
    reason: "the batch of offsets 0 to 9 was passed over: it holds 300000 records",
  });
});

test("a bug is not taken for a fault", async () => {
  const bug = new TypeError("x is not a function");
  const { read } = setUp(() => Promise.reject(bug));
  await assert.rejects(read(), bug);
});
