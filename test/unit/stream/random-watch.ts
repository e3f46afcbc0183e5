import assert from "node:assert/strict";
import type { Embedder } from "../../../src/ports/embedder.ts";
import type { JoinGroup } from "../../../src/adapters/kafka/group-member.ts";
import { createMessageStream } from "../../../src/adapters/kafka/message-stream.ts";
import type { KafkaMessage } from "../../../src/adapters/kafka/messages.ts";
import type { RecordStore } from "../../../src/ports/record-store.ts";
import { readDeadLetter, type DeadLetter } from "../../../src/stream/dead-letter.ts";
import { GROUP, INDEX, TOPIC, idOf, type setUpConsumer } from "./consumer-setup.ts";
import { textOf, type RandomMessage } from "./random-messages.ts";

type Setup = ReturnType<typeof setUpConsumer>;

/** From the first look to the last: one, and one after each wait. */
const LOOKS = 5;

/** Looks on while the story goes, and fails as soon as a promise is broken. */
export function watchStory(setup: Setup, about: string) {
  const { kafka, streams, clock, broker, store, embedder } = setup;
  /** Each partition's messages, in the order of their offsets. */
  const produced = new Map<number, RandomMessage[]>();
  /** Per partition, up to where everything was found finished. */
  const finishedTo = new Map<number, number>();
  /** Documents whose write was refused for the sake of their index. */
  const refusedByIndex = new Set<string>();
  /** Documents whose mark could not be written. */
  const unmarked = new Set<string>();
  const sourceOf = (number: number) => store.read({ index: INDEX, id: idOf(number) });
  const letters: (Partial<DeadLetter> & { message: KafkaMessage })[] = [];
  const readLetters = () => {
    for (const message of setup.letters().slice(letters.length)) {
      letters.push({ ...readDeadLetter(message), message });
    }
    return letters;
  };

  const hasLetter = ({ partition, key, value }: RandomMessage, offset: number, code?: string) =>
    readLetters().some(
      (letter) =>
        letter.from?.lane === String(partition) &&
        letter.from.position === String(offset) &&
        (code === undefined ? letter.code !== "refused" : letter.code === code) &&
        String(letter.message.key) === key &&
        (value === null ? letter.message.value === null : String(letter.message.value) === value),
    );

  const assertFinished = (
    message: RandomMessage,
    offset: number,
    looksAt: (id: string) => number,
  ) => {
    const where = `${about}: ${message.partition} at ${offset} (${message.value})`;
    if (message.broken) assert.ok(hasLetter(message, offset), `${where} has no dead letter`);
    for (const { number, text } of message.records) {
      const source = sourceOf(number);
      if (Array.isArray(source?.["log_vector"]) || refusedByIndex.has(idOf(number))) continue;
      if (setup.told.indexPaused.length > 0) {
        // The backfill comes to what is let go while its index takes no updates, and a letter may be another's.
        const marked = source?.["log_vector_meta"] !== undefined;
        if (!marked) refusedByIndex.add(idOf(number));
        continue;
      }
      if (text.startsWith("poison") && source) {
        if (hasLetter(message, offset, "refused")) continue;
      }
      const looks = looksAt(idOf(number));
      assert.ok(looks >= LOOKS, `${where}: ${idOf(number)} was let go after ${looks} looks`);
    }
  };

  /** The parts of one process, each watched. */
  function watched() {
    const looks = new Map<string, number>();
    const answered = new Set<string>();
    const locate: RecordStore["locate"] = async (targets, signal) => {
      const located = await store.locate(targets, signal);
      for (const { id } of targets) looks.set(id, (looks.get(id) ?? 0) + 1);
      return located;
    };
    const write: RecordStore["write"] = (updates, signal) =>
      store.write(updates, signal).catch((error: unknown) => {
        for (const update of updates) if ("mark" in update) unmarked.add(update.record.id);
        throw error;
      });
    const embed: Embedder["embed"] = async (inputs, signal) => {
      for (const { text, logId } of inputs) {
        if (logId === "probe") continue;
        const source = store.read({ index: INDEX, id: logId });
        assert.equal(source?.["message"], text, `${about}: ${logId} was embedded unseen`);
        assert.ok(!answered.has(text), `${about}: "${text}" was paid for twice`);
      }
      const answer = await embedder.embed(inputs, signal);
      inputs.forEach(({ text }, i) => answer.vectors[i] && answered.add(text));
      return answer;
    };
    const join: JoinGroup = async (what, signal) => {
      const member = await kafka.join(what, signal);
      return {
        ...member,
        async commit(positions, stop) {
          await member.commit(positions, stop);
          checkCommitted((id) => looks.get(id) ?? 0);
        },
      };
    };
    const groups = { join, close: () => Promise.resolve() };
    return {
      store: { ...store, locate, write },
      embedder: { ...embedder, embed },
      streams: { ...streams, stream: createMessageStream({ groups, topics: kafka.topics, clock }) },
    };
  }

  function checkCommitted(looksAt: (id: string) => number): void {
    for (const [name, offset] of Object.entries(broker.committed(GROUP))) {
      const partition = Number(name.slice(TOPIC.length + 1));
      const messages = produced.get(partition) ?? [];
      for (let at = finishedTo.get(partition) ?? 0; at < offset; at++) {
        const message = messages[at];
        assert.ok(message, `${about}: ${name} is committed beyond its end`);
        assertFinished(message, at, looksAt);
        finishedTo.set(partition, at + 1);
      }
    }
  }

  return {
    watched,
    produced,
    refusedByIndex,
    allCommitted: () =>
      [...produced].every(([partition, { length }]) => finishedTo.get(partition) === length),
    /** Everything is finished, and what had its document in time has its vector or its mark. */
    assertAllDone(inTime: (number: number) => boolean) {
      for (const [partition, messages] of produced) {
        assert.equal(finishedTo.get(partition) ?? 0, messages.length, `${about}: all is committed`);
        for (const { number, text } of messages.flatMap(({ records }) => records)) {
          if (!inTime(number) || refusedByIndex.has(idOf(number))) continue;
          const source = sourceOf(number);
          const where = `${about}: ${idOf(number)}, ${textOf(number)}`;
          assert.equal(Array.isArray(source?.["log_vector"]), !text.startsWith("poison"), where);
          if (!text.startsWith("poison") || unmarked.has(idOf(number))) continue;
          assert.partialDeepStrictEqual(source?.["log_vector_meta"], { skipped: "refused" }, where);
        }
      }
    },
  };
}
