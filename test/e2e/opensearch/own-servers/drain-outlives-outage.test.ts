import assert from "node:assert/strict";
import { test } from "node:test";
import { printedSummary } from "../../../support/asserts/printed-json.ts";
import { openBackfillStory } from "../../../support/commands/backfill-story.ts";
import { startVectorizer } from "../../../support/commands/run-command.ts";
import { isBulk } from "../../../support/fakes/cycle-points.ts";
import { errorLogs, fixtureAt } from "../../../support/servers/open-search-fixture.ts";
import { startOwnOpenSearch } from "../../../support/servers/own-open-search.ts";

const RECORDS = 300;

for (const at of ["request", "answer"] as const)
  test(
    `OpenSearch is killed in the middle of a drain, at the ${at} of a bulk: the drain goes on when it is back, and pays for each text once`,
    { timeout: 900_000 },
    async (t) => {
      const server = await startOwnOpenSearch(t);
      const story = await openBackfillStory(t, {
        server: fixtureAt(server.url, server.version),
        logs: { logs: errorLogs(RECORDS) },
        env: { BACKFILL_BATCH_SIZE: "50", DRAIN_PATIENCE_SECONDS: "600" },
      });
      const bulk = story.openSearch.hold(isBulk, { nth: 2, at });
      const drain = await startVectorizer(t, ["--drain", "--json"], { env: story.env });
      await bulk.arrived;
      await server.kill();
      bulk.release();
      await drain.says(/Waiting for the end of an outage .*OpenSearch/);
      const asked = story.stub.requests.length;
      await server.start();
      const ended = await drain.ended;

      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stderr, /The outage is over/);
      const counts = { vectors: RECORDS, refused: 0, empty: 0, bare: 0 };
      assert.deepEqual(await story.audit.check(), counts);
      assert.equal(story.audit.paidOnce(), RECORDS);
      assert.ok(story.stub.requests.length >= asked);
      const summary = printedSummary(ended);
      assert.equal(summary.embedding.texts, RECORDS);
      assert.partialDeepStrictEqual(summary, { taken: RECORDS, backlog: 0 });
      assert.doesNotMatch(ended.stderr, /\n {4}at /, "a stack trace for an outage");
    },
  );
