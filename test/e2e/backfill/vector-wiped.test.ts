import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { errorLogs } from "../../support/servers/open-search-fixture.ts";
import { eventsOf } from "../../support/asserts/printed-events.ts";

const RECORDS = 4;
/** The document that its owner writes anew again and again, without our fields. */
const WIPED = "2";
/** So often a vector is given before it is left. */
const MAX_WRITES = 3;

test("something removes a vector after each cycle: within three of them the daemon names the document and leaves it", async (t) => {
  const { story, wipe, writes } = await openStory(t);
  const daemon = await story.daemon({ LOG_FORMAT: "json" });
  let seen = 0;
  await eventually(async () => {
    const cycles = eventsOf(daemon.printed(), "cycle-ended").length;
    if (cycles > seen) await wipe();
    seen = cycles;
    return cycles >= 5;
  }, t);
  daemon.kill("SIGTERM");
  const ended = await daemon.ended;

  assert.equal(ended.code, 0, ended.stdout);
  const told = eventsOf(ended.stdout, "record-quarantined").filter(({ message }) =>
    message.includes(`${story.index()}/${WIPED}`),
  );
  assert.equal(told.length, 1, ended.stdout);
  assert.match(told[0]?.message ?? "", /is gone each time\. Find what/);
  assert.ok(writes() <= MAX_WRITES, `${writes()} vectors were written into it`);
  assert.equal(story.audit.paidOnce(), RECORDS);
  await othersRight(story);
});

test("something removes a vector after each run: within three of them --once names the document and leaves it", async (t) => {
  const { story, wipe, writes } = await openStory(t);
  let printed = "";
  for (let run = 0; run < 5; run++) {
    printed += (await story.once({ LOG_FORMAT: "json" })).stderr;
    await wipe();
  }

  assert.match(printed, /is gone each time\. Find what/);
  assert.ok(writes() <= MAX_WRITES, `${writes()} vectors were written into it`);
  // Nothing that outlives the run holds the vector of its text.
  assert.ok(story.audit.paid().length < RECORDS + MAX_WRITES, "paid for in every run");
  const { quarantined, deferred } = (await story.once()).summary.outcomes;
  assert.deepEqual([quarantined, deferred], [0, 0], "it comes up in every run");
  await othersRight(story);
});

async function openStory(t: TestContext) {
  const story = await openBackfillStory(t, { logs: { logs: errorLogs(RECORDS) } });
  const { logs, openSearch } = story;
  const source = (await logs.documents(story.index())).get(`${story.index()}/${WIPED}`)?.source;
  assert.ok(source);
  return {
    story,
    /** What its owner does: the document is stored anew, as it always was. */
    wipe: () => logs.send("PUT", `/${story.index()}/_doc/${WIPED}?refresh=true`, source),
    writes: () =>
      openSearch.requests.filter(
        ({ line, body }) =>
          line.startsWith("POST /_bulk") &&
          body.split("\n").some((action, i, lines) => {
            const isOfIt = action.includes(`"_id":"${WIPED}"`);
            return isOfIt && lines[i + 1]?.includes('"log_vector":');
          }),
      ).length,
  };
}

async function othersRight({ audit }: Awaited<ReturnType<typeof openBackfillStory>>) {
  assert.deepEqual(await audit.check(), { vectors: RECORDS - 1, refused: 0, empty: 0, bare: 1 });
}
