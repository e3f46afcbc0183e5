import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomesOf } from "../../support/asserts/printed-json.ts";
import { stopAndCount } from "../../support/asserts/printed-events.ts";
import { freshLogs, openTailStory, textsOf } from "../../support/commands/tail-story.ts";

const LOGS = 30;

test(
  "each message three times, over a restart: one embedding a text, one write a document",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t, { partitions: 2 });
    const logs = freshLogs("twice", LOGS);
    await story.store(logs);
    await story.send([...logs, ...logs]);
    const first = await story.tail({ ENRICHMENT_BATCH_SIZE: "20" });
    await story.untilFinished();
    const { outcomes, taken } = await stopAndCount(first);
    // Of two batches that wait for the same text, either may be the first to write.
    const written = outcomes.updated + outcomes.reused;
    assert.deepEqual([taken, written, outcomes.already_vectorized], [2 * LOGS, LOGS, LOGS]);

    await story.send(logs);
    const second = await story.tail();
    await story.untilFinished();
    const again = await stopAndCount(second);
    assert.deepEqual(outcomesOf(again), { already_vectorized: LOGS });

    // A group of another name reads all of it from the start.
    const group = `${story.group}-other`;
    const third = await story.tail({ CONSUMER_GROUP_ID: group });
    await story.untilFinished({ group });
    assert.deepEqual(outcomesOf(await stopAndCount(third)), { already_vectorized: 3 * LOGS });

    assert.deepEqual(story.embedded().toSorted(), textsOf(logs));
    assert.deepEqual(await story.vectors(), textsOf(logs));
    const versions = [...(await story.versions()).values()];
    assert.deepEqual(new Set(versions), new Set([2]), "a document was written more than once");
  },
);
