import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { OutgoingMessage } from "../../src/ports/publisher.ts";
import { assignedTo, blames, messagesOf, readAllOf, subjectOf } from "./kafka-under-test.ts";
import type { CreateKafka, Subject } from "./kafka-under-test.ts";

const BARE = { key: null, value: null, headers: [] } as const;

/** What every publisher promises, and every keeper of topics. */
export function testPublishingContract(name: string, create: CreateKafka): void {
  const contract = (promise: string, run: (subject: Subject) => Promise<void>): void => {
    test(promise, async (t) => run(await subjectOf(t, create)));
  };

  suite(`publisher contract: ${name}`, () => {
    contract("keeps key, value and headers byte for byte", async (subject) => {
      const { signal, publisher, source } = subject;
      const topic = await subject.createTopic("letters", 1);
      const bytes = Buffer.from([0, 255, 128, 10, 0]);
      const sent: OutgoingMessage[] = [
        {
          topic,
          key: bytes,
          value: Buffer.from("v"),
          headers: [
            ["reason", Buffer.from("größer")],
            ["reason", Buffer.from("again")],
            ["empty", Buffer.alloc(0)],
          ],
        },
        { topic, key: Buffer.alloc(0), value: Buffer.alloc(0), headers: [] },
        { topic, ...BARE },
      ];
      await publisher.publish(sent, signal);
      const read = await readAllOf(source, topic, signal);
      assert.deepEqual(
        read.map(({ key, value, headers }) => ({ topic, key, value, headers })),
        sent,
      );
      const group = subject.name("group");
      const member = await subject.subscribe({ topics: [topic], group, from: "earliest" });
      await assignedTo(member, signal);
      assert.deepEqual(await messagesOf(member, 3, signal), read);
    });

    contract(
      "keeps the order of messages with one key, and spreads the others",
      async (subject) => {
        const { signal, publisher, source } = subject;
        const topic = await subject.createTopic("letters", 3);
        const key = Buffer.from("same");
        const values = Array.from({ length: 60 }, (_, i) => Buffer.from(String(i)));
        await publisher.publish(
          values.map((value) => ({ ...BARE, topic, key, value })),
          signal,
        );
        await publisher.publish(
          values.map((value) => ({ ...BARE, topic, value })),
          signal,
        );
        const read = await readAllOf(source, topic, signal);
        const keyed = read.filter((message) => message.key !== null);
        assert.equal(new Set(keyed.map(({ partition }) => partition)).size, 1);
        assert.deepEqual(
          keyed.map(({ value }) => value),
          values,
        );
        const bare = read.filter((message) => message.key === null);
        assert.equal(new Set(bare.map(({ partition }) => partition)).size, 3);
        assert.equal(bare.length, 60);
      },
    );

    contract("takes many large messages at once, to several topics", async (subject) => {
      const { signal, publisher, source } = subject;
      const one = await subject.createTopic("one", 1);
      const two = await subject.createTopic("two", 1);
      const value = Buffer.alloc(300_000, "x");
      const messages = Array.from({ length: 10 }, (_, i) => {
        return { ...BARE, topic: i % 2 === 0 ? one : two, value };
      });
      await publisher.publish([], signal);
      await publisher.publish(messages, signal);
      for (const topic of [one, two]) {
        const read = await readAllOf(source, topic, signal);
        assert.equal(read.length, 5);
        assert.ok(read.every((message) => message.value?.equals(value)));
      }
    });

    contract("a topic that is not there is a setting's fault, and stays so", async (subject) => {
      const { signal, publisher, topics } = subject;
      const there = await subject.createTopic("there", 1);
      const topic = subject.name("nowhere");
      await assert.rejects(publisher.publish([{ ...BARE, topic }], signal), blames(topic));
      const both = [there, topic].map((each) => ({ ...BARE, topic: each }));
      await assert.rejects(publisher.publish(both, signal), blames(topic));
      assert.deepEqual(await topics.describe([topic], signal), new Map());
      const what = { group: subject.name("group"), topics: [topic], from: "earliest" } as const;
      await assert.rejects(topics.lag(what, signal), blames(topic));
    });

    contract(
      "describes the topics that are there; one made twice stays as it is",
      async (subject) => {
        const { signal, topics } = subject;
        const one = await subject.createTopic("one", 1);
        const three = await subject.createTopic("three", 3);
        await topics.create(three, 5, signal);
        assert.deepEqual(
          await topics.describe([three, subject.name("nowhere"), one, three], signal),
          new Map([
            [three, 3],
            [one, 1],
          ]),
        );
      },
    );

    contract("lag: from the start, from the end, and from what is committed", async (subject) => {
      const { signal, topics } = subject;
      const topic = await subject.createTopic("logs", 2);
      await subject.produce(topic, 0, ["a", "b", "c"]);
      const what = { group: subject.name("group"), topics: [topic] };
      const rows = (offsets: readonly (readonly [number, number | null, number])[]) =>
        offsets.map(([end, committed, lag], partition) => {
          return { topic, partition, end, committed, lag };
        });
      const latest = await topics.lag({ ...what, from: "latest" }, signal);
      assert.deepEqual(
        latest,
        rows([
          [3, null, 0],
          [0, null, 0],
        ]),
      );
      const earliest = await topics.lag({ ...what, from: "earliest" }, signal);
      assert.deepEqual(
        earliest,
        rows([
          [3, null, 3],
          [0, null, 0],
        ]),
      );
      const member = await subject.subscribe({ ...what, from: "earliest" });
      await messagesOf(member, 3, signal);
      await member.commit([{ topic, partition: 0, offset: 1 }], signal);
      for (const from of ["earliest", "latest"] as const) {
        assert.deepEqual(
          await topics.lag({ ...what, from }, signal),
          rows([
            [3, 1, 2],
            [0, null, 0],
          ]),
        );
      }
    });

    contract("closing ends it; closing twice is once", async (subject) => {
      const { signal, publisher, topics } = subject;
      const topic = await subject.createTopic("letters", 1);
      await publisher.publish([{ ...BARE, topic }], signal);
      for (const closable of [publisher, topics]) {
        await closable.close();
        await closable.close();
      }
      const outage = { name: "Fault", kind: "outage" };
      await assert.rejects(publisher.publish([{ ...BARE, topic }], signal), outage);
      await assert.rejects(topics.describe([topic], signal), outage);
    });

    contract("nothing is done once the signal has aborted", async (subject) => {
      const { publisher, topics } = subject;
      const topic = await subject.createTopic("letters", 1);
      const outage = { name: "Fault", kind: "outage" };
      const aborted = AbortSignal.abort();
      await assert.rejects(publisher.publish([{ ...BARE, topic }], aborted), outage);
      await assert.rejects(topics.describe([topic], aborted), outage);
    });
  });
}
