import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../support/asserts/eventually.ts";
import { stopAndCount } from "../../support/asserts/printed-events.ts";
import { freshLogs, openTailStory, textsOf } from "../../support/commands/tail-story.ts";

const LOGS = 900;
const BATCH = 50;
/** Batches that one process works at side by side. */
const AT_ONCE = 4;
const VICTIM = "sk-victim-0123456789";

test(
  "three tails, one killed in mid-batch and another begun: no record is lost, and each document is written once",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t, { partitions: 6, delayMs: 300 });
    const logs = freshLogs("shared", LOGS);
    await story.store(logs);
    const settings = { ENRICHMENT_BATCH_SIZE: String(BATCH) };
    const victim = await story.tail({ ...settings, OPENAI_API_KEY: VICTIM });
    const survivors = await Promise.all([story.tail(settings), story.tail(settings)]);
    await victim.says(/Tail reads \S+ \d+, \d+"/);
    const ofVictim = () =>
      story.stub.requests.filter(({ headers }) => headers.authorization === `Bearer ${VICTIM}`);

    await story.send(logs);
    // The first batches are written by then, and the next are at the embedder.
    await eventually(() => ofVictim().length > AT_ONCE, t);
    victim.kill("SIGKILL");
    await victim.ended;
    survivors.push(await story.tail(settings));

    await story.untilVectors(LOGS);
    await story.untilFinished();
    const tallies = await Promise.all(survivors.map((tail) => stopAndCount(tail)));
    assert.deepEqual(await story.vectors(), textsOf(logs));
    const versions = [...(await story.versions()).values()];
    assert.deepEqual(new Set(versions), new Set([2]), "a document was written more than once");

    const sum = (count: (tally: (typeof tallies)[number]) => number) =>
      tallies.reduce((all, tally) => all + count(tally), 0);
    const written = sum(({ outcomes }) => outcomes.updated);
    const seen = sum(({ outcomes }) => outcomes.already_vectorized);
    assert.equal(
      sum(({ taken }) => taken),
      written + seen,
      "some ended in another way",
    );
    const before = LOGS - written;
    assert.ok(before >= 0 && before <= ofVictim().length * BATCH, `${before} by the killed one`);
    const twice = story.embedded().length - LOGS;
    assert.ok(twice <= AT_ONCE * BATCH, `${twice} texts were paid for twice`);
  },
);
