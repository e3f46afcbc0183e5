import assert from "node:assert/strict";
import { test } from "node:test";
import { Producer } from "@platformatic/kafka";
import { openKafkaFixture } from "../../support/servers/kafka-fixture.ts";
import { assignedTo, messagesOf, readAllOf, textsOf } from "../../contract/kafka-under-test.ts";

const MAX_MS = 5 * 60_000;
const EARLIEST = { from: "earliest" } as const;

test("a message of 1.5 MB arrives, and one between small ones", { timeout: MAX_MS }, async (t) => {
  const kafka = await openKafkaFixture(t);
  const topic = await kafka.createTopic("large", 1, { "max.message.bytes": "4000000" });
  const large = Buffer.alloc(1_500_000, "x");
  for (const value of ["a", large, "b", large, large]) await kafka.produce(topic, [{ value }]);
  const { source } = kafka.open();
  const what = { topics: [topic], group: kafka.name("group"), ...EARLIEST };
  await using member = await source.subscribe(what, t.signal);
  const messages = await messagesOf(member, 5, t.signal);
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
  "what was removed is passed over, also behind the group's back",
  { timeout: MAX_MS },
  async (t) => {
    const kafka = await openKafkaFixture(t);
    const topic = await kafka.createTopic("trimmed", 1);
    await kafka.produce(topic, ["a", "b", "c", "d"]);
    const { source, topics } = kafka.open();
    for (const from of ["earliest", "latest"] as const) {
      const what = { topics: [topic], group: kafka.name(from), from };
      await using member = await source.subscribe(what, t.signal);
      await assignedTo(member, t.signal);
      await member.commit([{ topic, partition: 0, offset: 1 }], t.signal);
    }
    const partitions = [{ partition: 0, offset: 2n }];
    await kafka.admin.deleteRecords({ topics: [{ name: topic, partitions }] });

    assert.deepEqual(textsOf(await kafka.readAll(topic)), ["c", "d"]);
    const what = { topics: [topic], group: kafka.name("earliest"), ...EARLIEST };
    const [lag] = await topics.lag(what, t.signal);
    assert.deepEqual([lag?.end, lag?.committed, lag?.lag], [4, 1, 2]);
    await using member = await source.subscribe(what, t.signal);
    assert.deepEqual(textsOf(await messagesOf(member, 2, t.signal)), ["c", "d"]);
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
    const { source } = kafka.open();
    assert.deepEqual(textsOf(await readAllOf(source, topic, t.signal)), ["kept"]);
    const what = { topics: [topic], group: kafka.name("group"), ...EARLIEST };
    await using member = await source.subscribe(what, t.signal);
    assert.deepEqual(textsOf(await messagesOf(member, 1, t.signal)), ["kept"]);
  },
);

test(
  "partitions that a topic gains are shared out without a restart",
  { timeout: MAX_MS },
  async (t) => {
    const kafka = await openKafkaFixture(t);
    const topic = await kafka.createTopic("growing", 1);
    const { source } = kafka.open();
    const what = { topics: [topic], group: kafka.name("group"), ...EARLIEST };
    await using member = await source.subscribe(what, t.signal);
    assert.equal((await assignedTo(member, t.signal)).length, 1);
    await kafka.admin.createPartitions({ topics: [{ name: topic, count: 3, assignments: null }] });
    await assignedTo(member, t.signal, ({ length }) => length === 3);
    await kafka.produce(topic, [{ partition: 2, value: "there too" }]);
    assert.deepEqual(textsOf(await messagesOf(member, 1, t.signal)), ["there too"]);
  },
);

test(
  "a topic removed under a subscription is said to be missing",
  { timeout: MAX_MS },
  async (t) => {
    const kafka = await openKafkaFixture(t);
    const topic = await kafka.createTopic("removed", 1);
    const { source } = kafka.open();
    const what = { topics: [topic], group: kafka.name("group"), ...EARLIEST };
    await using member = await source.subscribe(what, t.signal);
    await assignedTo(member, t.signal);
    await kafka.admin.deleteTopics({ topics: [topic] });
    await assert.rejects(
      assignedTo(member, t.signal, () => false),
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
    const { source } = kafka.open();
    const group = kafka.name("group");
    await using member = await source.subscribe({ topics: [topic], group, ...EARLIEST }, t.signal);
    await messagesOf(member, 2, t.signal);
    await kafka.admin.removeMembersFromConsumerGroup({ groupId: group, members: null });
    await assert.rejects(member.commit([{ topic, partition: 0, offset: 1 }], t.signal), {
      name: "Fault",
      kind: "outage",
    });
    assert.deepEqual(await kafka.committed(group, topic), [null]);
    assert.equal((await assignedTo(member, t.signal)).length, 1);
    assert.deepEqual(textsOf(await messagesOf(member, 2, t.signal)), ["a", "b"]);
    await member.commit([{ topic, partition: 0, offset: 2 }], t.signal);
    assert.deepEqual(await kafka.committed(group, topic), [2]);
  },
);

test("reading all leaves no group behind", { timeout: MAX_MS }, async (t) => {
  const kafka = await openKafkaFixture(t);
  const topic = await kafka.createTopic("letters", 2);
  await kafka.produce(topic, ["a", "b"]);
  const groups = async () => [...(await kafka.admin.listGroups()).keys()];
  const before = await groups();
  await readAllOf(kafka.open().source, topic, t.signal);
  // Others use this broker too, each by names of its own.
  const isOthers = (id: string) => /^t[0-9a-f]{8}-/.test(id) && !id.startsWith(kafka.prefix);
  const left = (await groups()).filter((id) => !before.includes(id) && !isOthers(id));
  assert.deepEqual(left, []);
});
