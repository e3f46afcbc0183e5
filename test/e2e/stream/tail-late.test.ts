import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../support/asserts/eventually.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import { eventsOf, stopAndCount } from "../../support/asserts/printed-events.ts";
import { freshLogs, olderLogs, openTailStory, textsOf } from "../../support/commands/tail-story.ts";
import type { TailStory } from "../../support/commands/tail-story.ts";

test(
  "Logstash is late: those behind do not wait, what comes too late is the backfill's, what never comes costs nothing",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t);
    const never = freshLogs("never", 1);
    const soon = freshLogs("3 s late", 1);
    const tooLate = olderLogs("30 s late", 1);
    const there = freshLogs("there", 20);
    await story.store(there);
    const sentAt = performance.now();
    await story.send([...never, ...soon, ...tooLate, ...there]);
    const tail = await story.tail({ LOG_LEVEL: "debug" });
    const left = () => eventsOf(tail.printed(), "tail-left-to-backfill");
    /** Whatever is behind the first unfinished record stays uncommitted, until it is left to the backfill. */
    const assertUncommitted = async () => {
      const committed = await story.committed();
      if (left().length === 0) assert.deepEqual(committed, [0]);
    };

    await story.untilVectors(there.length);
    await assertUncommitted();
    const lateAfterMs = 3000;
    await eventually(() => performance.now() - sentAt > lateAfterMs, t);
    await story.store(soon);
    await story.untilVectors(there.length + 1);
    await assertUncommitted();

    await story.untilFinished();
    assert.deepEqual(await story.vectors(), textsOf([...there, ...soon]));
    const told = left().map(({ message }) => message);
    assert.match(told.join("; "), /missing: left to the backfill/);
    const leftAt = Date.parse(String(left()[0]?.["@timestamp"]));
    const behindAt = lastSentAt(story, textsOf(there));
    assert.ok(behindAt < leftAt, "those behind a late one waited for it");
    const tally = await stopAndCount(tail);
    assert.deepEqual(outcomesOf(tally), { updated: there.length + 1, missing: 2 });

    await story.store(tooLate);
    await story.logs.send("POST", `/${story.index}/_refresh`);
    const once = await runVectorizer(t, ["--once", "--json"], { env: story.env });
    assert.deepEqual(outcomesOf(printedSummary(once)), { updated: 1 });
    assert.deepEqual(await story.vectors(), textsOf([...there, ...soon, ...tooLate]));
    const paid = story.embedded().toSorted();
    assert.deepEqual(paid, textsOf([...there, ...soon, ...tooLate]), "paid twice, or for nothing");
  },
);

/** When the embedder was sent the last of these texts. */
function lastSentAt({ stub }: TailStory, of: readonly string[]): number {
  const sent = stub.requests.filter(({ texts }) => texts.some((text) => of.includes(text)));
  return Math.max(...sent.map(({ arrivedAt }) => arrivedAt));
}
