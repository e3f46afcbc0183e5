import assert from "node:assert/strict";
import { suite, test, type TestContext } from "node:test";
import type { Kafka } from "../../src/adapters/kafka/kafka.ts";
import type { Candidacy } from "../../src/ports/leader-election.ts";
import { blames, readAllOf, subjectOf } from "./stream-under-test.ts";
import type { StreamUnderTest, Subject } from "./stream-under-test.ts";

export type CreateKafka = (t: TestContext) => Promise<StreamUnderTest & { kafka: Kafka }>;

const BARE = { key: null, value: null, headers: [] } as const;

/** What Kafka promises beside reading: work queue, election, topics. The fake promises the same. */
export function testKafkaContract(name: string, create: CreateKafka): void {
  const contract = (
    promise: string,
    run: (subject: Subject, kafka: Kafka) => Promise<void>,
  ): void => {
    test(promise, async (t) => {
      const made = await create(t);
      await run(await subjectOf(t, async () => made), made.kafka);
    });
  };

  suite(`Kafka contract: ${name}`, () => {
    contract("offered references wait until a worker has settled them", async (subject, kafka) => {
      const { signal } = subject;
      const topic = await subject.createStream("work", 2);
      const group = subject.name("group");
      const queue = kafka.workQueue({ topic, group });
      assert.equal(await queue.waiting(signal), 0);
      const references = ["a", "b", "c"].map((id) => ({
        key: Buffer.from(id),
        value: Buffer.from(`value of ${id}`),
        headers: [],
      }));
      await queue.offer(references, signal);
      assert.equal(await queue.waiting(signal), 3);
      const reading = subject.read({ streams: [topic], group, from: "earliest" });
      const messages = await reading.take(3);
      assert.deepEqual(
        new Map(messages.map(({ key, value }) => [String(key), String(value)])),
        new Map(references.map(({ key, value }) => [String(key), String(value)])),
      );
      messages.find(({ key }) => String(key) === "a")?.settle();
      for (const { settle } of messages) settle();
      await reading.close();
      assert.equal(await queue.waiting(signal), 0);
      const missing = kafka.workQueue({ topic: subject.name("nowhere"), group });
      await assert.rejects(missing.waiting(signal), blames(subject.name("nowhere")));
      await assert.rejects(missing.offer(references, signal), blames(subject.name("nowhere")));
    });

    contract("of two candidates one leads; when it leaves, the other does", async (of, kafka) => {
      const { signal } = of;
      const election = kafka.election(await of.createStream("leader", 1));
      const first = await election.campaign(signal);
      assert.equal(await first.next(signal), true);
      const second = election.campaign(signal);
      // Both are told anew when the second one comes.
      const told = await Promise.all([
        first.next(signal),
        second.then((candidacy) => candidacy.next(signal)),
      ]);
      assert.deepEqual(told.toSorted(), [false, true]);
      const [leader, other]: [Candidacy, Candidacy] = told[0]
        ? [first, await second]
        : [await second, first];
      const [leads] = await Promise.all([other.next(signal), leader[Symbol.asyncDispose]()]);
      assert.equal(leads, true);
      assert.equal(await other.next(AbortSignal.abort()), undefined);
      await other[Symbol.asyncDispose]();
      const missing = of.name("nowhere");
      await assert.rejects(kafka.election(missing).campaign(signal), blames(missing));
    });

    contract("keeps the order of messages with one key, spreads the others", async (of, kafka) => {
      const { signal } = of;
      const topic = await of.createStream("letters", 3);
      const key = Buffer.from("same");
      const values = Array.from({ length: 60 }, (_, i) => Buffer.from(String(i)));
      const publish = (some: { key: Buffer | null; value: Buffer }[]) =>
        kafka.publisher.publish(
          some.map((one) => ({ ...BARE, topic, ...one })),
          signal,
        );
      await publish(values.map((value) => ({ key, value })));
      await publish(values.map((value) => ({ key: null, value })));
      const read = await readAllOf(of.deadLetters(topic), signal);
      const keyed = read.filter((message) => message.key !== null);
      assert.equal(new Set(keyed.map(({ source }) => source.lane)).size, 1);
      assert.deepEqual(
        keyed.map(({ value }) => value),
        values,
      );
      const bare = read.filter((message) => message.key === null);
      assert.equal(new Set(bare.map(({ source }) => source.lane)).size, 3);
      assert.equal(bare.length, 60);
    });

    contract("takes large messages to several topics, or to none of them", async (of, kafka) => {
      const { signal } = of;
      const names = [await of.createStream("one", 1), await of.createStream("two", 1)];
      const value = Buffer.alloc(300_000, "x");
      const messages = Array.from({ length: 10 }, (_, i) => {
        return { ...BARE, topic: names[i % 2] ?? "", value };
      });
      await kafka.publisher.publish([], signal);
      await kafka.publisher.publish(messages, signal);
      for (const topic of names) {
        assert.equal((await readAllOf(of.deadLetters(topic), signal)).length, 5);
      }
      const missing = of.name("nowhere");
      const both = [names[0] ?? "", missing].map((topic) => ({ ...BARE, topic }));
      await assert.rejects(kafka.publisher.publish(both, signal), blames(missing));
      assert.deepEqual(await kafka.topics.describe([missing], signal), new Map());
    });

    contract(
      "describes topics that are there; one made twice stays as it is",
      async (of, kafka) => {
        const { signal } = of;
        const one = await of.createStream("one", 1);
        const three = await of.createStream("three", 3);
        await kafka.topics.create(three, 5, signal);
        assert.deepEqual(
          await kafka.topics.describe([three, of.name("nowhere"), one, three], signal),
          new Map([
            [three, 3],
            [one, 1],
          ]),
        );
      },
    );

    contract("closing ends it; closing twice is once", async (of, kafka) => {
      const { signal } = of;
      const topic = await of.createStream("letters", 1);
      await kafka.publisher.publish([{ ...BARE, topic }], signal);
      await kafka.close();
      await kafka.close();
      const outage = { name: "Fault", kind: "outage" };
      await assert.rejects(kafka.publisher.publish([{ ...BARE, topic }], signal), outage);
      await assert.rejects(kafka.topics.describe([topic], signal), outage);
      await assert.rejects(kafka.election(topic).campaign(signal), outage);
    });

    contract("nothing is done once the signal has aborted", async (of, kafka) => {
      const topic = await of.createStream("letters", 1);
      const outage = { name: "Fault", kind: "outage" };
      const aborted = AbortSignal.abort();
      await assert.rejects(kafka.publisher.publish([{ ...BARE, topic }], aborted), outage);
      await assert.rejects(kafka.topics.describe([topic], aborted), outage);
      await assert.rejects(kafka.election(topic).campaign(aborted), outage);
    });
  });
}
