import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Fault } from "../../src/domain/faults.ts";
import { blames, namesOf, subjectOf, textsOf } from "./stream-under-test.ts";
import type { CreateStream, Subject } from "./stream-under-test.ts";

const EARLIEST = { from: "earliest" } as const;
const LATEST = { from: "latest" } as const;
/** A checkpoint is stored at least this often. */
const STORED_MS = 5000;

type Capabilities = {
  /** Readers of one group share the lanes; without, the latest one takes all of them. */
  groups: boolean;
  /** It counts its messages. */
  counts: boolean;
};

/** What every message stream promises. The factory makes an empty one and cleans up after the test that it is given. */
export function testMessageStreamContract(
  name: string,
  create: CreateStream,
  capabilities: Capabilities,
): void {
  const contract = (promise: string, run: (subject: Subject) => Promise<void>): void => {
    test(promise, async (t) => run(await subjectOf(t, create)));
  };
  const sharing = capabilities.groups ? contract : () => undefined;
  const takingOver = capabilities.groups ? () => undefined : contract;
  const counting = capabilities.counts ? contract : () => undefined;

  suite(`message stream contract: ${name}`, () => {
    contract("says which lanes it reads, then hands out what was there before", async (subject) => {
      assert.notEqual(subject.stream.name, "");
      const stream = await subject.createStream("logs", 2);
      await subject.produce(stream, 0, ["a", "b"]);
      await subject.produce(stream, 1, ["c"]);
      const group = subject.name("group");
      const reading = subject.read({ streams: [stream], group, ...EARLIEST });
      const messages = await reading.take(3);
      assert.deepEqual(textsOf(messages).toSorted(), ["a", "b", "c"]);
      assert.equal(reading.lanes?.length, 2);
      assert.deepEqual([...new Set(namesOf(messages.map(({ source }) => source)))], reading.lanes);
      for (const { source, timestamp, signal } of messages) {
        assert.equal(source.stream, stream);
        assert.notEqual(source.position, "");
        assert.ok(timestamp > Date.UTC(2020), "a time in milliseconds");
        assert.equal(signal.aborted, false);
      }
    });

    contract("keeps the order of each lane, of several streams", async (subject) => {
      const one = await subject.createStream("one", 2);
      const two = await subject.createStream("two", 1);
      const texts = Array.from({ length: 1200 }, (_, i) => `message ${i}`);
      await subject.produce(one, 0, texts);
      await subject.produce(one, 1, texts.slice(0, 10));
      await subject.produce(two, 0, texts.slice(0, 700));
      const group = subject.name("group");
      const reading = subject.read({ streams: [one, two], group, ...EARLIEST });
      const messages = await reading.take(1910);
      const byLane = Map.groupBy(messages, ({ source }) => namesOf([source])[0]);
      assert.deepEqual(
        [...byLane.values()].map(({ length }) => length).toSorted((a, b) => a - b),
        [10, 700, 1200],
      );
      for (const each of byLane.values()) {
        assert.deepEqual(textsOf(each), texts.slice(0, each.length));
        assert.equal(new Set(each.map(({ source }) => source.position)).size, each.length);
      }
    });

    contract("hands out what is written while it waits", async (subject) => {
      const stream = await subject.createStream("logs", 1);
      const group = subject.name("group");
      const reading = subject.read({ streams: [stream], group, ...EARLIEST });
      await reading.until(() => reading.lanes?.length === 1);
      await subject.produce(stream, 0, ["late"]);
      assert.deepEqual(textsOf(await reading.take(1)), ["late"]);
    });

    contract("goes on after what was settled, each group by itself", async (subject) => {
      const stream = await subject.createStream("logs", 1);
      await subject.produce(stream, 0, ["a", "b", "c"]);
      const what = { streams: [stream], group: subject.name("group"), ...EARLIEST };
      const first = subject.read(what);
      const [a, b] = await first.take(3);
      b?.settle();
      a?.settle();
      a?.settle();
      await first.close();
      const second = subject.read(what);
      const [message] = await second.take(1);
      assert.equal(String(message?.value), "c");
      const other = subject.read({ ...what, group: subject.name("other") });
      assert.deepEqual(textsOf(await other.take(3)), ["a", "b", "c"]);
      assert.deepEqual(first.failed, []);
    });

    contract("stores no position behind a message that is not settled", async (subject) => {
      const stream = await subject.createStream("logs", 1);
      await subject.produce(stream, 0, ["a", "b", "c"]);
      const what = { streams: [stream], group: subject.name("group"), ...EARLIEST };
      const first = subject.read(what);
      const [a, , c] = await first.take(3);
      c?.settle();
      a?.settle();
      await first.close();
      assert.deepEqual(textsOf(await subject.read(what).take(2)), ["b", "c"]);
    });

    contract("what was not settled comes again, to the next reader", async (subject) => {
      const stream = await subject.createStream("logs", 1);
      await subject.produce(stream, 0, ["a", "b"]);
      const what = { streams: [stream], group: subject.name("group"), ...EARLIEST };
      const first = subject.read(what);
      await first.take(2);
      await first.close();
      assert.deepEqual(textsOf(await subject.read(what).take(2)), ["a", "b"]);
    });

    contract("stores what is settled within seconds, without being closed", async (subject) => {
      const stream = await subject.createStream("logs", 1);
      await subject.produce(stream, 0, ["a", "b"]);
      const what = { streams: [stream], group: subject.name("group"), ...EARLIEST };
      const first = subject.read(what);
      const [a] = await first.take(2);
      a?.settle();
      await sleep(STORED_MS);
      // A second reader makes the first one give up lanes, and begins where the checkpoint is.
      const second = subject.read(what);
      await second.until(() => first.repeated > 0 || second.messages.length > 0);
      if (second.messages.length > 0) assert.deepEqual(textsOf(second.messages), ["b"]);
      else assert.equal(first.repeated, 1);
    });

    contract("from the latest, begins at the end and stays at that", async (subject) => {
      const stream = await subject.createStream("logs", 1);
      await subject.produce(stream, 0, ["old"]);
      const what = { streams: [stream], group: subject.name("group"), ...LATEST };
      const first = subject.read(what);
      await first.until(() => first.lanes?.length === 1);
      await subject.produce(stream, 0, ["new"]);
      assert.deepEqual(textsOf(await first.take(1)), ["new"]);
      await first.close();
      assert.deepEqual(textsOf(await subject.read(what).take(1)), ["new"]);
    });

    sharing("two readers share, and one that leaves hands over at once", async (of) => {
      const stream = await of.createStream("logs", 4);
      const what = { streams: [stream], group: of.name("group"), ...EARLIEST };
      const first = of.read(what);
      await first.until(() => first.lanes?.length === 4);
      const all = first.lanes;
      const second = of.read(what);
      await first.until(() => first.lanes?.length === 2);
      await second.until(() => second.lanes?.length === 2);
      assert.deepEqual([...(first.lanes ?? []), ...(second.lanes ?? [])].toSorted(), all);
      const startedAt = performance.now();
      await Promise.all([first.close(), second.until(() => second.lanes?.length === 4)]);
      // By its silence the group finds it gone a session after its last heartbeat.
      assert.ok(performance.now() - startedAt < 9000, "took as long as a session");
    });

    sharing(
      "after a second reader came, what is unfinished comes again to the one that has its lane",
      async (subject) => {
        const stream = await subject.createStream("logs", 2);
        await subject.produce(stream, 0, ["a", "b"]);
        await subject.produce(stream, 1, ["c", "d"]);
        const what = { streams: [stream], group: subject.name("group"), ...EARLIEST };
        const first = subject.read(what);
        const messages = await first.take(4);
        const second = subject.read(what);
        const [one] = await second.take(2);
        const theirs = one?.source.lane;
        assert.deepEqual(
          textsOf(second.messages),
          textsOf(messages.filter(({ source }) => source.lane === theirs)),
        );
        await first.until(() => first.repeated === 2);
        for (const { source, signal } of messages) {
          assert.equal(signal.aborted, source.lane === theirs);
        }
        // What was taken from it may be settled, and counts for nothing; the rest counts.
        for (const { settle } of messages) settle();
        await first.close();
        await second.close();
        const third = subject.read(what);
        await third.take(2);
        assert.deepEqual([...new Set(third.messages.map(({ source }) => source.lane))], [theirs]);
      },
    );

    sharing("a reader beyond the lanes holds nothing until another leaves", async (subject) => {
      const stream = await subject.createStream("leader", 1);
      const what = { streams: [stream], group: subject.name("group"), ...EARLIEST };
      const first = subject.read(what);
      await first.until(() => first.lanes?.length === 1);
      const second = subject.read(what);
      await second.until(() => second.lanes !== undefined);
      const both = () => (first.lanes?.length ?? 0) + (second.lanes?.length ?? 0);
      await first.until(() => both() === 1);
      // Either may hold it then.
      const [holder, other] = first.lanes?.length === 1 ? [first, second] : [second, first];
      await Promise.all([other.until(() => other.lanes?.length === 1), holder.close()]);
    });

    takingOver(
      "a later reader takes all lanes from the one before, whose messages count no more",
      async (subject) => {
        const stream = await subject.createStream("logs", 2);
        await subject.produce(stream, 0, ["a", "b"]);
        await subject.produce(stream, 1, ["c"]);
        const what = { streams: [stream], group: subject.name("group"), ...EARLIEST };
        const first = subject.read(what);
        const messages = await first.take(3);
        const second = subject.read(what);
        assert.deepEqual(textsOf(await second.take(3)), textsOf(messages));
        await first.until(() => first.lanes?.length === 0);
        for (const { signal, settle } of messages) {
          assert.equal(signal.aborted, true);
          settle();
        }
        await first.close();
        await second.close();
        assert.equal((await subject.read(what).take(3)).length, 3);
      },
    );

    contract("ends its wait when the signal aborts, or it is disposed of", async (subject) => {
      const stream = await subject.createStream("logs", 1);
      const what = { streams: [stream], group: subject.name("group"), ...EARLIEST };
      const told = { lanes: 0 };
      const reader = subject.stream.open(
        what,
        {
          assigned: (lanes) => (told.lanes = lanes.length),
          repeated: () => undefined,
          checkpointFailed: () => undefined,
        },
        subject.signal,
      );
      assert.equal(await reader.read(AbortSignal.abort()), undefined);
      const stop = new AbortController();
      const stopped = reader.read(stop.signal);
      while (told.lanes === 0) await sleep(20);
      stop.abort();
      assert.equal(await stopped, undefined);
      const waiting = reader.read(subject.signal);
      await reader[Symbol.asyncDispose]();
      await reader[Symbol.asyncDispose]();
      assert.equal(await waiting, undefined);
      assert.equal(await reader.read(subject.signal), undefined);
    });

    contract(
      "closing ends what is read and stores what was settled; nothing can be after it",
      async (subject) => {
        const stream = await subject.createStream("logs", 1);
        await subject.produce(stream, 0, ["a"]);
        const what = { streams: [stream], group: subject.name("group"), ...EARLIEST };
        const first = subject.read(what);
        const [a] = await first.take(1);
        a?.settle();
        await subject.stream.close();
        await subject.stream.close();
        await first.close();
        assert.deepEqual(first.failed, []);
        await assert.rejects(subject.read(what).take(1), Fault);
      },
    );

    contract("a stream that is not there is a setting's fault", async (subject) => {
      const missing = subject.name("nowhere");
      const there = await subject.createStream("there", 1);
      const what = { streams: [there, missing], group: subject.name("group"), ...EARLIEST };
      await assert.rejects(subject.read(what).take(1), blames(missing));
    });

    counting(
      "counts what is behind: from the start, from the end, and from the checkpoint",
      async (of) => {
        const { backlog } = of.stream;
        assert.ok(backlog);
        const stream = await of.createStream("logs", 2);
        await of.produce(stream, 0, ["a", "b", "c"]);
        const what = { streams: [stream], group: of.name("group") };
        const rows = async (from: "earliest" | "latest") =>
          (await backlog({ ...what, from }, of.signal)).map(({ written, settled, lag }) => [
            written,
            settled,
            lag,
          ]);
        assert.deepEqual(await rows("latest"), [
          [3, null, 0],
          [0, null, 0],
        ]);
        assert.deepEqual(await rows("earliest"), [
          [3, null, 3],
          [0, null, 0],
        ]);
        const reading = of.read({ ...what, ...EARLIEST });
        const [a] = await reading.take(3);
        a?.settle();
        await reading.close();
        for (const from of ["earliest", "latest"] as const) {
          assert.deepEqual(await rows(from), [
            [3, 1, 2],
            [0, null, 0],
          ]);
        }
        const missing = of.name("nowhere");
        await assert.rejects(
          backlog({ ...what, streams: [missing], ...EARLIEST }, of.signal),
          blames(missing),
        );
      },
    );
  });
}
