import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../support/asserts/eventually.ts";
import { stopAndCount } from "../../support/asserts/printed-events.ts";
import { freshLogs, openTailStory, textsOf } from "../../support/commands/tail-story.ts";

const LOGS = 1500;
const BATCH = 50;
/** Batches that one process works at side by side. */
const AT_ONCE = 4;

test(
  "tails come and go under load: no record is lost, each document is written once, and what is counted adds up",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t, { partitions: 6, delayMs: 300 });
    const logs = freshLogs("scaled", LOGS);
    await story.store(logs);
    const settings = { ENRICHMENT_BATCH_SIZE: String(BATCH) };
    const first = await story.tail(settings);
    await story.send(logs);
    await eventually(() => story.stub.requests.length > AT_ONCE, t);
    const second = await story.tail(settings);
    const third = await story.tail(settings);
    const left = await stopAndCount(first);
    await story.untilVectors(LOGS);
    await story.untilFinished();
    const tallies = [left, await stopAndCount(second), await stopAndCount(third)];
    assert.deepEqual(await story.vectors(), textsOf(logs));
    const versions = [...(await story.versions()).values()];
    assert.deepEqual(new Set(versions), new Set([2]), "a document was written more than once");
    const written = tallies.reduce(
      (sum, { outcomes }) => sum + outcomes.updated + outcomes.reused,
      0,
    );
    assert.equal(written, LOGS);
    // What is at the embedder when its partition moves is paid for again by who holds it then: at three moves here, of
    // what one process is at, then of two, and of the two that stay.
    const twice = story.embedded().length - LOGS;
    assert.ok(twice <= 5 * AT_ONCE * BATCH, `${twice} texts were paid for twice`);
  },
);
