import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { errorLog, newestOpenSearch } from "../../support/servers/open-search-fixture.ts";
import type { OpenSearchFault } from "../../support/servers/open-search-faults.ts";
import { eventsOf } from "../../support/asserts/printed-events.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";
import { textsWithVector } from "../../support/asserts/stored-vectors.ts";

const PER_INDEX = 5;
const logsOf = (name: string) =>
  Array.from({ length: PER_INDEX }, (_, i) => errorLog(`${name}: request ${i} failed`, i));

describe("the pattern shows more than this service may change", () => {
  for (const args of [["--once"], ["--drain"]]) {
    test(`an alias with a filter, ${args[0]}: what the filter hides gets nothing`, async (t) => {
      const fixture = await newestOpenSearch(t);
      const alias = fixture.name("own");
      const filter = { match_phrase: { message: "own" } };
      await fixture.create(fixture.name("all"), { aliases: { [alias]: { filter } } });
      await fixture.fill(fixture.name("all"), [...logsOf("own"), ...logsOf("foreign")]);
      const env = { OPENSEARCH_INDEX_PATTERN: alias };
      const story = await openBackfillStory(t, { logs: {}, server: fixture, env });

      const ended = await story.run(args);

      assert.equal(ended.code, 0, ended.stdout);
      const counts = { vectors: PER_INDEX, refused: 0, empty: 0, bare: PER_INDEX };
      assert.deepEqual(await story.audit.check(), counts);
      assert.ok(
        story.audit.paid().every((text) => text.startsWith("own")),
        "paid for what is hidden",
      );
      assert.equal(story.audit.paidOnce(), PER_INDEX);
      const status = await story.run(["status"]);
      assert.match(status.stdout, new RegExp(`^total +${PER_INDEX} +${PER_INDEX} +0 `, "m"));
    });
  }

  test("a hidden index is skipped behind a wildcard, and done where it is named", async (t) => {
    const fixture = await newestOpenSearch(t);
    const hidden = fixture.name("hidden");
    await fixture.create(hidden, { settings: { hidden: true } });
    await fixture.fill(hidden, logsOf("hidden"));
    const story = await openBackfillStory(t, { logs: { logs: logsOf("logs") }, server: fixture });

    const { summary } = await story.once();
    assert.deepEqual(outcomesOf(summary), { updated: PER_INDEX });
    assert.equal((await story.audit.check()).vectors, PER_INDEX);
    assert.deepEqual(await textsWithVector(fixture, hidden), []);

    const named = await story.once({ OPENSEARCH_INDEX_PATTERN: hidden });
    assert.deepEqual(outcomesOf(named.summary), { updated: PER_INDEX });
    assert.equal((await textsWithVector(fixture, hidden)).length, PER_INDEX);
    assert.equal(story.audit.paidOnce(), 2 * PER_INDEX);
  });
});

/** As the Security plugin says it. */
const forbidden = (what: string) => ({
  type: "security_exception",
  reason: `no permissions for [${what}] and User [name=vectorizer, backend_roles=[], requestedTenant=null]`,
});

describe("an index that may be searched and not written", () => {
  test("no permission to update it: the others go on, and it is not paid for again and again", async (t) => {
    const story = await openReadonly(t);
    const daemon = await story.daemon({ LOG_FORMAT: "json" });
    await eventually(() => eventsOf(daemon.printed(), "cycle-ended").length >= 4, t);
    daemon.kill("SIGTERM");
    const ended = await daemon.ended;

    assert.equal(ended.code, 0, ended.stdout);
    const counts = { vectors: PER_INDEX, refused: 0, empty: 0, bare: PER_INDEX };
    assert.deepEqual(await story.audit.check(), counts);
    story.audit.paidOnce();
    assert.equal(eventsOf(ended.stdout, "index-paused").length, 1, "said in each cycle");
    assert.match(ended.stdout, /no permissions for \[indices:data\/write/);
  });

  test("no permission to update it: no --once pays for its texts again, and with the permission it is done", async (t) => {
    const story = await openReadonly(t);
    for (let run = 0; run < 3; run++) {
      const { summary } = await story.once();
      assert.equal(summary.outcomes.quarantined, 0);
      assert.equal(summary.outcomes.updated, run === 0 ? PER_INDEX : 0);
    }
    story.audit.paidOnce();

    story.openSearch.clear();
    assert.deepEqual(outcomesOf((await story.once()).summary), { updated: PER_INDEX });
    const counts = { vectors: 2 * PER_INDEX, refused: 0, empty: 0, bare: 0 };
    assert.deepEqual(await story.audit.check(), counts);
    assert.equal(story.audit.paidOnce(), 2 * PER_INDEX);
  });

  test("no permission to map the vector: it is skipped, named with its reason, and not paid for", async (t) => {
    const story = await openBackfillStory(t, {
      logs: { logs: logsOf("logs"), readonly: logsOf("readonly") },
    });
    const fault: OpenSearchFault = {
      kind: "answers",
      status: 403,
      body: { error: forbidden("indices:admin/mapping/put"), status: 403 },
    };
    story.openSearch.fail(
      ({ line }) => line.startsWith("PUT ") && line.includes(story.index("readonly")),
      fault,
    );

    const { summary, stderr, code } = await story.once();

    assert.deepEqual([outcomesOf(summary), code], [{ updated: PER_INDEX }, 0], stderr);
    assert.match(stderr, /WARN .*_readonly .*no permissions for \[indices:admin\/mapping\/put\]/);
    assert.equal(story.audit.paidOnce(), PER_INDEX);
    const counts = { vectors: PER_INDEX, refused: 0, empty: 0, bare: PER_INDEX };
    assert.deepEqual(await story.audit.check(), counts);
  });
});

/** Two indices, of which the user may not update one. */
async function openReadonly(t: Parameters<typeof openBackfillStory>[0]) {
  const story = await openBackfillStory(t, {
    logs: { logs: logsOf("logs"), readonly: logsOf("readonly") },
  });
  const error = forbidden("indices:data/write/bulk[s]");
  story.openSearch.fail(/_bulk/, {
    kind: "items",
    answers: ({ index }) =>
      index === story.index("readonly") ? { status: 403, error } : undefined,
  });
  return story;
}
