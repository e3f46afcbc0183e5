import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Consumer } from "@platformatic/kafka";
import { Fault } from "../../../../src/domain/faults.ts";
import type { LogSource, SubscribeOptions } from "../../../../src/ports/log-source.ts";
import { assignedTo, messagesOf, textsOf } from "../../../contract/kafka-under-test.ts";
import { eventually } from "../../../support/asserts/eventually.ts";
import { openKafkaFixture } from "../../../support/servers/kafka-fixture.ts";
import { startOwnBroker } from "../../../support/servers/own-broker.ts";

const MAX_MS = 5 * 60_000;
const RETRY_MS = 100;
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
    const { source, publisher, topics } = kafka.open();
    const group = kafka.name("group");
    // The member cannot leave: the group waits until its session is over.
    const what = { topics: [topic], group, from: "earliest", sessionTimeoutMs: 15_000 } as const;
    const member = await source.subscribe(what, t.signal);
    const [first] = await messagesOf(member, 2, t.signal);
    assert.ok(first);
    await member.commit([{ ...first, offset: first.offset + 1 }], t.signal);

    await broker.kill();
    const message = { topic, key: null, value: null, headers: [] };
    const startedAt = performance.now();
    await Promise.all([
      assert.rejects(
        assignedTo(member, t.signal, () => false),
        { ...OUTAGE, message: /^Kafka at / },
      ),
      assert.rejects(publisher.publish([message], t.signal), OUTAGE),
      assert.rejects(topics.describe([topic], t.signal), OUTAGE),
      assert.rejects(member.commit([{ ...first, offset: first.offset + 2 }], t.signal), OUTAGE),
    ]);
    assert.ok(performance.now() - startedAt < SAID_MS, "said late");
    await assert.rejects(source.subscribe(what, t.signal), OUTAGE);
    await takesAtMost(CLOSED_MS, () => member[Symbol.asyncDispose]());

    await broker.start();
    await using again = await subscribeSoon(source, what, t);
    const [second] = await messagesOf(again, 1, t.signal);
    assert.notEqual(String(second?.value), String(first.value));
    await publisher.publish([{ ...message, value: Buffer.from("c") }], t.signal);
    assert.deepEqual(textsOf(await messagesOf(again, 1, t.signal)), ["c"]);
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
    const { source } = kafka.open();
    const what = { topics: [topic], group: kafka.name("group"), from: "earliest" } as const;
    let member = await source.subscribe(what, t.signal);
    await messagesOf(member, 1, t.signal);
    const read: string[] = [];
    const reading = (async () => {
      while (!read.includes("after")) {
        try {
          read.push(...textsOf(await messagesOf(member, 1, t.signal)));
        } catch (error) {
          assert.ok(error instanceof Fault, String(error));
          await member[Symbol.asyncDispose]();
          member = await subscribeSoon(source, what, t);
        }
      }
    })();
    await broker.stop();
    await broker.start();
    await eventually(async () => {
      return kafka.produce(topic, ["after"]).then(
        () => true,
        () => false,
      );
    }, t);
    await reading;
    await takesAtMost(CLOSED_MS, () => member[Symbol.asyncDispose]());
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
    const { source, publisher, topics } = kafka.open();
    const what = { topics: [topic], group: kafka.name("group"), from: "earliest" } as const;
    const member = await source.subscribe(what, t.signal);
    const message = { topic, key: null, value: null, headers: [] };
    await publisher.publish([message], t.signal);
    await topics.describe([topic], t.signal);
    await messagesOf(member, 2, t.signal);
    using _ = broker.silence();
    const waiting = member.next(t.signal);
    const commit = member.commit([{ topic, partition: 0, offset: 1 }], t.signal);
    const publish = publisher.publish([message], t.signal);
    const describe = topics.describe([topic], t.signal);
    const ends = Promise.allSettled([waiting, commit, publish, describe]);
    await takesAtMost(CLOSED_MS, () =>
      Promise.all([source.close(), publisher.close(), topics.close()]),
    );
    const [next, ...others] = await takesAtMost(CLOSED_MS, () => ends);
    assert.deepEqual(next, { status: "fulfilled", value: undefined });
    for (const other of others) assert.equal(other.status, "rejected");
  },
);

test(
  "a member leaves in the middle of a rebalance, and is gone at once",
  { timeout: MAX_MS },
  async (t) => {
    const kafka = await openKafkaFixture(t);
    const topic = await kafka.createTopic("logs", 2);
    const group = kafka.name("group");
    const { source } = kafka.open();
    const what = { topics: [topic], group, from: "earliest" } as const;
    const member = await source.subscribe(what, t.signal);
    const silent = await silentMember(t, kafka.broker, group, topic);
    const stop = new AbortController();
    const late = source.subscribe(what, stop.signal);
    const described = async () =>
      (await kafka.admin.describeGroups({ groups: [group] })).get(group);
    const state = async () => (await described())?.state;
    const members = async () => [...((await described())?.members.keys() ?? [])];
    await eventually(async () => (await state()) === "PreparingRebalance", t);
    await eventually(async () => (await members()).length === 3, t);

    await takesAtMost(CLOSED_MS, () => member[Symbol.asyncDispose]());
    assert.equal((await members()).length, 2);
    stop.abort();
    await takesAtMost(CLOSED_MS, () => assert.rejects(late, OUTAGE));
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

/** Tries as the service does: until the broker is there. */
async function subscribeSoon(source: LogSource, what: SubscribeOptions, t: TestContext) {
  for (;;) {
    try {
      return await source.subscribe(what, t.signal);
    } catch (error) {
      assert.ok(error instanceof Fault && error.kind === "outage", String(error));
      await sleep(RETRY_MS, undefined, { signal: t.signal });
    }
  }
}
