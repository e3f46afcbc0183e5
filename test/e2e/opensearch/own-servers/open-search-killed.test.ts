import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory } from "../../../support/commands/backfill-story.ts";
import { isBulk } from "../../../support/fakes/cycle-points.ts";
import { eventually } from "../../../support/asserts/eventually.ts";
import { fixtureAt } from "../../../support/servers/open-search-fixture.ts";
import { startOwnOpenSearch } from "../../../support/servers/own-open-search.ts";

const RECORDS = 20;

test(
  "OpenSearch is killed in the middle of a bulk request: when it is back, each record has its vector and nothing is paid for twice",
  { timeout: 600_000 },
  async (t) => {
    const server = await startOwnOpenSearch(t);
    const story = await openBackfillStory(t, { server: fixtureAt(server.url, server.version) });
    const bulk = story.openSearch.hold(isBulk, { at: "answer" });
    const daemon = await story.daemon();
    // It has carried out the request, and nobody hears of that.
    await bulk.arrived;
    await server.kill();
    bulk.release();
    await daemon.says(/Cycle #\d+ failed: OpenSearch at .*· next run/);
    assert.equal(story.stub.requests.length, 1);

    await server.start();
    await eventually(async () => (await story.audit.check()).vectors === RECORDS, t);
    assert.equal(story.audit.paidOnce(), RECORDS);
    daemon.kill("SIGTERM");
    const ended = await daemon.ended;
    assert.equal(ended.code, 0, ended.stdout);
    assert.doesNotMatch(ended.stdout, /\n {4}at /, "a stack trace for an outage");
  },
);
