import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { isBulk } from "../../support/fakes/cycle-points.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { eventsOf } from "../../support/asserts/printed-events.ts";
import { outcomesOf, readSummary } from "../../support/asserts/printed-json.ts";
import type { OpenSearchFault } from "../../support/servers/open-search-faults.ts";

const RECORDS = 20;
const TOO_MANY: OpenSearchFault = {
  kind: "answers",
  status: 429,
  body: {
    error: {
      type: "opensearch_rejected_execution_exception",
      reason: "rejected execution of coordinating operation",
    },
    status: 429,
  },
};
/** As a load balancer says it. */
const UNAVAILABLE: OpenSearchFault = {
  kind: "answers",
  status: 503,
  body: "<html>503 Service Temporarily Unavailable</html>",
};

for (const [what, fault] of [
  ["429", TOO_MANY],
  ["503", UNAVAILABLE],
] as const) {
  test(
    `${what} to a whole bulk request: it is sent again, and nothing is paid for twice`,
    { timeout: 300_000 },
    async (t) => {
      const story = await openBackfillStory(t);
      story.openSearch.fail(isBulk, fault, { next: 2 });

      const { summary, code, stderr } = await story.once();

      assert.deepEqual([outcomesOf(summary), code], [{ updated: RECORDS }, 0], stderr);
      assert.equal(story.openSearch.count(isBulk), 3);
      assert.equal(story.audit.paidOnce(), RECORDS);
      assert.equal((await story.audit.check()).vectors, RECORDS);
    },
  );
}

test(
  "503 to every bulk request: a few tries, and the next cycle writes the vectors without paying again",
  { timeout: 300_000 },
  async (t) => {
    const story = await openBackfillStory(t, { env: { LOG_FORMAT: "json" } });
    story.openSearch.fail(isBulk, UNAVAILABLE);

    const daemon = await story.daemon();
    await eventually(() => eventsOf(daemon.printed(), "cycle-ended").length === 1, t);
    const bulks = story.openSearch.count(isBulk);
    story.openSearch.clear();
    // Each of four tries is sent a second time by the client itself.
    assert.ok(bulks >= 2 && bulks <= 8, `${bulks} bulk requests`);
    const [first] = eventsOf(daemon.printed(), "cycle-ended");
    const { outcomes } = readSummary(first?.["log_vectorizer.summary"]);
    assert.deepEqual(outcomesOf({ outcomes }), { deferred: RECORDS }, daemon.printed());

    await eventually(async () => (await story.audit.check()).vectors === RECORDS, t);
    assert.equal(story.audit.paidOnce(), RECORDS);
    assert.equal(story.stub.requests.length, 1, "asked for vectors that it had");
    daemon.kill("SIGTERM");
    assert.equal((await daemon.ended).code, 0);
  },
);

for (const [what, which] of [
  ["the survey", /_mapping/],
  ["the query", /_m?search/],
  ["the look", /_mget/],
  ["the question whether updates are allowed", /_bulk/],
] as const) {
  test(
    `429 to ${what}: nothing is paid for, and the next cycle does the work`,
    { timeout: 300_000 },
    async (t) => {
      const story = await openBackfillStory(t, { env: { LOG_FORMAT: "json" } });
      story.openSearch.fail(which, TOO_MANY);

      const daemon = await story.daemon();
      await daemon.says(/"cycle-(failed|ended)"/);
      assert.equal(story.stub.requests.length, 0, "paid for what could not be written");
      assert.equal((await story.audit.check()).bare, RECORDS);
      story.openSearch.clear();
      await eventually(async () => (await story.audit.check()).vectors === RECORDS, t);
      assert.equal(story.audit.paidOnce(), RECORDS);
      daemon.kill("SIGTERM");
      const ended = await daemon.ended;
      assert.equal(ended.code, 0, ended.stdout);
      assert.doesNotMatch(ended.stdout, /\.ts:\d+:\d+/, "a stack trace for an outage");
    },
  );
}

for (const where of ["before", "in-request", "before-answer", "in-answer"] as const) {
  test(
    `the connection breaks ${where} of a bulk request: every record ends right, none is paid for twice`,
    { timeout: 300_000 },
    async (t) => {
      const story = await openBackfillStory(t);
      story.openSearch.fail(isBulk, { kind: "cuts", where }, { next: 1 });

      const { summary, code, stderr } = await story.once();

      assert.deepEqual([outcomesOf(summary), code], [{ updated: RECORDS }, 0], stderr);
      assert.equal(story.audit.paidOnce(), RECORDS);
      assert.equal((await story.audit.check()).vectors, RECORDS);
      assert.deepEqual((await story.once()).summary.taken, 0);
    },
  );
}
