import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Fault } from "../../src/domain/faults.ts";
import {
  assignedTo,
  blames,
  messagesOf,
  namesOf,
  readAllOf,
  subjectOf,
  textsOf,
} from "./kafka-under-test.ts";
import type { CreateKafka, Subject } from "./kafka-under-test.ts";

const EARLIEST = { from: "earliest" } as const;
const LATEST = { from: "latest" } as const;

/** What every log source promises. The factory makes an empty one and cleans up after the test that it is given. */
export function testLogSourceContract(name: string, create: CreateKafka): void {
  const contract = (promise: string, run: (subject: Subject) => Promise<void>): void => {
    test(promise, async (t) => run(await subjectOf(t, create)));
  };

  suite(`log source contract: ${name}`, () => {
    contract("says what a member holds, then hands out what was there before", async (subject) => {
      const { signal } = subject;
      assert.notEqual(subject.source.name, "");
      const topic = await subject.createTopic("logs", 2);
      await subject.produce(topic, 0, ["a", "b"]);
      await subject.produce(topic, 1, ["c"]);
      const group = subject.name("group");
      const member = await subject.subscribe({ topics: [topic], group, ...EARLIEST });
      const first = await member.next(signal);
      assert.ok(first?.kind === "assigned");
      assert.deepEqual(namesOf(first.partitions), [`${topic}/0`, `${topic}/1`]);
      const messages = await messagesOf(member, 3, signal);
      assert.deepEqual(textsOf(messages).toSorted(), ["a", "b", "c"]);
      const a = messages.find(({ value }) => String(value) === "a");
      assert.ok(a);
      assert.deepEqual([a.topic, a.partition, a.offset], [topic, 0, 0]);
      assert.ok(a.timestamp > Date.UTC(2020), "a time in milliseconds");
    });

    contract("keeps the order of each partition, of several topics", async (subject) => {
      const one = await subject.createTopic("one", 2);
      const two = await subject.createTopic("two", 1);
      const texts = Array.from({ length: 1200 }, (_, i) => `message ${i}`);
      await subject.produce(one, 0, texts);
      await subject.produce(one, 1, texts.slice(0, 10));
      await subject.produce(two, 0, texts.slice(0, 700));
      const group = subject.name("group");
      const member = await subject.subscribe({ topics: [one, two], group, ...EARLIEST });
      const messages = await messagesOf(member, 1910, subject.signal);
      const byPartition = Map.groupBy(messages, (message) => namesOf([message])[0]);
      assert.deepEqual(
        [...byPartition.values()].map(({ length }) => length).toSorted((a, b) => a - b),
        [10, 700, 1200],
      );
      for (const each of byPartition.values()) {
        assert.deepEqual(textsOf(each), texts.slice(0, each.length));
        assert.deepEqual(
          each.map(({ offset }) => offset),
          [...each.keys()],
        );
      }
    });

    contract("hands out what is written while it waits", async (subject) => {
      const topic = await subject.createTopic("logs", 1);
      const group = subject.name("group");
      const member = await subject.subscribe({ topics: [topic], group, ...EARLIEST });
      await assignedTo(member, subject.signal);
      const waiting = messagesOf(member, 1, subject.signal);
      await subject.produce(topic, 0, ["late"]);
      assert.deepEqual(textsOf(await waiting), ["late"]);
    });

    contract("goes on where the group committed", async (subject) => {
      const { signal } = subject;
      const topic = await subject.createTopic("logs", 1);
      await subject.produce(topic, 0, ["a", "b", "c"]);
      const what = { topics: [topic], group: subject.name("group"), ...EARLIEST };
      const first = await subject.subscribe(what);
      await messagesOf(first, 3, signal);
      await first.commit([], signal);
      await first.commit([{ topic, partition: 0, offset: 2 }], signal);
      await first[Symbol.asyncDispose]();
      const second = await subject.subscribe(what);
      const [message] = await messagesOf(second, 1, signal);
      assert.deepEqual([message?.offset, String(message?.value)], [2, "c"]);
      const other = await subject.subscribe({ ...what, group: subject.name("other") });
      assert.deepEqual(textsOf(await messagesOf(other, 3, signal)), ["a", "b", "c"]);
    });

    contract("a lower position does not undo a higher one", async (subject) => {
      const { signal, topics } = subject;
      const topic = await subject.createTopic("logs", 1);
      await subject.produce(topic, 0, ["a", "b", "c"]);
      const what = { topics: [topic], group: subject.name("group"), ...EARLIEST };
      const member = await subject.subscribe(what);
      await messagesOf(member, 3, signal);
      await Promise.all(
        [3, 1, 2].map((offset) => member.commit([{ topic, partition: 0, offset }], signal)),
      );
      const [lag] = await topics.lag(what, signal);
      assert.equal(lag?.committed, 3);
    });

    contract("leaves out the positions of partitions that it does not hold", async (subject) => {
      const { signal, topics } = subject;
      const topic = await subject.createTopic("logs", 1);
      const other = await subject.createTopic("other", 1);
      await subject.produce(topic, 0, ["a"]);
      const group = subject.name("group");
      const member = await subject.subscribe({ topics: [topic], group, ...EARLIEST });
      await messagesOf(member, 1, signal);
      const positions = [other, topic].map((of) => ({ topic: of, partition: 0, offset: 1 }));
      await member.commit(positions, signal);
      const lags = await topics.lag({ group, topics: [topic, other], ...EARLIEST }, signal);
      assert.deepEqual(
        lags.map(({ committed }) => committed),
        [1, null],
      );
    });

    contract("what was not committed comes again, to the next member", async (subject) => {
      const { signal } = subject;
      const topic = await subject.createTopic("logs", 1);
      await subject.produce(topic, 0, ["a", "b"]);
      const what = { topics: [topic], group: subject.name("group"), ...EARLIEST };
      const first = await subject.subscribe(what);
      await messagesOf(first, 2, signal);
      await first[Symbol.asyncDispose]();
      const second = await subject.subscribe(what);
      assert.deepEqual(textsOf(await messagesOf(second, 2, signal)), ["a", "b"]);
    });

    contract("two members share, and one that leaves hands over at once", async (subject) => {
      const { signal } = subject;
      const topic = await subject.createTopic("logs", 4);
      const group = subject.name("group");
      const what = { topics: [topic], group, ...EARLIEST, sessionTimeoutMs: 15_000 };
      const first = await subject.subscribe(what);
      assert.equal((await assignedTo(first, signal)).length, 4);
      const [second, mine] = await Promise.all([
        subject.subscribe(what),
        assignedTo(first, signal, ({ length }) => length === 2),
      ]);
      const yours = await assignedTo(second, signal, ({ length }) => length === 2);
      assert.deepEqual(
        namesOf([...mine, ...yours]),
        [0, 1, 2, 3].map((partition) => `${topic}/${partition}`),
      );
      const startedAt = performance.now();
      await Promise.all([
        assignedTo(second, signal, ({ length }) => length === 4),
        first[Symbol.asyncDispose](),
      ]);
      // By its silence the group finds it gone a session after its last heartbeat, a second ago at most.
      assert.ok(performance.now() - startedAt < 14_000, "took as long as a session");
    });

    contract("after a second member came, what was unfinished comes again", async (subject) => {
      const { signal } = subject;
      const topic = await subject.createTopic("logs", 2);
      await subject.produce(topic, 0, ["a", "b"]);
      await subject.produce(topic, 1, ["c", "d"]);
      const what = { topics: [topic], group: subject.name("group"), ...EARLIEST };
      const first = await subject.subscribe(what);
      await messagesOf(first, 4, signal);
      await first.commit([{ topic, partition: 0, offset: 1 }], signal);
      const [second] = await Promise.all([
        subject.subscribe(what),
        assignedTo(first, signal, ({ length }) => length === 1),
      ]);
      const [[partition], of] = await Promise.all([
        assignedTo(second, signal, ({ length }) => length === 1),
        messagesOf(first, 1, signal),
      ]);
      const [other] = await messagesOf(second, 1, signal);
      const again = [...textsOf(of).slice(0, 1), String(other?.value)];
      assert.deepEqual(again, partition?.partition === 0 ? ["c", "b"] : ["b", "c"]);
    });

    contract(
      "a member beyond the partitions holds nothing until another leaves",
      async (subject) => {
        const { signal } = subject;
        const topic = await subject.createTopic("leader", 1);
        const group = subject.name("group");
        const what = { topics: [topic], group, ...EARLIEST };
        const first = await subject.subscribe(what);
        assert.equal((await assignedTo(first, signal)).length, 1);
        const [second, mine] = await Promise.all([
          subject.subscribe(what),
          assignedTo(first, signal),
        ]);
        const yours = await assignedTo(second, signal);
        assert.equal(mine.length + yours.length, 1);
        // Either may hold it then.
        const [holder, other] = mine.length === 1 ? [first, second] : [second, first];
        const [left] = await Promise.all([
          assignedTo(other, signal),
          holder[Symbol.asyncDispose](),
        ]);
        assert.equal(left.length, 1);
      },
    );

    contract("from the latest, begins at the end and stays at that", async (subject) => {
      const { signal } = subject;
      const topic = await subject.createTopic("logs", 1);
      await subject.produce(topic, 0, ["old"]);
      const what = { topics: [topic], group: subject.name("group"), ...LATEST };
      const first = await subject.subscribe(what);
      await assignedTo(first, signal);
      await subject.produce(topic, 0, ["new"]);
      assert.deepEqual(textsOf(await messagesOf(first, 1, signal)), ["new"]);
      await first[Symbol.asyncDispose]();
      const second = await subject.subscribe(what);
      assert.deepEqual(textsOf(await messagesOf(second, 1, signal)), ["new"]);
    });

    contract("ends its wait when the signal aborts, or it is disposed of", async (subject) => {
      const topic = await subject.createTopic("logs", 1);
      const what = { topics: [topic], group: subject.name("group"), ...EARLIEST };
      const member = await subject.subscribe(what);
      await assignedTo(member, subject.signal);
      assert.equal(await member.next(AbortSignal.abort()), undefined);
      const stop = new AbortController();
      const stopped = member.next(stop.signal);
      stop.abort();
      assert.equal(await stopped, undefined);
      const waiting = member.next(subject.signal);
      await member[Symbol.asyncDispose]();
      await member[Symbol.asyncDispose]();
      assert.equal(await waiting, undefined);
      assert.equal(await member.next(subject.signal), undefined);
      const position = { topic, partition: 0, offset: 1 };
      await assert.rejects(member.commit([position], subject.signal), Fault);
    });

    contract("closing ends what is subscribed; nothing can be after it", async (subject) => {
      const topic = await subject.createTopic("logs", 1);
      const what = { topics: [topic], group: subject.name("group"), ...EARLIEST };
      const member = await subject.subscribe(what);
      await assignedTo(member, subject.signal);
      const waiting = member.next(subject.signal);
      await subject.source.close();
      await subject.source.close();
      assert.equal(await waiting, undefined);
      await assert.rejects(subject.source.subscribe(what, subject.signal), Fault);
    });

    contract("a topic that is not there is a setting's fault", async (subject) => {
      const { signal, source } = subject;
      const topic = subject.name("nowhere");
      const there = await subject.createTopic("there", 1);
      const what = { topics: [there, topic], group: subject.name("group"), ...EARLIEST };
      await assert.rejects(source.subscribe(what, signal), blames(topic));
      await assert.rejects(readAllOf(source, topic, signal), blames(topic));
    });

    contract("nothing is subscribed once the signal has aborted", async (subject) => {
      const topic = await subject.createTopic("logs", 1);
      const what = { topics: [topic], group: subject.name("group"), ...EARLIEST };
      await assert.rejects(subject.source.subscribe(what, AbortSignal.abort()), {
        name: "Fault",
        kind: "outage",
      });
    });

    contract("reads all of a topic, and ends by itself", async (subject) => {
      const { signal, source } = subject;
      const topic = await subject.createTopic("letters", 3);
      assert.deepEqual(await readAllOf(source, topic, signal), []);
      const texts = Array.from({ length: 1200 }, (_, i) => `message ${i}`);
      await subject.produce(topic, 0, texts);
      await subject.produce(topic, 2, ["last"]);
      assert.deepEqual(textsOf(await readAllOf(source, topic, signal)), [...texts, "last"]);
      for await (const some of source.readAll(topic, signal)) {
        assert.ok(some.length > 0);
        break;
      }
    });

    contract("what is written while all is read is left out", async (subject) => {
      const { signal, source } = subject;
      const topic = await subject.createTopic("letters", 1);
      await subject.produce(topic, 0, ["a", "b"]);
      const read: string[] = [];
      for await (const some of source.readAll(topic, signal)) {
        read.push(...textsOf(some));
        await subject.produce(topic, 0, ["more"]);
      }
      assert.deepEqual(read, ["a", "b"]);
      await assert.rejects(readAllOf(source, topic, AbortSignal.abort()), Fault);
    });
  });
}
