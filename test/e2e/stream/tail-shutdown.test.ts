import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../support/asserts/eventually.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";
import { stopAndCount, tallyOf } from "../../support/asserts/printed-events.ts";
import {
  freshLogs,
  openTailStory,
  textsOf,
  toMessage,
  type TailStory,
} from "../../support/commands/tail-story.ts";
import { stoppedInTime, withinGrace } from "../../support/asserts/within-grace.ts";

/** Nobody hands the batch on because of its age. */
const OPEN = { ENRICHMENT_BATCH_TIMEOUT: "300" };

test(
  "SIGTERM with an open batch: it is written and committed, and the next start repeats nothing",
  { timeout: 300_000 },
  (t) =>
    withinGrace(async (stop) => {
      const story = await openTailStory(t);
      const logs = freshLogs("open", 10);
      await story.store(logs);
      const tail = await story.tail(OPEN);
      await story.send(logs);
      await untilRead(story, 1, t);
      assert.deepEqual(story.embedded(), [], "the batch was not open");

      const tally = tallyOf(await stoppedInTime(stop, tail));
      assert.deepEqual(outcomesOf(tally), { updated: logs.length, quarantined: 1 });
      assert.deepEqual(await story.vectors(), textsOf(logs));
      assert.deepEqual(await story.committed(), [logs.length + 1]);

      const next = await story.tail();
      await untilRead(story, 2, t);
      assert.deepEqual(outcomesOf(await stopAndCount(next)), { quarantined: 1 });
      assert.deepEqual(story.embedded().toSorted(), textsOf(logs));
    }),
);

test(
  "SIGTERM while the embedder hangs: it ends all the same, commits nothing, and the next start does it",
  { timeout: 300_000 },
  (t) =>
    withinGrace(async (stop) => {
      const story = await openTailStory(t);
      const logs = freshLogs("hanging", 10);
      await story.store(logs);
      story.stub.setFault({ kind: "hangs" });
      const tail = await story.tail();
      await story.send(logs);
      await eventually(() => story.stub.requests.length > 0, t);

      const tally = tallyOf(await stoppedInTime(stop, tail));
      assert.deepEqual(outcomesOf(tally), { deferred: logs.length });
      assert.deepEqual(await story.vectors(), []);
      assert.deepEqual(await story.committed(), [0]);

      story.stub.setFault(null);
      const next = await story.tail();
      await story.untilVectors(logs.length);
      await story.untilFinished();
      assert.deepEqual(outcomesOf(await stopAndCount(next)), { updated: logs.length });
    }),
);

test(
  "SIGTERM while records wait for Logstash: it ends at once, and the next start looks for them",
  { timeout: 300_000 },
  (t) =>
    withinGrace(async (stop) => {
      const story = await openTailStory(t);
      const [there, late] = [freshLogs("there", 5), freshLogs("late", 5)];
      await story.store(there);
      const tail = await story.tail();
      await story.send([...late, ...there]);
      await story.untilVectors(there.length);

      const tally = tallyOf(await stoppedInTime(stop, tail));
      assert.deepEqual(outcomesOf(tally), { updated: there.length, deferred: late.length });
      assert.deepEqual(await story.committed(), [0]);

      await story.store(late);
      const next = await story.tail();
      await story.untilVectors(there.length + late.length);
      await story.untilFinished();
      const again = await stopAndCount(next);
      assert.deepEqual(outcomesOf(again), {
        updated: late.length,
        already_vectorized: there.length,
      });
      assert.deepEqual(story.embedded().toSorted(), textsOf([...there, ...late]));
    }),
);

/** Its dead letter shows that a broken message has been read, and all that came before it. */
async function untilRead(story: TailStory, letters: number, t: { signal: AbortSignal }) {
  await story.sendRaw(freshLogs("broken", 1).map((log) => toMessage(log).slice(0, -5)));
  await eventually(async () => (await story.kafka.readAll(story.letters)).length === letters, t);
}
