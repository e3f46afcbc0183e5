import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Fault } from "../../src/domain/faults.ts";
import { blames, readAllOf, subjectOf, textsOf } from "./stream-under-test.ts";
import type { CreateStream, Subject } from "./stream-under-test.ts";

/** What every place for dead letters promises. */
export function testDeadLettersContract(name: string, create: CreateStream): void {
  const contract = (promise: string, run: (subject: Subject) => Promise<void>): void => {
    test(promise, async (t) => run(await subjectOf(t, create)));
  };

  suite(`dead letters contract: ${name}`, () => {
    contract("keeps key, value and headers byte for byte, for readers too", async (subject) => {
      const { signal } = subject;
      const letters = subject.deadLetters(await subject.createStream("letters", 1));
      const bytes = Buffer.from([0, 255, 128, 10, 0]);
      const sent = [
        {
          key: bytes,
          value: Buffer.from("v"),
          headers: [
            ["reason", Buffer.from("größer")],
            ["reason", Buffer.from("again")],
            ["empty", Buffer.alloc(0)],
          ] as const,
        },
        { key: Buffer.alloc(0), value: Buffer.alloc(0), headers: [] },
        { key: null, value: null, headers: [] },
      ];
      await letters.send([], signal);
      await letters.send(sent, signal);
      const read = await readAllOf(letters, signal);
      assert.deepEqual(
        read.map(({ key, value, headers }) => ({ key, value, headers })),
        sent,
      );
      const group = subject.name("group");
      const reading = subject.read({ streams: [letters.name], group, from: "earliest" });
      assert.deepEqual(
        (await reading.take(3)).map(({ signal: _signal, settle: _settle, ...stored }) => stored),
        read,
      );
    });

    contract("reads all that is there, and ends by itself", async (subject) => {
      const { signal } = subject;
      const letters = subject.deadLetters(await subject.createStream("letters", 3));
      assert.deepEqual(await readAllOf(letters, signal), []);
      const texts = Array.from({ length: 1200 }, (_, i) => `message ${i}`);
      await subject.produce(letters.name, 0, texts);
      await subject.produce(letters.name, 2, ["last"]);
      assert.deepEqual(textsOf(await readAllOf(letters, signal)), [...texts, "last"]);
      for await (const some of letters.read(signal)) {
        assert.ok(some.length > 0);
        break;
      }
    });

    contract("what is written while all is read is left out", async (subject) => {
      const { signal } = subject;
      const letters = subject.deadLetters(await subject.createStream("letters", 1));
      await subject.produce(letters.name, 0, ["a", "b"]);
      const read: string[] = [];
      for await (const some of letters.read(signal)) {
        read.push(...textsOf(some));
        await subject.produce(letters.name, 0, ["more"]);
      }
      assert.deepEqual(read, ["a", "b"]);
    });

    contract("takes many large ones at once", async (subject) => {
      const { signal } = subject;
      const letters = subject.deadLetters(await subject.createStream("letters", 1));
      const value = Buffer.alloc(300_000, "x");
      const large = Array.from({ length: 5 }, () => ({ key: null, value, headers: [] }));
      await letters.send(large, signal);
      const read = await readAllOf(letters, signal);
      assert.equal(read.length, 5);
      assert.ok(read.every((message) => message.value?.equals(value)));
    });

    contract("nothing is sent or read once the signal has aborted", async (subject) => {
      const letters = subject.deadLetters(await subject.createStream("letters", 1));
      await subject.produce(letters.name, 0, ["a"]);
      const outage = { name: "Fault", kind: "outage" };
      const one = { key: null, value: null, headers: [] };
      await assert.rejects(letters.send([one], AbortSignal.abort()), outage);
      await assert.rejects(readAllOf(letters, AbortSignal.abort()), Fault);
    });

    contract("a place that is not there is a setting's fault, and stays so", async (subject) => {
      const { signal } = subject;
      const missing = subject.name("nowhere");
      const letters = subject.deadLetters(missing);
      const one = { key: null, value: null, headers: [] };
      await assert.rejects(letters.send([one], signal), blames(missing));
      await assert.rejects(readAllOf(letters, signal), blames(missing));
    });
  });
}
