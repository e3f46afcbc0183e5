import assert from "node:assert/strict";
import { test } from "node:test";
import { eventsOf, stopAndCount } from "../../support/asserts/printed-events.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import { freshLogs, openTailStory } from "../../support/commands/tail-story.ts";

test(
  "the day's budget is used up: the tail commits what it cannot pay for, and the backfill makes up for it",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t);
    const logs = freshLogs("dear", 60);
    await story.store(logs);
    const budget = { EMBEDDING_PRICE_PER_MILLION_TOKENS: "1000000", MAX_COST_USD_PER_DAY: "100" };
    const tail = await story.tail(budget);
    await story.send(logs);
    await story.untilFinished();

    const written = (await story.vectors()).length;
    const paid = story.embedded().reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
    assert.ok(written > 0 && paid <= 100, `${written} vectors for $${paid}`);
    const tally = await stopAndCount(tail);
    assert.deepEqual(outcomesOf(tally), { updated: written, deferred: logs.length - written });
    const told = eventsOf(tail.printed(), "budget-reached");
    assert.equal(told.length, 1, tail.printed());
    assert.match(
      told[0]?.message ?? "",
      /^MAX_COST_USD_PER_DAY is reached: .* Embedding resumes at /,
    );
    assert.deepEqual(eventsOf(tail.printed(), "tail-paused"), []);

    const env = { ...story.env, BACKFILL_MIN_AGE_SECONDS: "0" };
    const { code, stdout } = await runVectorizer(t, ["--once"], { env });
    assert.equal(code, 0, stdout);
    assert.equal((await story.vectors()).length, logs.length);
    assert.equal(new Set(story.embedded()).size, story.embedded().length, "paid for twice");
  },
);
