import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { OpenSearchVersion } from "../../../scripts/local-servers/opensearch.ts";
import { openBackfillStory, type BackfillStory } from "../../support/commands/backfill-story.ts";
import {
  errorLog,
  errorLogs,
  onEachOpenSearch,
} from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import { vectorCounts } from "../../support/asserts/stored-vectors.ts";

/** Enough for a sound index on a busy machine, and nothing that a test waits for by itself. */
const TIMEOUT_SECONDS = "6";
const GOOD = 5;

/** A sound index, and beside it a newer one that will be in trouble. */
async function twoIndices(t: TestContext, version: OpenSearchVersion): Promise<BackfillStory> {
  const bad = [errorLog("pump stopped", 100), errorLog("valve stuck", 101)];
  return openBackfillStory(t, {
    version,
    logs: { good: errorLogs(GOOD), bad },
    env: { OPENSEARCH_TIMEOUT_SECONDS: TIMEOUT_SECONDS },
  });
}

async function once(story: BackfillStory, how = "--once") {
  const ended = await story.run([how, "--json"]);
  return { ...ended, summary: printedSummary(ended) };
}

await onEachOpenSearch((version) => {
  for (const how of ["--once", "--drain"]) {
    test(`${how}: an index whose writes wait for shards that never come keeps no other from its vectors`, async (t) => {
      const story = await twoIndices(t, version);
      await story.logs.send("PUT", `/${story.index("bad")}/_settings`, {
        index: { number_of_replicas: 1, "write.wait_for_active_shards": "all" },
      });

      const ended = await once(story, how);

      assert.deepEqual(await vectorCounts(story.logs), { [story.index("good")]: GOOD });
      assert.equal(ended.code, how === "--drain" ? 1 : 0, ended.stderr);
      assert.equal(ended.summary.skipped, 2);
      assert.match(ended.stderr, new RegExp(`${story.index("bad")}.*Not enough active copies`));
      assert.equal(
        ended.summary.embedding.texts,
        GOOD,
        "nothing is paid for what cannot be written",
      );

      await story.logs.send("PUT", `/${story.index("bad")}/_settings`, {
        index: { number_of_replicas: 0 },
      });
    });

    test(`${how}: a mapping that is answered with 500 is the index' own`, async (t) => {
      const story = await twoIndices(t, version);
      const path = new RegExp(`^PUT /${story.index("bad")}/_mapping`);
      const error = { type: "null_pointer_exception", reason: "of a plugin" };
      story.openSearch.fail(path, { kind: "answers", status: 500, body: { error, status: 500 } });

      const ended = await once(story, how);

      assert.deepEqual(await vectorCounts(story.logs), { [story.index("good")]: GOOD });
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(ended.summary.skipped, 2);
      assert.match(ended.stderr, new RegExp(`${story.index("bad")} .*took no mapping`));
    });

    test(`${how}: a mapping that is never answered is the index' own`, async (t) => {
      const story = await twoIndices(t, version);
      const path = new RegExp(`^PUT /${story.index("bad")}/_mapping`);
      const hold = story.openSearch.hold(path);

      const ended = await once(story, how);

      hold.release();
      assert.deepEqual(await vectorCounts(story.logs), { [story.index("good")]: GOOD });
      // It is paused, so a drain has something left that it may come to later.
      assert.equal(ended.code, how === "--drain" ? 1 : 0, ended.stderr);
      assert.equal(ended.summary.skipped, 2);
    });

    test(`${how}: a bulk that is never answered for one index is answered for the other`, async (t) => {
      const story = await twoIndices(t, version);
      const bad = story.index("bad");
      for (let nth = 1; nth <= 9; nth++) {
        story.openSearch.hold(({ line, body }) => writesTo(line, body, bad), { nth: 1 });
      }

      const ended = await once(story, how);

      const { [bad]: _, ...others } = await vectorCounts(story.logs);
      assert.deepEqual(others, { [story.index("good")]: GOOD });
      assert.equal(ended.code, 1, ended.stderr);
      const { updated, deferred } = outcomesOf(ended.summary);
      assert.deepEqual(
        { updated, deferred },
        { updated: GOOD, deferred: ended.summary.taken - GOOD },
      );
    });

    for (const call of ["/_msearch", "/_mget"]) {
      // One that cannot be read before anything is taken is skipped, as one that takes no updates is.
      const code = call === "/_mget" && how === "--once" ? 0 : 1;
      test(`${how}: an index whose ${call} is never answered is named, and the other gets its vectors`, async (t) => {
        const story = await twoIndices(t, version);
        const bad = story.index("bad");
        for (let nth = 1; nth <= 40; nth++) {
          story.openSearch.hold(({ line, body }) => line.includes(call) && body.includes(bad));
        }

        const ended = await once(story, how);

        assert.deepEqual(await vectorCounts(story.logs), { [story.index("good")]: GOOD });
        assert.equal(ended.code, code, ended.stderr);
        assert.match(ended.stderr, new RegExp(`${bad}.*though OpenSearch answers`));
      });

      test(`${how}: an index whose ${call} is answered with 500 is named, and the other gets its vectors`, async (t) => {
        const story = await twoIndices(t, version);
        const bad = story.index("bad");
        const error = { type: "null_pointer_exception", reason: "of a plugin" };
        story.openSearch.fail(({ line, body }) => line.includes(call) && body.includes(bad), {
          kind: "answers",
          status: 500,
          body: { error, status: 500 },
        });

        const ended = await once(story, how);

        assert.deepEqual(await vectorCounts(story.logs), { [story.index("good")]: GOOD });
        assert.equal(ended.code, code, ended.stderr);
        assert.match(ended.stderr, new RegExp(`${bad}.*though OpenSearch answers`));
      });
    }

    test(`${how}: an index that is never refreshed is named, and the other is seen`, async (t) => {
      const story = await twoIndices(t, version);
      const bad = story.index("bad");
      for (let nth = 1; nth <= 9; nth++) {
        story.openSearch.hold(({ line }) => line.includes(bad) && line.includes("/_refresh"));
      }

      const ended = await once(story, how);

      assert.equal(outcomesOf(ended.summary).updated, GOOD + 2, ended.stderr);
      assert.match(ended.stderr, new RegExp(`${bad} fails though OpenSearch answers`));
      const found = await story.logs.send("POST", `/${story.index("good")}/_count`, {
        query: { exists: { field: "log_vector" } },
      });
      assert.equal(found["count"], GOOD, "the other was not refreshed");
    });
  }

  test("a cluster that is away is an outage, and no index is blamed", async (t) => {
    const story = await twoIndices(t, version);
    story.openSearch.fail(/^(POST|PUT|GET) /, { kind: "answers", status: 503, body: "upstream" });
    const { error, stderr } = await story.fails();
    assert.equal(error.kind, "outage");
    assert.doesNotMatch(stderr, new RegExp(story.index("bad")));
  });

  test("a cluster that goes away in mid-cycle is an outage, and no index is blamed", async (t) => {
    const story = await twoIndices(t, version);
    const away = { kind: "answers", status: 500, body: { error: "no node" } } as const;
    story.openSearch.fail(({ line, number }) => number > 1 && /_bulk/.test(line), away);
    story.openSearch.fail(({ line }) => /_search\b|^GET \/ /.test(line), away);
    const { error, stderr } = await story.fails();
    assert.equal(error.kind, "outage");
    assert.doesNotMatch(stderr, /is skipped|takes no updates/);
  });
});

function writesTo(line: string, body: string, index: string): boolean {
  return (
    line.startsWith("POST /_bulk") && body.includes(`"${index}"`) && body.includes("log_vector")
  );
}
