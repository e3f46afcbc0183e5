import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { assignedTo, messagesOf, textsOf } from "../../contract/kafka-under-test.ts";
import type { KafkaUnderTest } from "../../contract/kafka-under-test.ts";
import { testLogSourceContract } from "../../contract/log-source-contract.ts";
import { testPublishingContract } from "../../contract/publishing-contract.ts";
import { createFakeKafka } from "./fake-kafka.ts";

async function create(): Promise<KafkaUnderTest> {
  const { broker, ...kafka } = createFakeKafka();
  return {
    ...kafka,
    name: (short) => short,
    async produce(topic, partition, texts) {
      broker.produce(
        topic,
        texts.map((value) => ({ partition, value })),
      );
    },
  };
}

testLogSourceContract("fake", create);
testPublishingContract("fake", create);

suite("fake Kafka on demand", () => {
  const what = { topics: ["logs"], group: "group", from: "earliest" } as const;
  const none = new AbortController().signal;

  test("down, every call throws the fault, and what waits is woken with it", async () => {
    const { broker, source, publisher, topics } = createFakeKafka();
    broker.createTopic("logs");
    const member = await source.subscribe(what, none);
    await assignedTo(member, none);
    const waiting = member.next(none);
    const fault = new Fault("outage", "gone");
    broker.down(fault);
    await assert.rejects(waiting, fault);
    await assert.rejects(source.subscribe(what, none), fault);
    await assert.rejects(
      publisher.publish([], none).then(() => topics.describe([], none)),
      fault,
    );
    await assert.rejects(member.commit([{ topic: "logs", partition: 0, offset: 1 }], none), fault);
    await member[Symbol.asyncDispose]();
    broker.up();
    const next = await source.subscribe(what, none);
    assert.equal((await assignedTo(next, none)).length, 1);
    assert.equal(broker.members("group"), 1);
  });

  test("broken streams may be subscribed anew at once", async () => {
    const { broker, source } = createFakeKafka();
    broker.createTopic("logs");
    const member = await source.subscribe(what, none);
    broker.breakStreams();
    await assert.rejects(member.next(none), Fault);
    await source.subscribe(what, none);
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

  test("refuses commits, and hands out again after it is balanced anew", async () => {
    const { broker, source } = createFakeKafka();
    broker.produce("logs", [{ value: "a" }, { value: "b" }]);
    const member = await source.subscribe(what, none);
    await messagesOf(member, 2, none);
    const position = { topic: "logs", partition: 0, offset: 1 };
    const fault = new Fault("outage", "no coordinator");
    broker.failCommit(fault);
    await assert.rejects(member.commit([position], none), fault);
    broker.failCommit(undefined);
    await member.commit([position], none);
    assert.deepEqual(broker.committed("group"), { "logs/0": 1 });
    broker.rebalance("group");
    await assignedTo(member, none);
    assert.deepEqual(textsOf(await messagesOf(member, 1, none)), ["b"]);
  });
});
