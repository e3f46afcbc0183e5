import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Consumer } from "@platformatic/kafka";
import { readOn, textsOf } from "../../../contract/stream-under-test.ts";
import { eventually } from "../../../support/asserts/eventually.ts";
import { openKafkaFixture } from "../../../support/servers/kafka-fixture.ts";
import { startOwnBroker } from "../../../support/servers/own-broker.ts";

const MAX_MS = 5 * 60_000;
/** Each call is given up after 20 s, whatever the library still does. */
const SAID_MS = 30_000;
/** A close is by force after a few seconds; a request that nobody answers would hold it up for thirty. */
const CLOSED_MS = 15_000;
const OUTAGE = { name: "Fault", kind: "outage" };

test(
  "the broker goes and comes: faults while it is gone, no loss after",
  { timeout: MAX_MS },
  async (t) => {
    const broker = await startOwnBroker(t);
    const kafka = await openKafkaFixture(t, broker.address);
    const topic = await kafka.createTopic("logs", 2);
    await kafka.produce(topic, ["a", "b"]);
    const { stream, publisher, topics } = kafka.open();
    const group = kafka.name("group");
    const what = { streams: [topic], group, from: "earliest" } as const;
    const reading = readOn(stream, what, t.signal);
    const [first] = await reading.take(2);
    assert.ok(first);
    first.settle();
    await eventually(async () => (await kafka.committed(group, topic)).includes(1), t);

    await broker.kill();
    const message = { topic, key: null, value: null, headers: [] };
    const startedAt = performance.now();
    await Promise.all([
      assert.rejects(
        reading.until(() => false),
        { ...OUTAGE, message: /^Kafka at / },
      ),
      assert.rejects(publisher.publish([message], t.signal), OUTAGE),
      assert.rejects(topics.describe([topic], t.signal), OUTAGE),
    ]);
    assert.ok(performance.now() - startedAt < SAID_MS, "said late");
    const refused = readOn(stream, what, t.signal);
    await assert.rejects(refused.take(1), OUTAGE);
    await takesAtMost(CLOSED_MS, () => Promise.all([reading.close(), refused.close()]));

    await broker.start();
    // The member could not leave: the group waits until its session is over.
    const again = readOn(stream, what, t.signal, { retries: true });
    const [second] = await again.take(1);
    assert.notEqual(String(second?.value), String(first.value));
    await publisher.publish([{ ...message, value: Buffer.from("c") }], t.signal);
    assert.deepEqual(textsOf(await again.take(2)).slice(1), ["c"]);
    await again.close();
  },
);

test(
  "a subscription outlives a broker that is soon back, or says that it does not",
  { timeout: MAX_MS },
  async (t) => {
    const broker = await startOwnBroker(t);
    const kafka = await openKafkaFixture(t, broker.address);
    const topic = await kafka.createTopic("logs", 1);
    await kafka.produce(topic, ["a"]);
    const { stream } = kafka.open();
    const what = { streams: [topic], group: kafka.name("group"), from: "earliest" } as const;
    const reading = readOn(stream, what, t.signal, { retries: true });
    await reading.take(1);
    await broker.stop();
    await broker.start();
    await eventually(async () => {
      return kafka.produce(topic, ["after"]).then(
        () => true,
        () => false,
      );
    }, t);
    await reading.until(() => textsOf(reading.messages).includes("after"));
    await takesAtMost(CLOSED_MS, () => reading.close());
  },
);

test(
  "everything closes soon with the broker gone, whatever is under way",
  { timeout: MAX_MS },
  async (t) => {
    const broker = await startOwnBroker(t);
    const kafka = await openKafkaFixture(t, broker.address);
    const topic = await kafka.createTopic("logs", 1);
    await kafka.produce(topic, ["a"]);
    const { stream, publisher, topics, close } = kafka.open();
    const what = { streams: [topic], group: kafka.name("group"), from: "earliest" } as const;
    const reading = readOn(stream, what, t.signal);
    const message = { topic, key: null, value: null, headers: [] };
    await publisher.publish([message], t.signal);
    await topics.describe([topic], t.signal);
    const [first] = await reading.take(2);
    using _ = await broker.silence();
    first?.settle();
    const publish = publisher.publish([message], t.signal);
    const describe = topics.describe([topic], t.signal);
    const ends = Promise.allSettled([publish, describe]);
    await takesAtMost(CLOSED_MS, () => close());
    for (const one of await takesAtMost(CLOSED_MS, () => ends))
      assert.equal(one.status, "rejected");
    await takesAtMost(CLOSED_MS, () => reading.close());
    assert.equal(reading.failed.length, 1, "the commit was not given up");
  },
);

test(
  "a member leaves in the middle of a rebalance, and is gone at once",
  { timeout: MAX_MS },
  async (t) => {
    const kafka = await openKafkaFixture(t);
    const topic = await kafka.createTopic("logs", 2);
    const group = kafka.name("group");
    const { stream } = kafka.open();
    const what = { streams: [topic], group, from: "earliest" } as const;
    const member = readOn(stream, what, t.signal);
    await member.until(() => member.lanes?.length === 2);
    const silent = await silentMember(t, kafka.broker, group, topic);
    const stop = new AbortController();
    const late = readOn(stream, what, stop.signal);
    const described = async () =>
      (await kafka.admin.describeGroups({ groups: [group] })).get(group);
    const state = async () => (await described())?.state;
    const members = async () => [...((await described())?.members.keys() ?? [])];
    await eventually(async () => (await state()) === "PreparingRebalance", t);
    await eventually(async () => (await members()).length === 3, t);

    await takesAtMost(CLOSED_MS, () => member.close());
    assert.equal((await members()).length, 2);
    stop.abort();
    await takesAtMost(CLOSED_MS, () => late.close());
    assert.deepEqual(await members(), [silent]);
  },
);

/** A member that joins, and never learns that the group is balanced anew. */
async function silentMember(t: TestContext, broker: string, groupId: string, topic: string) {
  const consumer = new Consumer({
    clientId: "silent",
    bootstrapBrokers: [broker],
    groupId,
    sessionTimeout: 120_000,
    rebalanceTimeout: 120_000,
    heartbeatInterval: 119_000,
  });
  t.after(() => consumer.close(true));
  consumer.topics.track(topic);
  return await consumer.joinGroup();
}

async function takesAtMost<T>(ms: number, run: () => PromiseLike<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await run();
  const took = performance.now() - startedAt;
  assert.ok(took < ms, `took ${Math.round(took)} ms`);
  return result;
}
