import assert from "node:assert/strict";
import { test } from "node:test";
import { addOutcomes } from "../../../src/domain/outcome.ts";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { isBulk } from "../../support/fakes/cycle-points.ts";
import { errorLogs } from "../../support/servers/open-search-fixture.ts";
import { printedSummary } from "../../support/asserts/printed-json.ts";
import { startVectorizer } from "../../support/commands/run-command.ts";
import { textsWithVector } from "../../support/asserts/stored-vectors.ts";

const RECORDS = 200;
const LEFT = RECORDS - 1;

test("two runs at the same time: each record right, written once, and counted honestly", async (t) => {
  const story = await openBackfillStory(t, {
    logs: { logs: errorLogs(RECORDS) },
    env: { BACKFILL_BATCH_SIZE: String(RECORDS) },
  });
  // The index has taken a vector: it is on trial no more, so that both find all the others in one go.
  assert.equal((await story.once({ BACKFILL_BATCH_SIZE: "1" })).summary.outcomes.updated, 1);
  // Neither writes before the other has found the same records.
  const writes = [story.openSearch.hold(isBulk), story.openSearch.hold(isBulk)];

  const env = { ...story.env, STATE_DIR: undefined };
  const runs = await Promise.all(
    [1, 2].map(() => startVectorizer(t, ["--once", "--json"], { env })),
  );
  await Promise.all(writes.map(({ arrived }) => arrived));
  for (const { release } of writes) release();
  const ended = await Promise.all(runs.map((run) => run.ended));

  assert.deepEqual(
    ended.map(({ code }) => code),
    [0, 0],
    ended.map((e) => e.stderr).join("\n"),
  );
  const [a, b] = ended.map(printedSummary);
  assert.ok(a && b);
  assert.deepEqual([a.taken, b.taken], [LEFT, LEFT], "they did not run at the same time");
  const {
    updated,
    conflicted,
    already_vectorized: already,
    ...others
  } = addOutcomes(a.outcomes, b.outcomes);
  assert.equal(updated, LEFT);
  assert.equal(conflicted + already, LEFT);
  assert.ok(Object.values(others).every((number) => number === 0));
  assert.equal((await textsWithVector(story.logs, story.index())).length, RECORDS);
});
