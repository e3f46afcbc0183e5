import assert from "node:assert/strict";
import { test } from "node:test";
import { Producer } from "@platformatic/kafka";
import { openKafkaFixture } from "../../support/servers/kafka-fixture.ts";
import { createCalls } from "../../../src/adapters/kafka/calls.ts";
import type { Delivery } from "../../../src/adapters/kafka/group-member.ts";
import { createGroups } from "../../../src/adapters/kafka/groups.ts";
import { readAllOf, readOn, textsOf } from "../../contract/stream-under-test.ts";

const MAX_MS = 5 * 60_000;
const EARLIEST = { from: "earliest" } as const;

test("a message of 1.5 MB arrives, and one between small ones", { timeout: MAX_MS }, async (t) => {
  const kafka = await openKafkaFixture(t);
  const topic = await kafka.createTopic("large", 1, { "max.message.bytes": "4000000" });
  const large = Buffer.alloc(1_500_000, "x");
  for (const value of ["a", large, "b", large, large]) await kafka.produce(topic, [{ value }]);
  const { stream } = kafka.open();
  const what = { streams: [topic], group: kafka.name("group"), ...EARLIEST };
  const reading = readOn(stream, what, t.signal);
  const messages = await reading.take(5);
  await reading.close();
  assert.deepEqual(
    messages.map(({ value }) => value?.length),
    [1, 1_500_000, 1, 1_500_000, 1_500_000],
  );
  assert.ok(messages.every(({ value }) => value?.length === 1 || value?.equals(large)));
  assert.equal((await kafka.readAll(topic)).length, 5);
});

test("a message that is too large is its own fault", { timeout: MAX_MS }, async (t) => {
  const kafka = await openKafkaFixture(t);
  const topic = await kafka.createTopic("small", 1, { "max.message.bytes": "2000" });
  const { publisher } = kafka.open();
  const message = { topic, key: null, headers: [] };
  await publisher.publish([{ ...message, value: Buffer.alloc(1000) }], t.signal);
  await assert.rejects(publisher.publish([{ ...message, value: Buffer.alloc(3000) }], t.signal), {
    name: "Fault",
    kind: "record",
    hint: /max\.message\.bytes/,
  });
  assert.equal((await kafka.readAll(topic)).length, 1);
});

test(
  "removed messages are skipped, also when they are removed while the group is away",
  { timeout: MAX_MS },
  async (t) => {
    const kafka = await openKafkaFixture(t);
    const topic = await kafka.createTopic("trimmed", 1);
    await kafka.produce(topic, ["a", "b", "c", "d"]);
    const { stream, topics } = kafka.open();
    const what = { streams: [topic], group: kafka.name("group"), ...EARLIEST };
    const first = readOn(stream, what, t.signal);
    const [a] = await first.take(4);
    a?.settle();
    await first.close();
    const partitions = [{ partition: 0, offset: 2n }];
    await kafka.admin.deleteRecords({ topics: [{ name: topic, partitions }] });

    assert.deepEqual(textsOf(await kafka.readAll(topic)), ["c", "d"]);
    const [lane] = await topics.lag(what, t.signal);
    assert.deepEqual([lane?.written, lane?.settled, lane?.lag], [4, 1, 2]);
    const second = readOn(stream, what, t.signal);
    assert.deepEqual(textsOf(await second.take(2)), ["c", "d"]);
    await second.close();
  },
);

test(
  "the marks and the leavings of transactions neither show nor hang",
  { timeout: MAX_MS },
  async (t) => {
    const kafka = await openKafkaFixture(t);
    const topic = await kafka.createTopic("transactions", 1);
    const producer = new Producer({
      clientId: "transactions",
      bootstrapBrokers: [kafka.broker],
      idempotent: true,
      retries: 10,
      retryDelay: 200,
      transactionalId: kafka.name("transactions"),
    });
    t.after(() => producer.close(true));
    for (const [text, end] of [
      ["kept", "commit"],
      ["dropped", "abort"],
    ] as const) {
      const transaction = await producer.beginTransaction({});
      await transaction.send({ messages: [{ topic, value: Buffer.from(text) }] });
      await transaction[end]();
    }
    const { stream, deadLetters } = kafka.open();
    assert.deepEqual(textsOf(await readAllOf(deadLetters(topic), t.signal)), ["kept"]);
    const what = { streams: [topic], group: kafka.name("group"), ...EARLIEST };
    const reading = readOn(stream, what, t.signal);
    assert.deepEqual(textsOf(await reading.take(1)), ["kept"]);
    await reading.close();
  },
);

