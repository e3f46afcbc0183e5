import assert from "node:assert/strict";
import { test } from "node:test";
import { Producer } from "@platformatic/kafka";
import { readDeadLetter } from "../../../src/stream/dead-letter.ts";
import { highWaterMark, skipMemory } from "../../support/asserts/peak-memory.ts";
import { eventsOf, stopAndCount } from "../../support/asserts/printed-events.ts";
import { freshLogs, openTailStory, textsOf } from "../../support/commands/tail-story.ts";

const MAX_MS = 10 * 60_000;
const MIB = 1024 * 1024;
/** What the project's own manifests give a container. */
const CONTAINER_BYTES = 512 * MIB;

/** Of zeros: what each codec makes very small. */
const BOMBS = [
  ["gzip", 300 * MIB],
  ["zstd", 300 * MIB],
  ["lz4", 200 * MIB],
  ["snappy", 100 * MIB],
] as const;

for (const [compression, bytes] of BOMBS) {
  test(
    `a bomb of ${compression} is one dead letter, before and after a restart the tail lives on what a container has`,
    { timeout: MAX_MS, skip: skipMemory },
    async (t) => {
      const story = await openTailStory(t);
      await story.kafka.admin.incrementalAlterConfigs({
        resources: [
          {
            resourceType: 2,
            resourceName: story.topic,
            configs: [{ name: "max.message.bytes", configOperation: 0, value: String(16 * MIB) }],
          },
        ],
      });
      const [before, after, late] = [
        freshLogs("before", 3),
        freshLogs("after", 3),
        freshLogs("late", 2),
      ];
      await story.store([...before, ...after, ...late]);
      await story.send(before);
      const producer = new Producer({
        clientId: "bomber",
        bootstrapBrokers: [story.kafka.broker],
        timeout: 120_000,
      });
      t.after(() => producer.close(true));
      const bomb = { topic: story.topic, partition: 0, value: Buffer.alloc(bytes) };
      await producer.send({
        messages: [bomb, { ...bomb, value: Buffer.from("{}") }],
        compression,
        acks: -1,
      });
      const packed = after.map((log) => ({
        topic: story.topic,
        partition: 0,
        value: Buffer.from(JSON.stringify(log)),
      }));
      await producer.send({ messages: packed, compression, acks: -1 });
      const tail = await story.tail();
      await story.untilVectors(6);
      await story.untilFinished();
      const peak = await highWaterMark(tail.pid);
      t.diagnostic(`peak ${Math.round(peak / MIB)} MiB`);
      assert.ok(peak < CONTAINER_BYTES, `${Math.round(peak / MIB)} MiB`);
      const letters = await story.kafka.readAll(story.letters);
      assert.equal(letters.length, 1);
      const letter = readDeadLetter(letters[0] ?? assert.fail());
      assert.partialDeepStrictEqual(letter, {
        code: "batch_not_read",
        from: { lane: "0", position: "3" },
        lastPosition: "4",
      });
      assert.match(
        letter?.reason ?? "",
        new RegExp(`offsets 3 to 4 was passed over: .* of ${compression}: it unpacks to more than`),
      );
      assert.equal(eventsOf(tail.printed(), "dead-letter").length, 1);
      await stopAndCount(tail);
      const again = await story.tail();
      await story.send(late);
      await story.untilVectors(8);
      await stopAndCount(again);
      assert.equal((await story.kafka.readAll(story.letters)).length, 1, "passed over once");
      assert.deepEqual(await story.vectors(), textsOf([...before, ...after, ...late]));
    },
  );
}
