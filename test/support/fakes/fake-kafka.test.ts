import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { systemClock } from "../../../src/adapters/process/system-clock.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { testDeadLettersContract } from "../../contract/dead-letters-contract.ts";
import { testKafkaContract, type CreateKafka } from "../../contract/kafka-contract.ts";
import { testMessageStreamContract } from "../../contract/message-stream-contract.ts";
import { createFakeKafka } from "./fake-kafka.ts";

const create: CreateKafka = async () => {
  const kafka = createFakeKafka(systemClock);
  return {
    kafka,
    ...kafka,
    name: (short) => short,
    createStream: (name, lanes, signal) => kafka.topics.create(name, lanes, signal),
    async produce(topic, partition, texts) {
      kafka.broker.produce(
        topic,
        texts.map((value) => ({ partition, value })),
      );
    },
  };
};

testMessageStreamContract("fake Kafka", create, { groups: true, counts: true });
testDeadLettersContract("fake Kafka", create);
testKafkaContract("fake Kafka", create);

suite("fake Kafka on demand", () => {
  const what = { topics: ["logs"], group: "group", from: "earliest" } as const;
  const none = new AbortController().signal;
  const first = { topic: "logs", partition: 0, offset: 1, leaderEpoch: -1 };

  test("down, every call throws the fault, and what waits is woken with it", async () => {
    const { broker, join, publisher, topics } = createFakeKafka();
    broker.createTopic("logs");
    const member = await join(what, none);
    assert.equal((await member.next(none))?.kind, "assigned");
    const waiting = member.next(none);
    const fault = new Fault("outage", "gone");
    broker.down(fault);
    await assert.rejects(waiting, fault);
    await assert.rejects(join(what, none), fault);
    await assert.rejects(
      publisher.publish([], none).then(() => topics.describe([], none)),
      fault,
    );
    await assert.rejects(member.commit([first], none), fault);
    await member[Symbol.asyncDispose]();
    broker.up();
    const next = await join(what, none);
    assert.equal((await next.next(none))?.kind, "assigned");
    assert.equal(broker.members("group"), 1);
  });

  test("broken streams may be joined again at once", async () => {
    const { broker, join } = createFakeKafka();
    broker.createTopic("logs");
    const member = await join(what, none);
    broker.breakStreams();
    await assert.rejects(member.next(none), Fault);
    await join(what, none);
  });

  test("refuses what is published to one topic, and all of that call", async () => {
    const { broker, publisher } = createFakeKafka();
    for (const topic of ["logs", "letters"]) broker.createTopic(topic);
    const fault = new Fault("record", "too large");
    broker.failPublish("letters", fault);
    const to = (topic: string) => ({ topic, key: null, value: null, headers: [] });
    await assert.rejects(publisher.publish([to("logs"), to("letters")], none), fault);
    assert.deepEqual(broker.messages("logs"), []);
    await publisher.publish([to("logs")], none);
    broker.failPublish("letters", undefined);
    await publisher.publish([to("letters")], none);
    assert.equal(broker.published.length, 2);
  });

  test("refuses commits, and delivers again after a rebalance", async () => {
    const { broker, join } = createFakeKafka();
    broker.produce("logs", [{ value: "a" }, { value: "b" }]);
    const member = await join(what, none);
    for (const kind of ["assigned", "messages"]) {
      assert.equal((await member.next(none))?.kind, kind);
    }
    const fault = new Fault("outage", "no coordinator");
    broker.failCommit(fault);
    await assert.rejects(member.commit([first], none), fault);
    broker.failCommit(undefined);
    await member.commit([first], none);
    assert.deepEqual(broker.committed("group"), { "logs/0": 1 });
    broker.rebalance("group");
    assert.equal((await member.next(none))?.kind, "assigned");
    const again = await member.next(none);
    assert.ok(again?.kind === "messages");
    assert.deepEqual(
      again.messages.map(({ value }) => String(value)),
      ["b"],
    );
  });
});