test(
  "partitions that a topic gains are shared out without a restart",
  { timeout: MAX_MS },
  async (t) => {
    const kafka = await openKafkaFixture(t);
    const topic = await kafka.createTopic("growing", 1);
    const { stream } = kafka.open();
    const what = { streams: [topic], group: kafka.name("group"), ...EARLIEST };
    const reading = readOn(stream, what, t.signal);
    await reading.until(() => reading.lanes?.length === 1);
    await kafka.admin.createPartitions({ topics: [{ name: topic, count: 3, assignments: null }] });
    await reading.until(() => reading.lanes?.length === 3);
    await kafka.produce(topic, [{ partition: 2, value: "there too" }]);
    assert.deepEqual(textsOf(await reading.take(1)), ["there too"]);
    await reading.close();
  },
);

test(
  "a topic removed under a subscription is said to be missing",
  { timeout: MAX_MS },
  async (t) => {
    const kafka = await openKafkaFixture(t);
    const topic = await kafka.createTopic("removed", 1);
    const { stream } = kafka.open();
    const what = { streams: [topic], group: kafka.name("group"), ...EARLIEST };
    const reading = readOn(stream, what, t.signal);
    await reading.until(() => reading.lanes?.length === 1);
    await kafka.admin.deleteTopics({ topics: [topic] });
    await assert.rejects(
      reading.until(() => false),
      (error: Error) => {
        assert.match(error.message, new RegExp(`no topic ${topic}`));
        return true;
      },
    );
  },
);

test(
  "a member that was expelled joins anew by itself, and commits nothing stale",
  { timeout: MAX_MS },
  async (t) => {
    const kafka = await openKafkaFixture(t);
    const topic = await kafka.createTopic("logs", 1);
    await kafka.produce(topic, ["a", "b"]);
    const settings = { brokers: [kafka.broker], clientId: "test" };
    const groups = createGroups(settings, createCalls({ at: "Kafka", secrets: [] }));
    const group = kafka.name("group");
    await using member = await groups.join({ topics: [topic], group, ...EARLIEST }, t.signal);
    const next = async (kind: Delivery["kind"]): Promise<Delivery> => {
      const delivery = await member.next(t.signal);
      return delivery?.kind === kind ? delivery : next(kind);
    };
    await next("messages");
    const at = (offset: number) => ({ topic, partition: 0, offset, leaderEpoch: -1 });
    await kafka.admin.removeMembersFromConsumerGroup({ groupId: group, members: null });
    await assert.rejects(member.commit([at(1)], t.signal), {
      name: "Fault",
      kind: "outage",
    });
    assert.deepEqual(await kafka.committed(group, topic), [null]);
    await next("assigned");
    const again = await next("messages");
    assert.ok(again.kind === "messages");
    assert.equal(String(again.messages[0]?.value), "a");
    await member.commit([at(2)], t.signal);
    assert.deepEqual(await kafka.committed(group, topic), [2]);
  },
);

test("reading all leaves no group behind", { timeout: MAX_MS }, async (t) => {
  const kafka = await openKafkaFixture(t);
  const topic = await kafka.createTopic("letters", 2);
  await kafka.produce(topic, ["a", "b"]);
  const groups = async () => [...(await kafka.admin.listGroups()).keys()];
  const before = await groups();
  await readAllOf(kafka.open().deadLetters(topic), t.signal);
  // Others use this broker too, each by names of its own.
  const isOthers = (id: string) => /^t[0-9a-f]{8}-/.test(id) && !id.startsWith(kafka.prefix);
  const left = (await groups()).filter((id) => !before.includes(id) && !isOthers(id));
  assert.deepEqual(left, []);
});
